// See ledger.h.
#include "store/ledger.h"

namespace promfill {

bool Ledger::balances() const {
  std::uint64_t by_reason = 0;
  for (const auto& [reason, count] : rejected_by_reason) by_reason += count;
  return cells == nulls + rejected + filtered + out_of_window + observed + duplicates_merged + duplicates_conflicting +
                      written &&
         by_reason == rejected;
}

Ledger& Ledger::operator+=(const Ledger& other) {
  rows_read += other.rows_read;
  cells += other.cells;
  nulls += other.nulls;
  rejected += other.rejected;
  filtered += other.filtered;
  out_of_window += other.out_of_window;
  observed += other.observed;
  duplicates_merged += other.duplicates_merged;
  duplicates_conflicting += other.duplicates_conflicting;
  written += other.written;
  generated += other.generated;
  late_samples += other.late_samples;
  times_floored += other.times_floored;
  values_rounded += other.values_rounded;
  for (const auto& [reason, count] : other.rejected_by_reason) rejected_by_reason[reason] += count;
  return *this;
}

}  // namespace promfill
