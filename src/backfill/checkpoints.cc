// See checkpoints.h.
#include "backfill/checkpoints.h"

#include <algorithm>
#include <utility>

namespace promfill {
namespace {

/// Reading goes on for so many times as long as the last checkpoint took: they cost two percent at most.
constexpr int kPauseFactor = 50;

}  // namespace

Checkpoints::Checkpoints(const Options& options, Ingest& ingest, Writing& writing, RejectsFile& rejects)
    : options_(options),
      ingest_(ingest),
      writing_(writing),
      rejects_(rejects),
      next_(Clock::now() + std::chrono::milliseconds(options.interval.ms)) {}

bool Checkpoints::is_due() {
  const std::scoped_lock lock(mutex_);
  if (marked_ || Clock::now() < next_) return false;
  marked_ = true;
  return true;
}

Status Checkpoints::reach(std::uint32_t shard, std::uint64_t pieces) {
  {
    const std::scoped_lock lock(mutex_);
    if (!std::exchange(begun_, true)) began_at_ = Clock::now();
  }
  PROMFILL_TRY_STATUS(ingest_.checkpoint(shard));
  std::unique_lock lock(mutex_);
  const std::uint64_t before = made_;
  if (++waiting_ < options_.shards) {
    changed_.wait(lock, [&] { return cancelled_ || made_ != before; });
    return {};
  }
  if (cancelled_) return {};
  Status status = make(pieces);
  waiting_ = 0;
  marked_ = false;
  begun_ = false;
  ++made_;
  const Clock::time_point now = Clock::now();
  const auto least = std::chrono::milliseconds(options_.interval.ms);
  next_ = now + std::max<Clock::duration>(least, options_.interval.ms == 0 ? least : (now - began_at_) * kPauseFactor);
  changed_.notify_all();
  return status;
}

Status Checkpoints::make(std::uint64_t pieces) {
  // A window that is sealed and not written is in no run.
  if (!writing_.wait_for(ingest_.windows_sealed())) return {};  // the job ends, with the error of writing
  PROMFILL_TRY_STATUS(rejects_.flush());
  IngestSnapshot snapshot = ingest_.snapshot();
  Checkpoint checkpoint{.pieces = pieces,
                        .runs = std::move(snapshot.runs),
                        .windows = {},
                        .judged = std::move(snapshot.judged),
                        .rejects = rejects_.bytes() > 0 ? options_.rejects_name : "",
                        .rejects_bytes = rejects_.bytes(),
                        .rejects_crc = rejects_.crc()};
  for (const EarlierWork::Window& window : snapshot.begun) checkpoint.windows.emplace_back(window.number, window.tally);
  return writing_.journal(checkpoint);
}

void Checkpoints::cancel() {
  const std::scoped_lock lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

}  // namespace promfill
