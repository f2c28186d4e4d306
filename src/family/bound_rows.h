// Classic histograms whose rows have one bucket each: the buckets of one series and time held against each other, as
// far as they stand in one batch.
//
//   row  host  le    value          row 1 counts less than row 0, though its bound is larger: both are troubled, and
//   0    a     0.1   5              row 2 with them
//   1    a     1     3
//   2    a     +Inf  9
#pragma once

#include <cstdint>
#include <vector>

#include "family/family_rows.h"

namespace promfill {

/// A bucket's value, by what makes a histogram of several: their entity without the bound, and their time.
struct BoundCell {
  std::uint64_t entity = 0;
  std::int64_t time_ms = 0;
  double bound = 0;
  double value = 0;
  std::uint32_t row = 0;
};

/// The rows of histograms in which a bucket counts less than one below it, or two of the same bound count differently.
/// @param cells  are sorted in place; finite and positive values only matter, others are told elsewhere.
/// @return rising by row; their cells are not counted, and the series is the first.
[[nodiscard]] std::vector<TroubledRow> check_bound_rows(std::vector<BoundCell>& cells);

}  // namespace promfill
