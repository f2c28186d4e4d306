// Jobs of records: the state behind promfill/backfill.h, and how a job is run and ended.
#include <algorithm>
#include <cstdio>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "backfill/backfill.h"
#include "file/file_system.h"
#include "model/block_duration.h"
#include "promfill/backfill.h"
#include "record/job_watch.h"
#include "record/record_input.h"
#include "record/record_plan.h"
#include "resource/clock.h"
#include "resource/machine.h"
#include "resource/memory_budget.h"
#include "resource/tuning.h"

namespace promfill {
inline namespace PROMFILL_ABI {

struct RecordJob::State {
  State(BackfillOptions given, RecordPlans planned, Machine found)
      : options(std::move(given)),
        plans(std::move(planned)),
        machine(found),
        budget(std::max<std::uint64_t>(memory_limit(options, machine), kBudgetBytesMin)) {}

  static constexpr std::uint64_t kBudgetBytesMin = 64 << 20;

  BackfillOptions options;
  RecordPlans plans;
  Machine machine;
  MemoryBudget budget;
  Progress progress;
  std::stop_source stop;

  mutable std::mutex mutex;  // of all below
  enum class Phase : std::uint8_t { kNew, kRunning, kAppending, kEnded } phase = Phase::kNew;
  bool failed = false;
  std::chrono::steady_clock::time_point started{};
  std::chrono::steady_clock::time_point ended{};
  std::uint64_t tables_expected = 0;
  std::unique_ptr<AppendedInput> appended;
  std::optional<Error> append_error;  ///< the first; the job can't be finished then
  std::optional<Result<Report>> result;
  std::jthread runner;  // last: joined before anything else goes

  Result<Report> run(Input& input);
  Status begin(Phase next);
  Result<Report> end(Result<Report> outcome);
  AppendedInput* appending();
};

/// The engine, to the end, on this thread.
Result<Report> RecordJob::State::run(Input& input) {
  const BlockDurationChoice duration = choose_block_duration(options, std::nullopt);
  JobSpec spec{.inputs = {},
               .mapping = plans.identity,
               .block_duration = duration.duration,
               .metrics = plans.metrics,
               .work = plans.work,
               .metadata = plans.metadata};
  if (!duration.reason.empty()) spec.decisions.push_back(duration.reason);
  JobEnvironment environment;
  environment.fs = &real_file_system();
  environment.clock = &system_clock();
  environment.progress = &progress;
  environment.stop = stop.get_token();
  environment.budget = &budget;
  environment.machine = &machine;
  return run_job(input, std::move(spec), options, environment);
}

/// @pre  the mutex is held.
Status RecordJob::State::begin(Phase next) {
  if (phase != Phase::kNew) {
    return Error{ErrorCode::kUsage, "the job has begun already", "",
                 "run() is called once, and not after append(); make another job"};
  }
  phase = next;
  started = std::chrono::steady_clock::now();
  return {};
}

Result<Report> RecordJob::State::end(Result<Report> outcome) {
  const std::scoped_lock lock(mutex);
  phase = Phase::kEnded;
  failed = !outcome;
  ended = std::chrono::steady_clock::now();
  return outcome;
}

/// The input of append(), which is begun with the first call; null once the job has ended.
AppendedInput* RecordJob::State::appending() {
  const std::scoped_lock lock(mutex);
  if (phase == Phase::kNew) {
    if (!begin(Phase::kAppending)) return nullptr;
    AppendedInput::Options limits;
    limits.remembered_bytes = std::min<std::uint64_t>(limits.remembered_bytes, budget.limit_bytes() / 64);
    appended = std::make_unique<AppendedInput>(plans.types, limits);
    try {
      runner = std::jthread([this] {
        Result<Report> outcome = run(*appended);
        appended->cancel();
        const std::scoped_lock on_end(mutex);
        result.emplace(std::move(outcome));
      });
    } catch (const std::system_error& error) {
      append_error = Error{ErrorCode::kLimit, std::string("start a thread: ") + error.what(), "", ""};
    }
  }
  return phase == Phase::kAppending && !append_error ? appended.get() : nullptr;
}

// ---- the face

RecordJob::RecordJob(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordJob::RecordJob(RecordJob&& other) noexcept = default;
RecordJob& RecordJob::operator=(RecordJob&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

RecordJob::~RecordJob() {
  if (state_ == nullptr) return;
  state_->stop.request_stop();
  if (state_->appended) state_->appended->cancel();
}

namespace {

Status check(const BackfillOptions& options) {
  if (options.out.empty()) {
    return Error{ErrorCode::kUsage, "no output directory was named", "BackfillOptions::out", "set .out"};
  }
  if (options.resume == ResumePolicy::kRequire) {
    return Error{ErrorCode::kUsage, "a job of records can't be resumed", "BackfillOptions::resume",
                 "nobody else has the rows; leave it out"};
  }
  return options.validate();
}

}  // namespace

Result<RecordJob> RecordJob::create(std::vector<RecordType> types, const BackfillOptions& options) {
  PROMFILL_TRY_STATUS(check(options));
  PROMFILL_TRY(RecordPlans plans, plan_records(std::move(types), options, system_clock().now()));
  const std::string& staging = options.staging.empty() ? options.out : options.staging;
  return RecordJob(std::make_unique<State>(options, std::move(plans), read_machine(staging)));
}

Result<RecordJob> RecordJob::create_for_samples(RecordType type, const BackfillOptions& options) {
  PROMFILL_TRY_STATUS(check(options));
  PROMFILL_TRY(RecordPlans plans, plan_samples(std::move(type), options, system_clock().now()));
  const std::string& staging = options.staging.empty() ? options.out : options.staging;
  return RecordJob(std::make_unique<State>(options, std::move(plans), read_machine(staging)));
}

Result<Report> RecordJob::run(TableStream& tables, const RunOptions& options) {
  State& state = *state_;
  {
    const std::scoped_lock lock(state.mutex);
    PROMFILL_TRY_STATUS(state.begin(State::Phase::kRunning));
    state.tables_expected = options.tables_expected;
  }
  const std::stop_callback stop_with_caller(options.stop, [&state] { state.stop.request_stop(); });
  const JobWatch watch(options, [this] { return stats(); });
  TableInput input(state.plans.types, tables);
  return state.end(state.run(input));
}

Status RecordJob::append(const RecordTable& table) {
  AppendedInput* const input = state_->appending();
  Status status =
      input != nullptr ? input->append(table) : Error{ErrorCode::kStopped, "append rows: the job has ended", "", ""};
  if (!status && status.error().code != ErrorCode::kStopped) {
    // Some of the rows may be in the job and others not: it can't come to a good end.
    const std::scoped_lock lock(state_->mutex);
    if (!state_->append_error) state_->append_error = status.error();
    state_->stop.request_stop();
  }
  return status;
}

Result<Report> RecordJob::finish() {
  State& state = *state_;
  AppendedInput* const input = state.appending();  // a job without rows ends well, too
  {
    const std::scoped_lock lock(state.mutex);
    if (state.phase != State::Phase::kAppending) {
      return Error{ErrorCode::kUsage, "the job has ended already, or is being run", "", ""};
    }
  }
  if (input != nullptr) input->close();
  if (state.runner.joinable()) state.runner.join();
  Result<Report> outcome = [&]() -> Result<Report> {
    const std::scoped_lock lock(state.mutex);
    if (state.append_error) return *state.append_error;
    return *std::move(state.result);
  }();
  return state.end(std::move(outcome));
}

void RecordJob::stop() { state_->stop.request_stop(); }

Stats RecordJob::stats() const {
  const State& state = *state_;
  Stats stats = stats_of(state.progress, state.budget);
  const std::scoped_lock lock(state.mutex);
  stats.tables_expected = state.tables_expected;
  if (state.phase == State::Phase::kNew) return stats;
  const bool ended = state.phase == State::Phase::kEnded;
  const auto now = ended ? state.ended : std::chrono::steady_clock::now();
  stats.seconds = std::chrono::duration<double>(now - state.started).count();
  stats.stage = state.progress.windows_total > 0 ? Stats::Stage::kWriting : Stats::Stage::kReading;
  if (ended) stats.stage = state.failed ? Stats::Stage::kFailed : Stats::Stage::kDone;
  return stats;
}

int report_error(const Error& error) {
  std::fprintf(stderr, "error: %s\n", error.text().c_str());
  return error.code == ErrorCode::kUsage ? 2 : 1;
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
