// See import_command.h.
#include "import_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "backfill/backfill.h"
#include "block_table.h"
#include "exit_code.h"
#include "file/beneath_file_system.h"
#include "file/file_system.h"
#include "importing/import_exposition.h"
#include "input/inputs.h"
#include "ledger_table.h"
#include "output.h"
#include "progress_display.h"
#include "publish_warnings.h"
#include "resource/clock.h"
#include "resource/tuning.h"
#include "stop_signals.h"

namespace promfill::cli {
namespace {

constexpr std::uint64_t kMemoryToOpenFiles = 64 << 20;

ProgressMode progress_mode(const ImportArguments& a) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  if (a.quiet || a.progress == "never" || (a.progress == "auto" && !terminal)) return ProgressMode::kNever;
  return terminal ? ProgressMode::kTerminal : ProgressMode::kLines;
}

/// Before any work is done: the summary must not turn out unwritable after it.
Status check_summary(const std::string& path) {
  if (path.empty()) return {};
  FileSystem& fs = real_file_system();
  if (exists(fs, path)) {
    PROMFILL_TRY(const FileInfo info, fs.info(path));
    if (info.kind != FileKind::kFile)
      return usage("--summary " + path, "is not a regular file", "name a file of its own");
  }
  PROMFILL_TRY_STATUS(remove_tree(fs, path + ".unfinished"));
  PROMFILL_TRY_STATUS(write_file(fs, path + ".unfinished", {}));
  return fs.remove_file(path + ".unfinished");
}

/// Written beside its name and moved there whole.
Status write_summary(const std::string& path, const Report& report) {
  if (path.empty()) return {};
  FileSystem& fs = real_file_system();
  PROMFILL_TRY_STATUS(write_file(fs, path + ".unfinished", as_bytes(report.to_json() + "\n")));
  if (exists(fs, path)) PROMFILL_TRY_STATUS(fs.remove_file(path));
  return fs.rename(path + ".unfinished", path);
}

PublishTarget publish_target(const BackfillOptions& options) {
  return {options.retention, options.chunk_encoding, system_clock().now()};
}

/// @param blocks_tell  whether what publish would refuse is only known of the blocks.
Result<Report> import(const ImportArguments& a, const StopSignals& signals, Log& log, bool& blocks_tell) {
  PROMFILL_TRY(const BackfillOptions options, parse_import_options(a));
  PROMFILL_TRY(const Mapping mapping, load_mapping(a.source));
  PROMFILL_TRY_STATUS(check_summary(a.summary_file));
  const Machine machine = read_machine(options.staging.empty() ? options.out : options.staging);
  // Before the sources, whose buffers go back to it. A limit that is too small is the job's to refuse, in its own
  // words.
  MemoryBudget budget(std::max(memory_limit(options, machine), kMemoryToOpenFiles));
  PagePool pages;
  SourceOptions reading{.budget = &budget, .pages = &pages};
  PROMFILL_TRY_STATUS(parse_format_options(a.source, reading));
  reading.sql.threads = options.threads;
  std::vector<std::string> roots{options.out};
  if (!options.staging.empty()) roots.push_back(options.staging);
  BeneathFileSystem fs(roots, Outside::kReached);
  Progress progress;
  JobEnvironment environment{&fs, &system_clock(), &progress, signals.token(), &budget, &machine};
  environment.planned = [&](const JobOutlook& outlook) {
    blocks_tell = !outlook.times;
    for (const std::string& warning : warnings_of_plan(outlook, publish_target(options))) log.warn(warning);
  };
  std::vector<ExpositionText> texts;
  if (!reading.sql.has_query()) {
    PROMFILL_TRY(texts, exposition_texts(a.source.inputs, a.source.format));
  }
  if (!texts.empty()) {
    const ProgressDisplay display(progress_mode(a), progress);
    return import_exposition(std::move(texts), mapping, options, environment);
  }
  PROMFILL_TRY(std::vector<std::unique_ptr<Source>> sources, open_sources(a.source.inputs, reading));
  for (const std::unique_ptr<Source>& source : sources) {
    log.debug(
        fmt::format("{}: {} columns, {} pieces", source->name(), source->schema().size(), source->pieces().size()));
  }
  const ProgressDisplay display(progress_mode(a), progress);
  return run_backfill(std::move(sources), mapping, options, environment);
}

/// The report to people and to the summary file. @return the exit status.
int deliver(const Report& report, const ImportArguments& a, bool blocks_tell, Log& log) {
  for (const std::string& note : report.notes) log.warn(note);
  if (report.already_imported) log.info("already imported: nothing was read, this is the report of that time");
  if (report.resumed) log.info("went on where an earlier process of this job ended");
  for (const std::string& decision : report.decisions) log.info(decision);
  if (const auto options = parse_import_options(a); options && blocks_tell) {  // it could be parsed before
    for (const std::string& warning : warnings_of_blocks(report.blocks, publish_target(*options))) log.warn(warning);
  }
  for (const std::string& choice : report.tuning) log.debug(choice);
  if (const Status written = write_summary(a.summary_file, report); !written) {
    log.error(written.error());
    return exit_code(written.error().code);
  }
  const int status = report.ledger.rejected > 0 ? kExitRejected : kExitOk;
  if (a.quiet) return status;
  BlockTable table;
  for (const ReportedBlock& block : report.blocks) table.add(block.meta, block.bytes);
  Output out;
  out.write(table.text() + "\n" + format_ledger(report));
  return out.finish(status);
}

}  // namespace

int run_import(ImportArguments a) {
  const auto format = parse_log_format(a.log_format);
  const auto level = parse_log_level(a.log_level);
  const LogLevel least = a.verbose ? LogLevel::kDebug : a.quiet ? LogLevel::kError : level.value_or(LogLevel::kInfo);
  Log log(format.value_or(LogFormat::kText), least);
  const auto fail = [&log](const Error& error) {
    log.error(error);
    return exit_code(error.code);
  };
  if (!format) return fail(usage("--log-format", "unknown format '" + a.log_format + "'", "text or json"));
  if (!level) return fail(usage("--log-level", "unknown level '" + a.log_level + "'", "debug, info, warn or error"));
  if (a.progress != "auto" && a.progress != "always" && a.progress != "never") {
    return fail(usage("--progress", "unknown mode '" + a.progress + "'", "auto, always or never"));
  }

  const StopSignals signals;
  bool blocks_tell = true;
  const Result<Report> report = import(a, signals, log, blocks_tell);
  if (!report) {
    const int status = fail(report.error());
    return report.error().code == ErrorCode::kStopped && signals.received() != 0 ? 128 + signals.received() : status;
  }
  return deliver(*report, a, blocks_tell, log);
}

}  // namespace promfill::cli
