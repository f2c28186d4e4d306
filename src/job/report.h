// What a finished job did: the ledger, the blocks, and what it cost. `--summary` writes it as JSON with stable keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "block/meta_json.h"
#include "store/ledger.h"

namespace promfill {

struct ReportedBlock {
  BlockMeta meta;
  std::uint64_t bytes = 0;
};

struct Report {
  Ledger ledger;
  std::uint64_t series = 0;
  std::vector<ReportedBlock> blocks;  ///< in order of time
  std::uint64_t bytes_read = 0;       ///< stored size of what was read
  std::uint64_t bytes_written = 0;
  double seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t peak_rss_bytes = 0;
  std::uint64_t spilled_bytes = 0;
  bool resumed = false;                ///< work of an earlier process was used
  bool already_imported = false;       ///< the same job was done before: nothing was read; costs are of that time
  std::string rejects_file;            ///< where the rejects are; empty when there are none or they were dropped
  std::vector<std::string> notes;      ///< what was found in OUT/.promfill, and done about it
  std::vector<std::string> decisions;  ///< what was inferred, and why
  std::vector<std::string> tuning;     ///< what was chosen for this machine, and why

  /// One JSON object; the keys are a contract of the command line.
  [[nodiscard]] std::string to_json() const;
  /// The report of a finished job. Decisions and notes aren't in it. @error kCorrupt
  static Result<Report> from_json(std::string_view text);
};

}  // namespace promfill
