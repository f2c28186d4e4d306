// See writing.h.
#include "backfill/writing.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "block/block_verifier.h"

namespace promfill {
namespace {

/// A writer waits for the disk most of its time, and syncs that wait together share one commit of the file system's
/// journal: 96 blocks of 580 syncs took 1.0 s one after the other and 0.27 s eight at a time.
constexpr std::size_t kWritersPerThread = 4;

class Writing {
 public:
  Writing(Ingest& ingest, FileSystem& fs, const JobDirectory& directory, const Fingerprint& fingerprint,
          const WritingOptions& options, Progress& progress, const std::stop_token& stop)
      : ingest_(ingest),
        fs_(fs),
        directory_(directory),
        fingerprint_(fingerprint),
        options_(options),
        progress_(progress),
        stop_(stop),
        blocks_(ingest.windows().size()) {}

  Result<std::vector<ReportedBlock>> run() {
    progress_.windows_total = blocks_.size();
    {
      std::vector<std::jthread> threads;
      const std::size_t count = std::min<std::size_t>(options_.threads * kWritersPerThread, blocks_.size());
      try {
        for (std::size_t i = 0; i < count; ++i) threads.emplace_back([this] { work(); });
      } catch (const std::system_error&) {
        if (threads.empty()) work();  // fewer writers are only slower
      }
    }
    const std::scoped_lock lock(mutex_);
    if (error_) return *error_;
    return std::move(blocks_);
  }

 private:
  void work() {
    for (std::size_t i = next_++; i < blocks_.size(); i = next_++) {
      Result<ReportedBlock> block = write_one(i);
      const std::scoped_lock lock(mutex_);
      if (!block) {
        if (!error_ || i < failed_window_) {
          error_ = std::move(block).error();
          failed_window_ = i;
        }
        next_ = blocks_.size();  // windows being written are finished, no other is begun
        return;
      }
      blocks_[i] = *std::move(block);
      progress_.windows_written.fetch_add(1, std::memory_order_relaxed);
    }
  }

  Result<ReportedBlock> write_one(std::size_t i) {
    if (stop_.stop_requested()) return Error{ErrorCode::kStopped, "stopped on request", directory_.out(), ""};
    const Ulid ulid = fingerprint_.block_ulid(options_.created, ingest_.windows()[i].range.min.ms);
    const std::string staged = directory_.staged(ulid);
    PROMFILL_TRY(WrittenBlock written, ingest_.write_window(i, fs_, staged, ulid, options_.block));
    const VerifyReport verified = verify_block(
        fs_, staged,
        {.depth = VerifyDepth::kFrames, .strict = true, .segment_bytes_max = options_.block.segment_bytes_max});
    if (!verified.ok()) {
      return Error{ErrorCode::kInternal, "a block did not verify after it was written: " + verified.problems.front(),
                   staged, "nothing was committed; the disk may be failing, else this is a bug in promfill"};
    }
    return ReportedBlock{std::move(written.meta), written.bytes};
  }

  Ingest& ingest_;
  FileSystem& fs_;
  const JobDirectory& directory_;
  const Fingerprint& fingerprint_;
  WritingOptions options_;
  Progress& progress_;
  std::stop_token stop_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::vector<ReportedBlock> blocks_;
  std::optional<Error> error_;
  std::size_t failed_window_ = 0;
};

}  // namespace

Result<std::vector<ReportedBlock>> write_windows(Ingest& ingest, FileSystem& fs, const JobDirectory& directory,
                                                 const Fingerprint& fingerprint, const WritingOptions& options,
                                                 Progress& progress, const std::stop_token& stop) {
  return Writing(ingest, fs, directory, fingerprint, options, progress, stop).run();
}

}  // namespace promfill
