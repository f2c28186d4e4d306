// promfill/sources.h: files opened, mapped and run as a job.
#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "backfill/backfill.h"
#include "file/file_system.h"
#include "input/inputs.h"
#include "promfill/sources.h"
#include "record/job_watch.h"
#include "resource/machine.h"

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

constexpr std::uint64_t kMappingBytesMax = 16 << 20;
constexpr std::uint64_t kMemoryToOpenFiles = 64 << 20;

CsvOptions csv_options(const CsvFormat& format) {
  CsvOptions options{.delimiter = format.delimiter, .header = format.header, .quoted_breaks = format.quoted_breaks};
  options.cells.decimal = format.decimal;
  options.cells.thousands = format.thousands;
  if (!format.nulls.empty()) options.cells.nulls = format.nulls;
  return options;
}

SqlOptions sql_options(const SqlImport& sql, std::uint32_t threads) {
  return {.query = sql.query,
          .table = sql.table,
          .inputs = sql.tables,
          .driver = sql.driver,
          .password = sql.password,
          .time_slices = sql.time_slices,
          .partition_by = sql.partition_by,
          .threads = threads};
}

/// A piece of a file, such as a row group, counts as a table.
Stats stats_of_files(const Progress& progress, const MemoryBudget& budget, std::uint64_t pieces,
                     std::chrono::steady_clock::time_point started) {
  Stats stats = stats_of(progress, budget);
  stats.tables_expected = pieces;
  stats.stage = progress.windows_total > 0 ? Stats::Stage::kWriting : Stats::Stage::kReading;
  stats.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return stats;
}

}  // namespace

Result<Mapping> load_mapping(const std::string& path) {
  PROMFILL_TRY(const Bytes text, read_file(real_file_system(), path, kMappingBytesMax));
  return parse_mapping(as_text(text), path);
}

Result<Report> import_files(const FileImport& files, const BackfillOptions& options, const RunOptions& run) {
  if (options.out.empty()) {
    return Error{ErrorCode::kUsage, "no output directory was named", "BackfillOptions::out", "set .out"};
  }
  if (files.inputs.empty() && files.sql.tables.empty()) {
    return Error{ErrorCode::kUsage, "no input was named", "FileImport::inputs", "name files, directories or globs"};
  }
  if (files.csv.thousands == files.csv.decimal) {
    return Error{ErrorCode::kUsage, "thousands and decimals have the same mark", "FileImport::csv",
                 "set .decimal, too"};
  }
  const Machine machine = read_machine(options.staging.empty() ? options.out : options.staging);
  // Before the sources, whose buffers go back to them. A limit that is too small is the job's to refuse.
  MemoryBudget budget(std::max(memory_limit(options, machine), kMemoryToOpenFiles));
  PagePool pages;
  const SourceOptions reading{.budget = &budget,
                              .pages = &pages,
                              .csv = csv_options(files.csv),
                              .format = files.format,
                              .sql = sql_options(files.sql, options.threads)};
  PROMFILL_TRY(std::vector<std::unique_ptr<Source>> sources, open_sources(files.inputs, reading));
  std::uint64_t pieces = 0;
  for (const std::unique_ptr<Source>& source : sources) pieces += source->pieces().size();
  Progress progress;
  const auto started = std::chrono::steady_clock::now();
  const JobWatch watch(run, [&] { return stats_of_files(progress, budget, pieces, started); });
  return run_backfill(std::move(sources), files.mapping, options,
                      {&real_file_system(), &system_clock(), &progress, run.stop, &budget, &machine});
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
