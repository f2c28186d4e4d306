// The writing half of a job: every sealed window becomes a verified block in staging, several at a time, while other
// windows may still be read.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "backfill/counter_resets.h"
#include "backfill/progress.h"
#include "ingest/ingest.h"
#include "job/fingerprint.h"
#include "job/job_directory.h"
#include "promfill/report.h"

namespace promfill {

struct WritingOptions {
  std::uint32_t threads = 1;
  BlockFilesOptions block;
  Timestamp created;  ///< the job's start, in ULIDs
  /// Series may end in the window behind that of their last sample: each window has to know the block before it.
  bool follows = false;
  std::map<std::int64_t, std::string> written{};  ///< by an earlier process: directories by number of window
  CounterNames counters{};                        ///< whose resets are counted
};

class Writing {
 public:
  /// Begin to write the windows that `ingest` seals. All arguments are borrowed.
  /// @param halt  stops this and is asked to stop when a window can't be written, so that reading ends, too.
  Writing(Ingest& ingest, FileSystem& fs, JobDirectory& directory, const Fingerprint& fingerprint,
          const WritingOptions& options, Progress& progress, std::stop_source& halt);
  /// Windows being written are finished, no other is begun.
  ~Writing();
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  /// Wait until all is written.
  /// @return the blocks in order of time.
  /// @error  the earliest window's; kStopped; kInternal  a block that does not verify, which is never committed.
  Result<std::vector<ReportedBlock>> finish();
  /// Wait until so many windows that were sealed are written and in the journal. False when that will not be.
  bool wait_for(std::uint64_t windows);
  /// The same thread-safety as the blocks: one line at a time.
  Status journal(const Checkpoint& checkpoint);

 private:
  void work();
  bool write_and_keep(SealedWindow window);
  Status write_ends(std::int64_t below);
  void fail(Timestamp window, Error error);
  Result<std::pair<ReportedBlock, JournaledWindow>> write_one(SealedWindow window);
  Status keep(std::pair<ReportedBlock, JournaledWindow> written);

  Ingest& ingest_;
  FileSystem& fs_;
  JobDirectory& directory_;
  const Fingerprint& fingerprint_;
  WritingOptions options_;
  Progress& progress_;
  std::stop_source& halt_;
  CounterResets resets_;
  mutable std::mutex mutex_;  // of the four below, and the journal
  std::condition_variable_any written_;
  std::vector<ReportedBlock> blocks_;
  std::uint64_t sealed_written_ = 0;  // windows; blocks in which series only end are none
  std::optional<Error> error_;
  Timestamp failed_window_ = kTimestampMax;
  std::set<std::int64_t> looked_behind_;  // numbers of windows that the next one, without rows, was tried for
  std::vector<std::jthread> threads_;     // last: they use all of the above
};

}  // namespace promfill
