// Floats that say when their counting began, or where their series ends, as records: out of a column of values and the
// columns beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "distribution/native_columns.h"
#include "model/column.h"

namespace promfill {

/// Positions in batches.
struct StartedColumns {
  std::size_t value = 0;
  std::optional<std::size_t> start{};
  std::optional<std::size_t> stale{};  ///< true: the series ends here, whatever the value is
};

struct StartedValueRules {
  bool nan_is_null = false;
  bool inexact_is_bad = false;  ///< whole numbers that no double holds; else they are rounded
  Timestamp start_min = kTimestampMin;
};

struct StartedValues {
  MadeRecords cells;
  std::uint64_t rounded = 0;  ///< values that no double holds exactly
};

/// @param batch  the value's column is of numbers, the start's of times or numbers.
/// @param times_ms  of the rows; a start must not lie behind. A start of 0 is none.
StartedValues read_started_values(const StartedColumns& columns, const ColumnBatch& batch,
                                  std::span<const std::int64_t> times_ms, const TimeReading& times,
                                  const StartedValueRules& rules);

}  // namespace promfill
