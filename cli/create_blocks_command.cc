// `promfill create-blocks-from openmetrics`: promtool's command, with its arguments, table and block boundaries.
// Source: Prometheus 3.14, cmd/promtool/backfill.go.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backfill/backfill.h"
#include "block_table.h"
#include "command.h"
#include "exit_code.h"
#include "file/beneath_file_system.h"
#include "importing/import_exposition.h"
#include "log.h"
#include "output.h"
#include "resource/tuning.h"
#include "source_arguments.h"
#include "stop_signals.h"

namespace promfill::cli {
namespace {

constexpr std::uint64_t kMemoryMin = 64 << 20;

struct CreateBlocksArguments {
  std::string input;
  std::string out = "data/";
  std::vector<std::string> labels;
  bool human_readable = false;
  std::string max_block_duration;
  SourceArguments source;
  std::uint32_t threads = 0;
  bool quiet = false;
};

/// The largest 2 h·3ⁿ that is not above what was asked for; 2 h at least.
Result<Duration> compatible_block_duration(const std::string& text) {
  constexpr Duration kShortest{2LL * 3600 * 1000};
  constexpr int kSteps = 10;
  if (text.empty()) return kShortest;
  auto most = parse_duration(text);
  if (!most) return at_option(std::move(most).error(), "--max-block-duration");
  Duration duration = kShortest;
  for (int step = 1; step < kSteps && duration.ms * 3 <= most->ms; ++step) duration.ms *= 3;
  return duration;
}

Result<Mapping> labels_for_all(const std::vector<std::string>& labels) {
  Mapping mapping;
  for (const std::string& label : labels) {
    const std::size_t mark = label.find('=');
    if (mark == 0 || mark == std::string::npos) {
      return usage("--label", "'" + label + "' is not NAME=VALUE", "such as --label job=backfill");
    }
    const std::string name = label.substr(0, mark);
    std::erase_if(mapping.constants, [&](const ConstantLabel& said) { return said.name == name; });
    mapping.constants.push_back({.name = name, .value = label.substr(mark + 1)});
  }
  return mapping;
}

/// promtool writes into a server's own directory; that needs care, and is another command's.
Status refuse_data_directory(const std::string& out) {
  if (!exists(real_file_system(), join_path(out, "wal"))) return {};
  return Error{ErrorCode::kRefused, "this is the data directory of a Prometheus, which may be running", out,
               "write to another directory, then: promfill publish DIR --to prometheus:" + out};
}

Result<Report> create_blocks(const CreateBlocksArguments& a, const StopSignals& signals) {
  BackfillOptions options;
  options.out = a.out;
  options.threads = a.threads;
  PROMFILL_TRY_STATUS(parse_source_options(a.source, options));
  PROMFILL_TRY(options.block_duration, compatible_block_duration(a.max_block_duration));
  PROMFILL_TRY(const Mapping mapping, labels_for_all(a.labels));
  PROMFILL_TRY_STATUS(refuse_data_directory(a.out));
  const Machine machine = read_machine(options.out);
  MemoryBudget budget(std::max(memory_limit(options, machine), kMemoryMin));
  const std::vector<std::string> roots{options.out};
  BeneathFileSystem fs(roots, Outside::kReached);
  Progress progress;
  return import_exposition({{a.input, TextDialect::kOpenMetrics}}, mapping, options,
                           {&fs, &system_clock(), &progress, signals.token(), &budget, &machine});
}

/// As promtool prints it, block by block: each row has widths of its own, and the header those of the first.
std::string table_of(const Report& report, bool human_readable) {
  std::string text;
  for (const ReportedBlock& block : report.blocks) {
    BlockTable row(human_readable);
    row.add(block.meta, block.bytes);
    text += text.empty() ? row.text() : row.text_without_header();
  }
  return text;
}

int run_create_blocks(const CreateBlocksArguments& a) {
  const StopSignals signals;
  Log log(LogFormat::kText, a.quiet ? LogLevel::kError : LogLevel::kInfo);
  const Result<Report> report = create_blocks(a, signals);
  if (!report) {
    log.error(report.error());
    const bool by_signal = report.error().code == ErrorCode::kStopped && signals.received() != 0;
    return by_signal ? kExitSignal + signals.received() : exit_code(report.error().code);
  }
  for (const std::string& note : report->notes) log.warn(note);
  if (report->already_imported) log.info("already imported: these are the blocks of that time");
  if (report->ledger.duplicates_conflicting > 0) {
    log.warn(fmt::format("{} samples had another of the same series and time with another value: --on-duplicate {}",
                         report->ledger.duplicates_conflicting, a.source.on_duplicate));
  }
  if (a.quiet) return kExitOk;
  Output out;
  out.write(table_of(*report, a.human_readable));
  return out.finish(kExitOk);
}

constexpr const char* kDifferences =
    "Blocks are those of promtool tsdb create-blocks-from, byte for byte but their ULIDs, wherever promtool loses "
    "nothing. What differs: samples may come in any order; two of the same series and time follow --on-duplicate; "
    "samples before 1970 are written; lines may end with CR LF and the last without any; times more than a year ahead "
    "are an error (milliseconds, mostly), as is an OUTDIR with a wal, which a Prometheus uses (promfill publish puts "
    "blocks there); exemplars, types, help and units are kept in OUTDIR/.promfill; a run that fails leaves no blocks, "
    "and "
    "the same run once more none twice: it is already imported. Wrong usage exits with 2.";

}  // namespace

void add_create_blocks_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("create-blocks-from", "promtool's command of this name, in one pass");
  command->require_subcommand(1);
  auto arguments = std::make_shared<CreateBlocksArguments>();
  CreateBlocksArguments& a = *arguments;
  const auto add_shared = [&a](CLI::App& of) {
    of.add_flag("-r,--human-readable", a.human_readable, "Dates and binary units");
    of.add_flag("-q,--quiet", a.quiet, "Do not print the blocks");
    of.add_option("--max-block-duration", a.max_block_duration,
                  "Blocks are the largest of 2h, 6h, 18h, … not above it (default 2h)");
  };
  add_shared(*command);
  CLI::App* openmetrics = command->add_subcommand("openmetrics", "Blocks out of an OpenMetrics text");
  add_shared(*openmetrics);
  openmetrics->add_option("INPUT", a.input, "OpenMetrics text, plain or compressed; - for standard input")->required();
  openmetrics->add_option("OUTDIR", a.out, "Directory that the blocks go to")->capture_default_str();
  openmetrics->add_option("--label", a.labels, "NAME=VALUE set on every series; an empty VALUE removes it; repeatable")
      ->allow_extra_args(false);
  const std::string group = "What promtool doesn't have";
  openmetrics->add_option("--on-duplicate", a.source.on_duplicate, "keep-last, keep-first, min, max, sum or fail")
      ->capture_default_str()
      ->group(group);
  openmetrics
      ->add_flag("--allow-implausible-times", a.source.allow_implausible_times, "Accept times more than a year ahead")
      ->group(group);
  openmetrics->add_option("--threads", a.threads, "0: as many as there are cores")->capture_default_str()->group(group);
  add_memory_limit_flag(*openmetrics, a.source, group);
  openmetrics->footer(kDifferences);
  openmetrics->callback([&run, arguments] { run = [arguments] { return run_create_blocks(*arguments); }; });
}

}  // namespace promfill::cli
