// See writing.h.
#include "backfill/writing.h"

#include <algorithm>
#include <system_error>

#include "block/block_verifier.h"

namespace promfill {
namespace {

/// Memory that verifying down to frames takes, in lengths of the index.
constexpr std::uint64_t kWalkedIndexFactor = 4;

}  // namespace

Writing::Writing(Ingest& ingest, FileSystem& fs, const JobDirectory& directory, const Fingerprint& fingerprint,
                 const WritingOptions& options, Progress& progress, std::stop_source& halt)
    : ingest_(ingest),
      fs_(fs),
      directory_(directory),
      fingerprint_(fingerprint),
      options_(options),
      progress_(progress),
      halt_(halt) {
  try {
    for (std::uint32_t i = 0; i < options.threads; ++i) threads_.emplace_back([this] { work(); });
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

std::optional<Error> Writing::error() const {
  const std::scoped_lock lock(mutex_);
  return error_;
}

void Writing::work() {
  while (std::optional<SealedWindow> window = ingest_.next_window()) {
    const Timestamp begin = window->range.min;
    Result<ReportedBlock> block = write_one(*std::move(window));
    const std::scoped_lock lock(mutex_);
    if (!block) {
      if (!error_ || begin < failed_window_) {
        error_ = std::move(block).error();
        failed_window_ = begin;
      }
      halt_.request_stop();
      ingest_.cancel();
      return;
    }
    blocks_.push_back(*std::move(block));
    progress_.windows_written.fetch_add(1, std::memory_order_relaxed);
  }
}

Result<ReportedBlock> Writing::write_one(SealedWindow window) {
  if (halt_.stop_requested()) return Error{ErrorCode::kStopped, "stopped on request", directory_.out(), ""};
  const Ulid ulid = fingerprint_.block_ulid(options_.created, window.range.min.ms);
  const std::string staged = directory_.staged(ulid);
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
  return ReportedBlock{std::move(written.meta), written.bytes};
}

}  // namespace promfill
