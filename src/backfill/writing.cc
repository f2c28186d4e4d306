// See writing.h.
#include "backfill/writing.h"

#include <algorithm>
#include <limits>
#include <system_error>

#include "block/block_verifier.h"

namespace promfill {
namespace {

/// Memory that verifying down to frames takes, in lengths of the index.
constexpr std::uint64_t kWalkedIndexFactor = 4;

}  // namespace

Writing::Writing(Ingest& ingest, FileSystem& fs, JobDirectory& directory, const Fingerprint& fingerprint,
                 const WritingOptions& options, Progress& progress, std::stop_source& halt)
    : ingest_(ingest),
      fs_(fs),
      directory_(directory),
      fingerprint_(fingerprint),
      options_(options),
      progress_(progress),
      halt_(halt),
      resets_(options.counters, fs, ingest.budget(), options.written) {
  try {
    const std::uint32_t threads = options.follows ? 1 : options.threads;  // one window after the other
    for (std::uint32_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // Fewer writers are only slower; with none at all finish() does the work.
  }
}

Writing::~Writing() { ingest_.cancel(); }

Result<std::vector<ReportedBlock>> Writing::finish() {
  if (threads_.empty()) work();
  threads_.clear();
  const std::scoped_lock lock(mutex_);
  if (error_) return *error_;
  std::sort(blocks_.begin(), blocks_.end(),
            [](const ReportedBlock& a, const ReportedBlock& b) { return a.meta.range.min < b.meta.range.min; });
  return std::move(blocks_);
}

bool Writing::wait_for(std::uint64_t windows) {
  std::unique_lock lock(mutex_);
  written_.wait(lock, halt_.get_token(), [&] { return error_ || sealed_written_ >= windows; });
  return sealed_written_ >= windows;
}

Status Writing::journal(const Checkpoint& checkpoint) {
  const std::scoped_lock lock(mutex_);
  return directory_.journal().add(checkpoint);
}

void Writing::work() {
  while (std::optional<SealedWindow> window = ingest_.next_window()) {
    const Timestamp begin = window->range.min;
    if (options_.follows) {
      if (Status status = write_ends(window->number); !status) return fail(begin, std::move(status).error());
    }
    if (!write_and_keep(*std::move(window))) return;
  }
  if (!options_.follows || !ingest_.ended() || halt_.stop_requested()) return;
  if (Status status = write_ends(std::numeric_limits<std::int64_t>::max()); !status) {
    fail(kTimestampMax, std::move(status).error());
  }
}

/// The windows below number `below` in which no row lies, but in which series of the window before end.
Status Writing::write_ends(std::int64_t below) {
  std::vector<std::int64_t> last;  // numbers of windows with none behind them
  for (const auto& [number, directory] : options_.written) {
    if (number + 1 < below && !options_.written.contains(number + 1) && !looked_behind_.contains(number)) {
      last.push_back(number);
    }
  }
  for (const std::int64_t number : last) {
    looked_behind_.insert(number);
    SealedWindow window = ingest_.window_without_rows(number + 1);
    PROMFILL_TRY_STATUS(ingest_.follow(window, fs_, options_.written.at(number)));
    // Behind it comes no other: its series end with markers.
    if (window.empty()) continue;
    looked_behind_.insert(number + 1);
    PROMFILL_TRY(auto written, write_one(std::move(window)));
    const std::scoped_lock lock(mutex_);
    PROMFILL_TRY_STATUS(keep(std::move(written)));
  }
  return {};
}

/// False after a failure.
bool Writing::write_and_keep(SealedWindow window) {
  const Timestamp begin = window.range.min;
  auto written = write_one(std::move(window));
  Status status;
  {
    const std::scoped_lock lock(mutex_);
    status = written ? keep(*std::move(written)) : Status(std::move(written).error());
    sealed_written_ += static_cast<std::uint64_t>(status.has_value());
    if (status) progress_.windows_written.fetch_add(1, std::memory_order_relaxed);
    written_.notify_all();
  }
  if (!status) fail(begin, std::move(status).error());
  return static_cast<bool>(status);
}

/// A window that was stopped because of another's failure doesn't say what that was.
void Writing::fail(Timestamp window, Error error) {
  const std::scoped_lock lock(mutex_);
  const bool says_why = error.code != ErrorCode::kStopped;
  const bool knows_why = error_ && error_->code != ErrorCode::kStopped;
  if (!error_ || (says_why && !knows_why) || (says_why == knows_why && window < failed_window_)) {
    error_ = std::move(error);
    failed_window_ = window;
  }
  halt_.request_stop();
  ingest_.cancel();
  written_.notify_all();
}

Status Writing::keep(std::pair<ReportedBlock, JournaledWindow> written) {
  PROMFILL_TRY_STATUS(directory_.journal().add(written.second));
  const WindowTally& tally = written.second.tally;
  progress_.samples_written += tally.samples;
  progress_.late_samples += tally.late_samples;
  progress_.duplicates_merged += tally.duplicates.merged;
  progress_.duplicates_conflicting += tally.duplicates.conflicting;
  blocks_.push_back(std::move(written.first));
  return {};
}

Result<std::pair<ReportedBlock, JournaledWindow>> Writing::write_one(SealedWindow window) {
  if (halt_.stop_requested()) return Error{ErrorCode::kStopped, "stopped on request", directory_.out(), ""};
  const Ulid ulid = fingerprint_.block_ulid(options_.created, window.range.min.ms);
  const std::string staged = directory_.staged(ulid);
  const std::int64_t number = window.number;
  if (options_.follows && options_.written.contains(number - 1)) {
    PROMFILL_TRY_STATUS(ingest_.follow(window, fs_, options_.written.at(number - 1)));
  }
  PROMFILL_TRY(WrittenWindow done, ingest_.write_window(std::move(window), fs_, staged, ulid, options_.block));
  WrittenBlock& written = done.block;
  // The references between index and chunks take the whole index in memory, several times.
  const bool fits = written.bytes - written.chunk_bytes < options_.block.memory_bytes / kWalkedIndexFactor;
  const VerifyReport verified = verify_block(fs_, staged,
                                             {.depth = fits ? VerifyDepth::kFrames : VerifyDepth::kChecksums,
                                              .strict = true,
                                              .segment_bytes_max = options_.block.segment_bytes_max});
  if (!verified.ok()) {
    return Error{ErrorCode::kInternal, "a block did not verify after it was written: " + verified.problems.front(),
                 staged, "nothing was committed; the disk may be failing, else this is a bug in promfill"};
  }
  PROMFILL_TRY(done.tally.counter_resets, resets_.count(number, staged));
  ingest_.add_counter_resets(done.tally.counter_resets);
  if (options_.follows) options_.written[number] = staged;
  return std::pair(ReportedBlock{std::move(written.meta), written.bytes},
                   JournaledWindow{number, ulid, written.bytes, done.tally});
}

}  // namespace promfill
