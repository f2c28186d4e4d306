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
  std::uint64_t rows_read = 0;               ///< rows that the input has
  std::uint64_t cells = 0;                   ///< rows times metrics: what could become samples
  std::uint64_t nulls = 0;                   ///< cells without a value
  std::uint64_t rejected = 0;                ///< values that can't be samples, each with its reason
  std::uint64_t filtered = 0;                ///< dropped by relabelling
  std::uint64_t out_of_window = 0;           ///< before --min-time or after --max-time
  std::uint64_t observed = 0;                ///< offered to the blocks
  std::uint64_t duplicates_merged = 0;       ///< equal to another of the same series and time
  std::uint64_t duplicates_conflicting = 0;  ///< different from it; the policy chose
  std::uint64_t written = 0;                 ///< samples of the input in the blocks
  std::uint64_t generated = 0;               ///< samples that the input doesn't have, such as stale markers
  /// Of those written or merged: of rows that were held and sorted because they, or many of their neighbours, came
  /// behind a later one of their entity and window. How rows fall into batches has an influence.
  std::uint64_t late_samples = 0;
  /// Of counters, where BackfillOptions::count_resets asks for it: samples below the one before in their series, which
  /// is how a counter begins anew.
  std::uint64_t counter_resets = 0;
  std::uint64_t times_floored = 0;                          ///< rows whose time was finer than a millisecond
  std::uint64_t values_rounded = 0;                         ///< integers that no double holds exactly
  std::map<std::string, std::uint64_t> rejected_by_reason;  ///< adds up to `rejected`

  /// All samples in the blocks.
  [[nodiscard]] std::uint64_t samples_written() const { return written + generated; }
  /// cells = the sum of the verdicts, and rejected = the sum by reason.
  [[nodiscard]] bool balances() const;
  /// Count what two parts of a job have seen together.
  Ledger& operator+=(const Ledger& other);
  friend bool operator==(const Ledger&, const Ledger&) = default;
};

/// A block that the job wrote.
struct ReportedBlock {
  BlockMeta meta;           ///< as in its meta.json
  std::uint64_t bytes = 0;  ///< of all its files
};

/// What a job has done. What was read and isn't in the blocks is in the ledger, with the reason.
struct Report {
  Ledger ledger;                       ///< every cell of the input, accounted for
  std::uint64_t series = 0;            ///< in all blocks, each once
  std::vector<ReportedBlock> blocks;   ///< in order of time
  std::uint64_t bytes_read = 0;        ///< stored size of what was read
  std::uint64_t bytes_written = 0;     ///< of all blocks
  double seconds = 0;                  ///< from start to end
  double cpu_seconds = 0;              ///< of all threads
  std::uint64_t peak_rss_bytes = 0;    ///< largest memory of the whole process
  std::uint64_t spilled_bytes = 0;     ///< written to staging files because memory was short
  bool resets_counted = false;         ///< ledger.counter_resets says how many there are
  bool resumed = false;                ///< work of an earlier process was used
  bool already_imported = false;       ///< the same job was done before: nothing was read; costs are of that time
  std::uint64_t exemplars = 0;         ///< of the samples that were taken
  std::string exemplars_file;          ///< where they are; empty when there are none
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
