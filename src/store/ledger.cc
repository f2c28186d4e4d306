// See ledger.h.
#include "store/ledger.h"

#include <algorithm>
#include <cmath>

namespace promfill {

void add_windows(const WindowTally& tally, Ledger& ledger) {
  const DuplicateTally& duplicates = tally.duplicates;
  const std::uint64_t samples = tally.samples - tally.generated;
  const std::uint64_t offered = samples + duplicates.merged + duplicates.conflicting;
  const std::uint64_t completed = std::min(ledger.generated, offered);  // while windows are still to be written
  const auto share = [&](std::uint64_t count) {
    const double part = offered == 0 ? 0 : static_cast<double>(completed) / static_cast<double>(offered);
    return std::min(count, static_cast<std::uint64_t>(std::llround(part * static_cast<double>(count))));
  };
  const std::uint64_t merged = share(duplicates.merged);
  const std::uint64_t conflicting = std::min(share(duplicates.conflicting), completed - std::min(completed, merged));
  const std::uint64_t left = completed - std::min(completed, merged + conflicting);
  ledger.generated = std::min(left, samples) + tally.generated;
  ledger.duplicates_merged += duplicates.merged - merged;
  ledger.duplicates_conflicting += duplicates.conflicting - conflicting;
  ledger.late_samples += tally.late_samples;
  ledger.counter_resets += tally.counter_resets;
  ledger.written = tally.samples - ledger.generated;
}

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
  counter_resets += other.counter_resets;
  times_floored += other.times_floored;
  values_rounded += other.values_rounded;
  for (const auto& [reason, count] : other.rejected_by_reason) rejected_by_reason[reason] += count;
  return *this;
}

}  // namespace promfill
