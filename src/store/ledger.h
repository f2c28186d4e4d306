// What the ledger (promfill/report.h) is added up from: tallies of windows, and rejects one by one.
#pragma once

#include <cstdint>
#include <string>

#include "promfill/report.h"

namespace promfill {

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
  std::uint64_t generated = 0;  ///< of `samples`: zero starts and stale markers
  std::uint64_t counter_resets = 0;

  WindowTally& operator+=(const WindowTally& other) {
    samples += other.samples;
    generated += other.generated;
    counter_resets += other.counter_resets;
    duplicates.merged += other.duplicates.merged;
    duplicates.conflicting += other.duplicates.conflicting;
    late_samples += other.late_samples;
    return *this;
  }
  friend bool operator==(const WindowTally&, const WindowTally&) = default;
};

/// Add what became of the samples that were offered. Completed ones (judged.generated) are no cells: what was merged
/// with others is taken from them in proportion, which is exact where whole rows come twice.
void add_windows(const WindowTally& tally, Ledger& ledger);

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
