// Checkpoints of a running job: now and then, behind a piece, every shard puts what it holds into runs and waits for
// the others; then the journal says how far the job has come, and a crash costs no more than what is read after that.
//
//   decoder   at the end of a piece: is one due? ─► mark it
//   shards    at the mark: runs; the last to come waits for blocks being written, journals, and lets all go on
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "backfill/writing.h"
#include "ingest/ingest.h"
#include "job/rejects_file.h"

namespace promfill {

class Checkpoints {
 public:
  struct Options {
    Duration interval;
    std::uint32_t shards = 1;
    std::string rejects_name;  ///< in the journal
  };
  Checkpoints(const Options& options, Ingest& ingest, Writing& writing, RejectsFile& rejects);

  /// Whether the piece that ends now is to be followed by a checkpoint. True once; the next is counted from its end.
  bool is_due();
  /// From every shard, behind the same piece. @param pieces  so many were read until then, the first ones.
  /// Returns when the checkpoint is made, or cancelled. @error of spilling and of the journal.
  Status reach(std::uint32_t shard, std::uint64_t pieces);
  /// No shard waits any more.
  void cancel();

 private:
  using Clock = std::chrono::steady_clock;
  Status make(std::uint64_t pieces);

  Options options_;
  Ingest& ingest_;
  Writing& writing_;
  RejectsFile& rejects_;
  std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  bool marked_ = false;
  Clock::time_point next_;
  bool begun_ = false;
  Clock::time_point began_at_;
  std::uint32_t waiting_ = 0;
  std::uint64_t made_ = 0;
  bool cancelled_ = false;
};

}  // namespace promfill
