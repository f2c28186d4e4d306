// See backfill.h.
#include "backfill/backfill.h"

#include <chrono>
#include <optional>

#include "backfill/planning.h"
#include "backfill/reading.h"
#include "backfill/writing.h"
#include "file/deferred_sync.h"
#include "job/fingerprint.h"
#include "job/job_directory.h"
#include "job/overlap.h"
#include "job/rejects_file.h"
#include "resource/machine.h"
#include "resource/memory_budget.h"
#include "resource/process_usage.h"
#include "resource/tuning.h"

namespace promfill {
namespace {

/// Of an index while it is written: beyond it temporary files cost little, and memory for millions of series much.
constexpr std::uint64_t kIndexMemoryMax = 192 << 20;
/// Behind the name of a file that is to stay, while it is written.
constexpr std::string_view kUnfinished = ".unfinished";

std::vector<PlannedSource> plan_sources(const std::vector<std::unique_ptr<Source>>& sources, const JobPlan& plan) {
  std::vector<PlannedSource> planned;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    planned.push_back({sources[i].get(), &plan.plans[i], plan.piece_times[i]});
  }
  return planned;
}

void expect_totals(const std::vector<std::unique_ptr<Source>>& sources, Progress& progress) {
  for (const std::unique_ptr<Source>& source : sources) {
    for (const PieceInfo& piece : source->pieces()) {
      progress.rows_total += static_cast<std::uint64_t>(piece.rows);
      progress.bytes_total += piece.bytes;
    }
  }
}

std::vector<std::string> names(const std::vector<std::unique_ptr<Source>>& sources) {
  std::vector<std::string> all;
  for (const std::unique_ptr<Source>& source : sources) all.push_back(source->name());
  return all;
}

/// --rejects names a file of its own, and one that can be written: not something to find out at the end.
Status check_rejects_file(FileSystem& fs, const std::string& path) {
  if (path.empty()) return {};
  if (exists(fs, path)) {
    return Error{ErrorCode::kAlreadyExists, "the rejects file exists already", path,
                 "remove it or name another with --rejects"};
  }
  PROMFILL_TRY_STATUS(remove_tree(fs, path + std::string(kUnfinished)));  // of a job that was killed
  PROMFILL_TRY_STATUS(write_file(fs, path + std::string(kUnfinished), {}));
  return fs.remove_file(path + std::string(kUnfinished));
}

/// What the job has cost until now.
void add_costs(std::chrono::steady_clock::time_point started, Report& report) {
  const ProcessUsage usage = process_usage();
  report.cpu_seconds = usage.cpu_seconds;
  report.peak_rss_bytes = usage.peak_rss_bytes;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

/// Read all sources and write the windows as they are sealed. What fails first ends both.
Result<std::vector<ReportedBlock>> read_and_write(std::span<const PlannedSource> sources, const ReadingOptions& reading,
                                                  Ingest& ingest, RejectsFile& rejects, FileSystem& fs,
                                                  const JobDirectory& directory, const Fingerprint& fingerprint,
                                                  const WritingOptions& options, const JobEnvironment& environment) {
  std::stop_source halt;
  const std::stop_callback stop_with_job(environment.stop, [&halt] { halt.request_stop(); });
  DeferredSync deferred(fs);  // one wait for the disk and not one a file
  Writing writing(ingest, deferred, directory, fingerprint, options, *environment.progress, halt);
  const Status read = read_sources(sources, reading, ingest, rejects, *environment.progress, halt.get_token());
  if (!read) {
    ingest.cancel();
    auto written = writing.finish();
    // Reading was stopped because writing failed: that is the error to tell.
    if (read.error().code == ErrorCode::kStopped && !written) return std::move(written).error();
    return read.error();
  }
  environment.progress->windows_total = ingest.windows_sealed();
  PROMFILL_TRY(std::vector<ReportedBlock> blocks, writing.finish());
  PROMFILL_TRY_STATUS(deferred.sync_all(directory.out()));
  return blocks;
}

/// Make blocks, rejects and summary visible, all of them or none.
Status commit(FileSystem& fs, JobDirectory& directory, RejectsFile& rejects, const std::string& rejects_staged,
              const BackfillOptions& options, Report& report) {
  std::vector<JobDirectory::Move> moves;
  std::vector<std::string> blocks;
  for (const ReportedBlock& block : report.blocks) {
    blocks.push_back(directory.staged(block.meta.ulid));
    moves.push_back({blocks.back(), join_path(directory.out(), block.meta.ulid.text())});
  }
  PROMFILL_TRY_STATUS(refuse_overlap(fs, directory.out(), blocks));
  PROMFILL_TRY(const bool have_rejects, rejects.finish());
  if (have_rejects) {
    report.rejects_file = options.rejects.empty() ? directory.kept("rejects.jsonl") : options.rejects;
    moves.push_back({rejects_staged, report.rejects_file});
  }
  PROMFILL_TRY(std::string summary, directory.stage("summary.json", report.to_json() + "\n"));
  moves.push_back({std::move(summary), directory.kept("summary.json")});
  PROMFILL_TRY_STATUS(directory.commit(moves));
  rejects.release();
  return {};
}

}  // namespace

Result<Report> run_backfill(std::vector<std::unique_ptr<Source>> sources, const Mapping& mapping,
                            const BackfillOptions& options, const JobEnvironment& environment) {
  const auto started = std::chrono::steady_clock::now();
  FileSystem& fs = *environment.fs;
  Progress& progress = *environment.progress;
  const Timestamp now = environment.clock->now();
  const Timestamp created = options.created_at.value_or(now);
  PROMFILL_TRY_STATUS(options.validate());
  PROMFILL_TRY_STATUS(check_rejects_file(fs, options.rejects));

  PROMFILL_TRY(JobPlan plan, plan_job(sources, mapping, options, now));
  const Machine machine = environment.machine != nullptr ? *environment.machine : read_machine(options.out);
  PROMFILL_TRY(Tuning tuning, tune(options, machine, plan.work));
  BackfillOptions decided = options;
  decided.block_duration = plan.block_duration;
  const Fingerprint fingerprint = Fingerprint::of(fs, names(sources), plan.mapping.mapping, decided);
  PROMFILL_TRY(JobDirectory directory, JobDirectory::claim(fs, options.out, fingerprint.job_name(created)));

  PROMFILL_TRY_STATUS(directory.use_scratch(options.staging));

  std::optional<MemoryBudget> own_budget;
  MemoryBudget* const budget =
      environment.budget != nullptr ? environment.budget : &own_budget.emplace(tuning.memory_limit_bytes);
  for (std::size_t m = 0; m < plan.metrics.size(); ++m) plan.metrics[m].bundle = plan.bundle_of_metric[m];
  Ingest ingest({.block_duration = plan.block_duration,
                 .on_duplicate = options.on_duplicate,
                 .shards = tuning.shards,
                 .fs = &fs,
                 .writers_run_beside = true,
                 .scratch = directory.scratch()},
                plan.metrics, *budget);
  const std::string rejects_staged =
      options.rejects.empty() ? directory.staged_rejects() : options.rejects + std::string(kUnfinished);
  RejectsFile rejects(fs, rejects_staged, options.on_reject, options.rejects_max);
  expect_totals(sources, progress);

  const ReadingOptions reading{.budget = budget,
                               .decoders = tuning.decoders,
                               .batch_rows = tuning.batch_rows,
                               .queue_batches = tuning.queue_batches,
                               .remembered_bytes = std::min<std::uint64_t>(256 << 20, budget->limit_bytes() / 16),
                               .sorted = options.sorted};
  const WritingOptions writing{tuning.threads,
                               {.segment_bytes_max = options.segment_bytes_max,
                                .memory_bytes = std::min(kIndexMemoryMax, budget->limit_bytes() / (4 * tuning.threads)),
                                .scratch = directory.scratch()},
                               created};
  Report report;
  PROMFILL_TRY(report.blocks, read_and_write(plan_sources(sources, plan), reading, ingest, rejects, fs, directory,
                                             fingerprint, writing, environment));
  report.ledger = ingest.ledger();
  PROMFILL_ASSERT(report.ledger.balances());
  PROMFILL_TRY(report.series, ingest.series());
  report.spilled_bytes = ingest.spilled_bytes();
  report.bytes_read = progress.bytes_read;
  for (const ReportedBlock& block : report.blocks) report.bytes_written += block.bytes;
  report.decisions = std::move(plan.decisions);
  report.tuning = std::move(tuning.reasons);
  add_costs(started, report);
  if (environment.stop.stop_requested()) return Error{ErrorCode::kStopped, "stopped on request", options.out, ""};
  PROMFILL_TRY_STATUS(commit(fs, directory, rejects, rejects_staged, options, report));
  add_costs(started, report);
  return report;
}

}  // namespace promfill
