// See backfill.h.
#include "backfill/backfill.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>

#include "backfill/planning.h"
#include "backfill/reading.h"
#include "backfill/resume.h"
#include "backfill/source_input.h"
#include "backfill/writing.h"
#include "file/deferred_sync.h"
#include "job/fingerprint.h"
#include "job/job_directory.h"
#include "job/overlap.h"
#include "job/rejects_file.h"
#include "resource/machine.h"
#include "resource/memory_budget.h"
#include "resource/process_usage.h"

namespace promfill {
namespace {

/// Of an index while it is written: beyond it temporary files cost little, and memory for millions of series much.
constexpr const char* kExemplars = "exemplars.jsonl";
constexpr std::uint64_t kIndexMemoryMax = 192 << 20;
constexpr std::uint64_t kSummaryBytesMax = 1ULL << 30;

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

/// How the sources read their files, as far as it was found out or said.
std::vector<std::string> readings(const std::vector<std::unique_ptr<Source>>& sources) {
  std::vector<std::string> all;
  for (const std::unique_ptr<Source>& source : sources) {
    for (const std::string& decision : source->decisions()) all.push_back(source->name() + ": " + decision);
  }
  return all;
}

std::vector<std::string> names(const std::vector<std::unique_ptr<Source>>& sources) {
  std::vector<std::string> all;
  for (const std::unique_ptr<Source>& source : sources) {
    for (std::string& input : source->inputs()) all.push_back(std::move(input));
  }
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

/// What a job costs from here on: a program may have done other things before.
class Costs {
 public:
  void add_to(Report& report) const {
    const ProcessUsage usage = process_usage();
    report.cpu_seconds = usage.cpu_seconds - cpu_seconds_before_;
    report.peak_rss_bytes = usage.peak_rss_bytes;
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  double cpu_seconds_before_ = process_usage().cpu_seconds;
};

/// A job on its way: what reading, writing and the commit share.
struct Job {
  FileSystem& fs;
  const BackfillOptions& options;
  const JobEnvironment& environment;
  JobDirectory& directory;
  const Fingerprint& fingerprint;
  RejectsFile& rejects;
  Ingest& ingest;
};

ReadingOptions reading_options(const Tuning& tuning, const Workload& work, const BackfillOptions& options,
                               MemoryBudget& budget, const std::optional<Checkpoint>& checkpoint) {
  return {.budget = &budget,
          .decoders = tuning.decoders,
          .batch_rows = tuning.batch_rows,
          .queue_batches = tuning.queue_batches,
          .remembered_bytes = std::min<std::uint64_t>(256 << 20, budget.limit_bytes() / work.remembered_part),
          .sorted = options.sorted,
          .first_piece = checkpoint ? static_cast<std::size_t>(checkpoint->pieces) : 0};
}

WritingOptions writing_options(const Tuning& tuning, const BackfillOptions& options, const MemoryBudget& budget,
                               const JobDirectory& directory, const Resumed& resumed, CounterNames counters) {
  std::map<std::int64_t, std::string> written;
  for (const JournaledWindow& window : resumed.windows) written[window.number] = directory.staged(window.ulid);
  return {tuning.threads,
          {.segment_bytes_max = options.segment_bytes_max,
           .memory_bytes = std::min(kIndexMemoryMax, budget.limit_bytes() / (4 * tuning.threads)),
           .scratch = directory.scratch(),
           .external_labels = options.external_labels},
          directory.created(),
          options.stale_after.has_value(),
          std::move(written),
          std::move(counters)};
}

/// Read all of the input and write the windows as they are sealed. What fails first ends both.
/// @return the blocks in order of time, those of an earlier process among them.
Result<std::vector<ReportedBlock>> read_and_write(Job& job, Input& input, ReadingOptions reading,
                                                  const WritingOptions& options, std::vector<ReportedBlock> resumed) {
  Progress& progress = *job.environment.progress;
  std::stop_source halt;
  const std::stop_callback stop_with_job(job.environment.stop, [&halt] { halt.request_stop(); });
  DeferredSync deferred(job.fs);  // one wait for the disk and not one a file
  Writing writing(job.ingest, deferred, job.directory, job.fingerprint, options, progress, halt);
  Checkpoints checkpoints({job.options.checkpoint_interval, job.ingest.shards(), job.directory.rejects_name()},
                          job.ingest, writing, job.rejects);
  if (can_resume(job.fingerprint.identity())) reading.checkpoints = &checkpoints;
  const Status read = read_input(input, reading, job.ingest, job.rejects, progress, halt.get_token());
  if (!read) {
    job.ingest.cancel();
    auto written = writing.finish();
    // Reading was stopped because writing failed: that is the error to tell.
    if (read.error().code == ErrorCode::kStopped && !written) return std::move(written).error();
    return read.error();
  }
  progress.windows_total = job.ingest.windows_sealed() + resumed.size();
  PROMFILL_TRY(std::vector<ReportedBlock> blocks, writing.finish());
  for (ReportedBlock& block : resumed) {
    PROMFILL_TRY_STATUS(sync_tree(deferred, job.directory.staged(block.meta.ulid)));
    blocks.push_back(std::move(block));
  }
  std::sort(blocks.begin(), blocks.end(),
            [](const ReportedBlock& a, const ReportedBlock& b) { return a.meta.range.min < b.meta.range.min; });
  PROMFILL_TRY_STATUS(deferred.sync_all(job.directory.out()));
  return blocks;
}

/// Where the rejects will be, with the move that gets them there.
Result<Move> place_rejects(Job& job, Report& report) {
  const std::string name = job.directory.rejects_name();
  if (job.options.rejects.empty()) {
    report.rejects_file = job.directory.kept("rejects.jsonl");
    return job.directory.move_to_kept(name, "rejects.jsonl");
  }
  report.rejects_file = job.options.rejects;
  const std::string path = std::filesystem::absolute(job.options.rejects);
  PROMFILL_TRY_STATUS(copy_file(job.fs, join_path(job.directory.staging(), name), path + std::string(kUnfinished)));
  return Move{name, path};
}

/// Make blocks, rejects, summary and manifest visible, all of them or none.
/// The blocks are there: what fails here is said, and made up for by the next job.
void collect(Job& job, Report& report) {
  const std::string name = job.fingerprint.job_name(job.directory.created());
  Result<std::vector<std::string>> differences = collect_metadata(job.fs, job.directory.out(), name);
  if (!differences) {
    report.notes.push_back("metadata.json was not made anew: " + differences.error().text());
    return;
  }
  report.notes.insert(report.notes.end(), differences->begin(), differences->end());
}

Status commit(Job& job, Report& report, const std::vector<MetricMetadata>& metadata) {
  std::vector<Move> moves;
  std::vector<std::string> blocks;
  FinishedJob manifest{
      .name = "", .created = job.directory.created(), .identity = job.fingerprint.identity(), .blocks = {}};
  for (const ReportedBlock& block : report.blocks) {
    blocks.push_back(job.directory.staged(block.meta.ulid));
    moves.push_back(job.directory.move_of_block(block.meta.ulid));
    manifest.blocks.push_back(block.meta.ulid);
  }
  if (!job.options.allow_overlap) PROMFILL_TRY_STATUS(refuse_overlap(job.fs, job.directory.out(), blocks));
  PROMFILL_TRY(const bool have_rejects, job.rejects.finish());
  if (have_rejects) {
    PROMFILL_TRY(moves.emplace_back(), place_rejects(job, report));
  }
  if (report.exemplars > 0) {
    moves.push_back(job.directory.move_to_kept(kExemplars, kExemplars));
    report.exemplars_file = job.directory.kept(kExemplars);
  }
  PROMFILL_TRY_STATUS(job.directory.stage("summary.json", report.to_json() + "\n"));
  moves.push_back(job.directory.move_to_kept("summary.json", "summary.json"));
  if (!metadata.empty()) {
    PROMFILL_TRY_STATUS(job.directory.stage("metadata.json", metadata_json(metadata)));
    moves.push_back(job.directory.move_to_kept("metadata.json", "metadata.json"));
  }
  PROMFILL_TRY_STATUS(job.directory.stage("manifest.json", manifest.to_json()));
  moves.push_back(job.directory.move_to_kept("manifest.json", "manifest.json"));
  const Status committed = job.directory.commit(moves);
  if (!committed && have_rejects && !job.options.rejects.empty()) {
    (void)remove_tree(job.fs, job.options.rejects + std::string(kUnfinished));
  }
  if (committed) {
    job.rejects.release();
    if (!metadata.empty()) collect(job, report);
  }
  return committed;
}

/// The report of a job that was done before.
Result<Report> report_of_finished(FileSystem& fs, const JobDirectory& directory) {
  PROMFILL_TRY(const Bytes summary, read_file(fs, directory.kept("summary.json"), kSummaryBytesMax));
  PROMFILL_TRY(Report report, Report::from_json(as_text(summary)));
  report.already_imported = true;
  report.notes = directory.notes();
  for (const Ulid& block : directory.finished()->blocks) {
    if (exists(fs, join_path(directory.out(), block.text()))) continue;
    report.notes.push_back("block " + block.text() +
                           " of this job is not here any more; if it was moved on purpose all " +
                           "is well, to import again remove " + directory.kept("manifest.json"));
    break;
  }
  return report;
}

Status add_totals(const Ingest& ingest, const Progress& progress, Report& report) {
  report.ledger = ingest.ledger();
  PROMFILL_ASSERT(report.ledger.balances());
  PROMFILL_TRY(report.series, ingest.series());
  report.spilled_bytes = ingest.spilled_bytes();
  report.bytes_read = progress.bytes_read;
  for (const ReportedBlock& block : report.blocks) report.bytes_written += block.bytes;
  return {};
}

/// A marker lies in the window of its sample, or in the next.
Status check_stale_after(const BackfillOptions& options, Duration block) {
  if (!options.stale_after || *options.stale_after <= block) return {};
  return Error{ErrorCode::kUsage, "is longer than a block of " + to_string(block), "--stale-after",
               "say --block-duration as well, or less"};
}

/// What is written stays for the next process, if it is worth anything.
void leave_for_resume(Job& job, Error& error) {
  if (!job.directory.has_work() || !can_resume(job.fingerprint.identity())) return;
  job.directory.keep();
  job.ingest.leave_runs();
  job.rejects.release();
  error.hint = "the same command goes on where this one stopped";
}

}  // namespace

Result<Report> run_job(Input& input, JobSpec spec, const BackfillOptions& options, const JobEnvironment& environment) {
  const Costs costs;
  PROMFILL_TRY_STATUS(check_stale_after(options, spec.block_duration));
  FileSystem& fs = *environment.fs;
  const Machine machine = environment.machine != nullptr ? *environment.machine : read_machine(options.out);
  PROMFILL_TRY(Tuning tuning, tune(options, machine, spec.work));
  BackfillOptions decided = options;
  decided.block_duration = spec.block_duration;
  const Fingerprint fingerprint = Fingerprint::of(fs, spec.inputs, spec.mapping, decided, spec.readings);
  PROMFILL_TRY(JobDirectory directory, JobDirectory::claim(fs, options.out, fingerprint,
                                                           {.now = environment.clock->now(),
                                                            .created = options.created_at,
                                                            .resume = options.resume,
                                                            .scratch = options.staging}));
  if (directory.finished()) return report_of_finished(fs, directory);
  PROMFILL_TRY_STATUS(check_rejects_file(fs, options.rejects));

  RejectsFile rejects(fs, join_path(directory.staging(), directory.rejects_name()), options.on_reject,
                      options.rejects_max);
  PROMFILL_TRY(Resumed resumed, resume(fs, directory, rejects, options.segment_bytes_max));
  PROMFILL_TRY_STATUS(directory.begin(resumed.windows, resumed.checkpoint));

  std::optional<MemoryBudget> own_budget;
  MemoryBudget* const budget =
      environment.budget != nullptr ? environment.budget : &own_budget.emplace(tuning.memory_limit_bytes);
  Ingest ingest({.block_duration = spec.block_duration,
                 .on_duplicate = options.on_duplicate,
                 .shards = tuning.shards,
                 .fs = &fs,
                 .writers_run_beside = true,
                 .series_max = options.limits.series,
                 .scratch = directory.scratch(),
                 .run_prefix = directory.run_prefix(),
                 .earlier = std::move(resumed.work),
                 .encoding = encoding_of(options.chunk_encoding),
                 .histogram_start_times = options.chunk_encoding == FloatEncoding::kXor2,
                 .stale_after_ms = options.stale_after.value_or(Duration{}).ms},
                std::move(spec.metrics), *budget);
  if (resumed.checkpoint) ingest.add_judged(resumed.checkpoint->judged);

  CounterNames counters;
  if (options.count_resets) counters = CounterNames::of(spec.mapping, spec.metadata);
  const ReadingOptions reading = reading_options(tuning, spec.work, options, *budget, resumed.checkpoint);
  const WritingOptions writing = writing_options(tuning, options, *budget, directory, resumed, std::move(counters));
  Job job{fs, options, environment, directory, fingerprint, rejects, ingest};
  Report report;
  report.resumed = resumed.any();
  report.resets_counted = options.count_resets;
  report.notes = directory.notes();
  report.notes.insert(report.notes.end(), resumed.notes.begin(), resumed.notes.end());
  input.keep_exemplars(fs, join_path(directory.staging(), kExemplars));
  auto blocks = read_and_write(job, input, reading, writing, std::move(resumed.blocks));
  if (!blocks || environment.stop.stop_requested()) {
    Error error =
        blocks ? Error{ErrorCode::kStopped, "stopped on request", options.out, ""} : std::move(blocks).error();
    if (error.code == ErrorCode::kStopped) leave_for_resume(job, error);
    return error;
  }
  report.blocks = *std::move(blocks);
  PROMFILL_TRY(report.exemplars, input.finish_exemplars());
  (void)merge_metadata(spec.metadata, input.metadata());
  PROMFILL_TRY_STATUS(add_totals(ingest, *environment.progress, report));
  report.decisions = std::move(spec.decisions);
  report.tuning = std::move(tuning.reasons);
  costs.add_to(report);
  PROMFILL_TRY_STATUS(commit(job, report, spec.metadata));
  costs.add_to(report);
  return report;
}

Result<Report> run_backfill(std::vector<std::unique_ptr<Source>> sources, const Mapping& mapping,
                            const BackfillOptions& given, const JobEnvironment& environment) {
  BackfillOptions options = given;
  if (mapping.counter_start_zero) options.counter_start = CounterStart::kZero;
  if (!options.stale_after) options.stale_after = mapping.stale_after;
  PROMFILL_TRY_STATUS(options.validate());
  PROMFILL_TRY(JobPlan plan, plan_job(sources, mapping, options, environment.clock->now()));
  if (environment.planned) environment.planned({plan.times, plan.block_duration});
  const std::vector<PlannedSource> planned = plan_sources(sources, plan);
  SourceInput input(planned);
  expect_totals(sources, *environment.progress);
  for (std::size_t m = 0; m < plan.metrics.size(); ++m) plan.metrics[m].bundle = plan.bundle_of_metric[m];
  std::vector<MetricMetadata> metadata = metadata_of(plan.mapping.mapping);
  JobSpec spec{.inputs = names(sources),
               .readings = readings(sources),
               .mapping = std::move(plan.mapping.mapping),
               .block_duration = plan.block_duration,
               .metrics = std::move(plan.metrics),
               .work = plan.work,
               .decisions = std::move(plan.decisions),
               .metadata = std::move(metadata)};
  Result<Report> report = run_job(input, std::move(spec), options, environment);
  if (!report) return report;
  for (const std::unique_ptr<Source>& source : sources) {
    for (std::string& note : source->notes()) report->notes.push_back(source->name() + ": " + std::move(note));
  }
  return report;
}

}  // namespace promfill
