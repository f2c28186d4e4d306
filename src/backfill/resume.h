// What an earlier process of the same job left, as far as it can be relied on: everything is verified before it is
// used.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ingest/ingest.h"
#include "job/job_directory.h"
#include "job/rejects_file.h"
#include "promfill/report.h"

namespace promfill {

struct Resumed {
  EarlierWork work;
  std::vector<JournaledWindow> windows;  ///< whose blocks verify
  std::vector<ReportedBlock> blocks;     ///< theirs
  std::optional<Checkpoint> checkpoint;  ///< whose runs and rejects are whole
  std::vector<std::string> notes;        ///< what can't be used, and why

  [[nodiscard]] bool any() const { return !windows.empty() || checkpoint; }
};

/// Look at what `directory` says is unfinished; nothing if there is none.
/// @param rejects  of this process, nothing written yet: takes over those up to the checkpoint.
/// @error  of reading and writing files; damage is no error, its work is done again.
Result<Resumed> resume(FileSystem& fs, const JobDirectory& directory, RejectsFile& rejects,
                       std::uint64_t segment_bytes_max);

}  // namespace promfill
