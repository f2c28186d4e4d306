// See backfill.h.
#include "backfill/backfill.h"

#include <chrono>
#include <filesystem>

#include "backfill/fingerprint.h"
#include "backfill/job_directory.h"
#include "backfill/overlap.h"
#include "backfill/planning.h"
#include "backfill/reading.h"
#include "backfill/rejects_file.h"
#include "backfill/writing.h"
#include "resource/machine.h"
#include "resource/memory_budget.h"
#include "resource/process_usage.h"

namespace promfill {
namespace {

constexpr std::uint64_t kMemoryFallbackBytes = 4ULL << 30;

std::uint64_t default_memory_limit() {
  const std::uint64_t memory = machine_memory_bytes();
  return memory == 0 ? kMemoryFallbackBytes : memory / 4 * 3;
}

std::vector<PlannedSource> plan_sources(const std::vector<std::unique_ptr<Source>>& sources, const JobPlan& plan) {
  std::vector<PlannedSource> planned;
  for (std::size_t i = 0; i < sources.size(); ++i) planned.push_back({sources[i].get(), &plan.plans[i]});
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

/// Make rejects and blocks visible; a summary stays beside them.
Status commit(FileSystem& fs, JobDirectory& directory, RejectsFile& rejects, const BackfillOptions& options,
              Report& report) {
  std::vector<Ulid> ulids;
  std::vector<std::string> staged;
  for (const ReportedBlock& block : report.blocks) {
    ulids.push_back(block.meta.ulid);
    staged.push_back(directory.staged(block.meta.ulid));
  }
  PROMFILL_TRY_STATUS(refuse_overlap(fs, directory.out(), staged));
  PROMFILL_TRY(const bool have_rejects, rejects.finish());
  if (have_rejects) {
    report.rejects_file = options.rejects.empty() ? directory.kept("rejects.jsonl") : options.rejects;
    PROMFILL_TRY_STATUS(rejects.publish(report.rejects_file));
    const std::string folder = std::filesystem::path(report.rejects_file).parent_path();
    PROMFILL_TRY_STATUS(fs.sync_directory(folder.empty() ? "." : folder));
  }
  return directory.commit(ulids);
}

}  // namespace

Result<Report> run_backfill(std::vector<std::unique_ptr<Source>> sources, const Mapping& mapping,
                            const BackfillOptions& options, const JobEnvironment& environment) {
  const auto started = std::chrono::steady_clock::now();
  FileSystem& fs = *environment.fs;
  Progress& progress = *environment.progress;
  const Timestamp now = environment.clock->now();
  const Timestamp created = options.created_at.value_or(now);
  const std::uint32_t threads = options.threads != 0 ? options.threads : machine_cores();
  PROMFILL_TRY_STATUS(options.validate());
  if (!options.rejects.empty() && exists(fs, options.rejects)) {
    return Error{ErrorCode::kAlreadyExists, "the rejects file exists already", options.rejects,
                 "remove it or name another with --rejects"};
  }

  PROMFILL_TRY(JobPlan plan, plan_job(sources, mapping, options, now));
  const Fingerprint fingerprint = Fingerprint::of(fs, names(sources), plan.mapping.mapping, options);
  PROMFILL_TRY(JobDirectory directory, JobDirectory::claim(fs, options.out, fingerprint.job_name(created)));

  MemoryBudget budget(default_memory_limit());
  Ingest ingest({options.block_duration, options.on_duplicate, threads}, plan.metrics, budget);
  RejectsFile rejects(fs, options.rejects.empty() ? directory.staged_rejects() : options.rejects + ".unfinished",
                      options.on_reject, options.rejects_max);
  expect_totals(sources, progress);
  PROMFILL_TRY_STATUS(
      read_sources(plan_sources(sources, plan), {.threads = threads}, ingest, rejects, progress, environment.stop));
  ingest.seal();

  Report report;
  const WritingOptions writing{threads, {options.segment_bytes_max}, created};
  PROMFILL_TRY(report.blocks, write_windows(ingest, fs, directory, fingerprint, writing, progress, environment.stop));
  report.ledger = ingest.ledger();
  PROMFILL_ASSERT(report.ledger.balances());
  PROMFILL_TRY_STATUS(commit(fs, directory, rejects, options, report));

  report.series = ingest.series();
  report.bytes_read = progress.bytes_read;
  for (const ReportedBlock& block : report.blocks) report.bytes_written += block.bytes;
  report.decisions = std::move(plan.decisions);
  const ProcessUsage usage = process_usage();
  report.cpu_seconds = usage.cpu_seconds;
  report.peak_rss_bytes = usage.peak_rss_bytes;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  PROMFILL_TRY_STATUS(directory.keep("summary.json", report.to_json() + "\n"));
  return report;
}

}  // namespace promfill
