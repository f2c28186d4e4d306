// The writing half of a job: every sealed window becomes a verified block in staging, several at a time, while other
// windows may still be read.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "backfill/progress.h"
#include "ingest/ingest.h"
#include "job/fingerprint.h"
#include "job/job_directory.h"
#include "job/report.h"

namespace promfill {

struct WritingOptions {
  std::uint32_t threads = 1;
  BlockWriterOptions block;
  Timestamp created;  ///< the job's start, in ULIDs
};

class Writing {
 public:
  /// Begin to write the windows that `ingest` seals. All arguments are borrowed.
  /// @param halt  stops this and is asked to stop when a window can't be written, so that reading ends, too.
  Writing(Ingest& ingest, FileSystem& fs, const JobDirectory& directory, const Fingerprint& fingerprint,
          const WritingOptions& options, Progress& progress, std::stop_source& halt);
  /// Windows being written are finished, no other is begun.
  ~Writing();
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  /// Wait until all is written.
  /// @return the blocks in order of time.
  /// @error  the earliest window's; kStopped; kInternal  a block that does not verify, which is never committed.
  Result<std::vector<ReportedBlock>> finish();
  /// The error so far, if any.
  [[nodiscard]] std::optional<Error> error() const;

 private:
  void work();
  Result<ReportedBlock> write_one(SealedWindow window);

  Ingest& ingest_;
  FileSystem& fs_;
  const JobDirectory& directory_;
  const Fingerprint& fingerprint_;
  WritingOptions options_;
  Progress& progress_;
  std::stop_source& halt_;
  mutable std::mutex mutex_;  // of the three below
  std::vector<ReportedBlock> blocks_;
  std::optional<Error> error_;
  Timestamp failed_window_ = kTimestampMax;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace promfill
