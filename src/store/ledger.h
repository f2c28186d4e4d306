// The ledger: what became of every value that was offered. Promise 1 in numbers; definitions in docs/glossary.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace promfill {

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

/// What became of values that were resolved because others have their time: together with the samples that remain they
/// are all that went in.
struct DuplicateTally {
  std::uint64_t merged = 0;       ///< same time and bits as another
  std::uint64_t conflicting = 0;  ///< lost to, or folded into, another value of its time
  friend bool operator==(const DuplicateTally&, const DuplicateTally&) = default;
};

/// The share of one window in the ledger: what is counted after rows were judged.
struct WindowTally {
  std::uint64_t samples = 0;  ///< written
  DuplicateTally duplicates;
  std::uint64_t late_samples = 0;

  WindowTally& operator+=(const WindowTally& other) {
    samples += other.samples;
    duplicates.merged += other.duplicates.merged;
    duplicates.conflicting += other.duplicates.conflicting;
    late_samples += other.late_samples;
    return *this;
  }
  friend bool operator==(const WindowTally&, const WindowTally&) = default;
};

/// One cell or row that could not be used, as it goes to the rejects file.
struct Reject {
  std::string source;       ///< file
  std::int64_t row = 0;     ///< counted from 1
  std::string column;       ///< that made it unusable
  std::string reason;       ///< "null_timestamp", "implausible_timestamp", "invalid_utf8", "label_value_too_long", …
  std::string value;        ///< the offending text, as far as it can be shown
  std::uint64_t cells = 0;  ///< how many cells were lost with it
  std::string record;  ///< the mapped columns of the row as a JSON object, so that it can be mended and offered again
  std::string hint{};  ///< the way out, where there is another one than to mend the row
};

}  // namespace promfill
