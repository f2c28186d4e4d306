// What a finished job did: the ledger, the blocks, and what it cost.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/block.h"
#include "promfill/result.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// Counts of cells; a cell is one value offered to one mapped metric and gets exactly one verdict.
struct Ledger {
  std::uint64_t rows_read = 0;
  std::uint64_t cells = 0;
  std::uint64_t nulls = 0;
  std::uint64_t rejected = 0;
  std::uint64_t filtered = 0;
  std::uint64_t out_of_window = 0;
  std::uint64_t observed = 0;
  std::uint64_t duplicates_merged = 0;
  std::uint64_t duplicates_conflicting = 0;
  std::uint64_t written = 0;
  std::uint64_t generated = 0;
  /// Of those written or merged: of rows that were held and sorted because they, or many of their neighbours, came
  /// behind a later one of their entity and window. How rows fall into batches has an influence.
  std::uint64_t late_samples = 0;
  std::uint64_t times_floored = 0;   ///< rows whose time was finer than a millisecond
  std::uint64_t values_rounded = 0;  ///< integers that no double holds exactly
  std::map<std::string, std::uint64_t> rejected_by_reason;

  [[nodiscard]] std::uint64_t samples_written() const { return written + generated; }
  /// cells = the sum of the verdicts, and rejected = the sum by reason.
  [[nodiscard]] bool balances() const;
  Ledger& operator+=(const Ledger& other);
  friend bool operator==(const Ledger&, const Ledger&) = default;
};

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

  /// The blocks and the ledger as a table for people.
  void print(std::ostream& out) const;
  /// One JSON object; the keys are a contract of the command line.
  [[nodiscard]] std::string to_json() const;
  /// The report of a finished job. Decisions and notes aren't in it. @error kCorrupt
  static Result<Report> from_json(std::string_view text);
};

}  // namespace PROMFILL_ABI
}  // namespace promfill
