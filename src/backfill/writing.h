// The writing half of a job: every window becomes a verified block in staging, several at a time.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "backfill/fingerprint.h"
#include "backfill/job_directory.h"
#include "backfill/progress.h"
#include "backfill/report.h"
#include "ingest/ingest.h"

namespace promfill {

struct WritingOptions {
  std::uint32_t threads = 1;
  BlockWriterOptions block;
  Timestamp created;  ///< the job's start, in ULIDs
};

/// @return the blocks in order of time.
/// @error  the earliest window's; kStopped; kInternal  a block that does not verify, which is never committed.
Result<std::vector<ReportedBlock>> write_windows(Ingest& ingest, FileSystem& fs, const JobDirectory& directory,
                                                 const Fingerprint& fingerprint, const WritingOptions& options,
                                                 Progress& progress, const std::stop_token& stop);

}  // namespace promfill
