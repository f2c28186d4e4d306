// The options of `promfill import`.
#include <CLI/CLI.hpp>
#include <memory>

#include "command.h"
#include "import_command.h"
#include "plan_command.h"

namespace promfill::cli {
namespace {

void add_selection(CLI::App& command, ImportArguments& a) {
  const std::string group = "What is imported";
  add_selection_flags(command, a.source, group);
  command.add_option("--on-reject", a.on_reject, "Unusable records: file, fail or drop")
      ->capture_default_str()
      ->group(group);
  command.add_option("--rejects", a.options.rejects, "Rejects file (default OUT/.promfill/<job>.rejects.jsonl)")
      ->group(group);
  command.add_option("--max-rejects", a.max_rejects, "Fail when more values are rejected")->group(group);
}

void add_blocks(CLI::App& command, ImportArguments& a) {
  const std::string group = "Blocks";
  command
      .add_option("--block-duration", a.block_duration,
                  "Time that a block covers; auto: by the span of the data and the target")
      ->capture_default_str()
      ->group(group);
  command.add_option("--target", a.target, "What auto makes blocks for: prometheus, thanos or mimir")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--chunk-encoding", a.chunk_encoding,
                  "Of floats: xor, or xor2, which is smaller but only Prometheus 3.14 and later reads")
      ->capture_default_str()
      ->group(group);
  command.add_option("--retention", a.retention, "The target's; auto makes no block longer than a tenth of it")
      ->group(group);
  command
      .add_option("--external-label", a.external_labels,
                  "NAME=VALUE, a label of the blocks for Thanos, in meta.json and not in series; repeatable")
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--created-at", a.created_at, "Time in the blocks' ULIDs instead of now")->group(group);
}

void add_safety(CLI::App& command, ImportArguments& a) {
  const std::string group = "All or nothing";
  command.add_option("--resume", a.resume, "Use work that this job left unfinished: auto, never or require")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--checkpoint-interval", a.checkpoint_interval, "Work that a crash may cost, as a time (default 10s)")
      ->group(group);
  command
      .add_flag("--count-resets", a.options.count_resets,
                "Count how often counters begin anew: the blocks are read once more for that")
      ->group(group);
  command
      .add_flag("--allow-overlap", a.options.allow_overlap, "Write even if DIR has some of the series at these times")
      ->group(group);
}

void add_resources(CLI::App& command, ImportArguments& a) {
  const std::string group = "Resources (by default taken from the machine; -v says what was chosen, and why)";
  command.add_option("--threads", a.options.threads, "0: as many as there are cores")
      ->capture_default_str()
      ->group(group);
  add_memory_limit_flag(command, a.source, group);
  add_limit_flag(command, a.source, group);
  command.add_option("--staging", a.options.staging, "Directory of unfinished work (default OUT/.promfill)")
      ->group(group);
  command.add_flag("--sorted", a.options.sorted, "Rows come in order of time: windows are finished while reading")
      ->group(group);
}

void add_reporting(CLI::App& command, ImportArguments& a) {
  const std::string group = "Reporting";
  command.add_option("--summary", a.summary_file, "Write the counts to this file as JSON")->group(group);
  command.add_option("--progress", a.progress, "auto, always or never")->capture_default_str()->group(group);
  command.add_option("--log-format", a.log_format, "text or json")->capture_default_str()->group(group);
  command.add_option("--log-level", a.log_level, "debug, info, warn or error")->capture_default_str()->group(group);
  command.add_flag("--quiet", a.quiet, "Errors only")->group(group);
  command.add_flag("-v,--verbose", a.verbose, "The same as --log-level debug")->group(group);
}

/// What says which records become what blocks: the same words for `import` and `plan`.
void add_job(CLI::App& command, ImportArguments& a) {
  command.add_option("SOURCE", a.source.inputs,
                     "Files, globs or directories; - for standard input; or a database's address");
  CLI::Option* const out =
      command.add_option("--out", a.options.out, "Directory that the blocks go to; made if it isn't there");
  out->required(command.get_name() == "import");
  add_mapping_flags(command, a.source);
  add_format_flags(command, a.source);
  add_selection(command, a);
  add_blocks(command, a);
  add_safety(command, a);
  add_resources(command, a);
}

}  // namespace

void add_plan_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("plan", "Say what import would do, and write nothing");
  auto arguments = std::make_shared<PlanArguments>();
  PlanArguments& a = *arguments;
  add_job(*command, a.job);
  const std::string group = "Plan";
  command->add_flag("--json", a.json, "For programs")->group(group);
  command->add_option("--write-map", a.map_file, "Write the mapping, as given or inferred, to this file")->group(group);
  command->add_option("--rows", a.rows_max, "Look at this many rows")->capture_default_str()->group(group);
  command->callback([&run, arguments] { run = [arguments] { return run_plan(*arguments); }; });
}

void add_import_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("import", "Turn records into blocks");
  auto arguments = std::make_shared<ImportArguments>();
  ImportArguments& a = *arguments;
  add_job(*command, a);
  add_reporting(*command, a);
  command->callback([&run, arguments] { run = [arguments] { return run_import(*arguments); }; });
}

}  // namespace promfill::cli
