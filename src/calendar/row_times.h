// Times of rows: numbers of a column to whole milliseconds, checked.
//
// Finer times are floored (also before 1970) and said to be. A double is taken for the decimal that was written: a
// value within two ulps of a whole millisecond is that millisecond (1.001 s is 1001 ms, although no double is), others
// are floored.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "model/column.h"
#include "promfill/time.h"

namespace promfill {

enum class TimeTrouble : std::uint8_t {
  kNone,
  kNull,
  kNotFinite,   ///< NaN or infinite
  kOverflow,    ///< beyond 64-bit milliseconds
  kUnreadable,  ///< a text that is no time
  kAmbiguous,   ///< a local time that comes twice
  kSkipped,     ///< a local time that does not exist
};

struct RowTime {
  Timestamp time;
  TimeTrouble trouble = TimeTrouble::kNone;
  bool floored = false;
};

/// Time of one row of a column of integers, doubles or timestamps.
/// @param unit  of a number; a timestamp column's own unit counts instead.
[[nodiscard]] RowTime time_of_row(const ColumnView& times, std::int64_t row, TimeUnit unit, std::int64_t offset_ms);

struct TimesSummary {
  Timestamp min = kTimestampMax;  ///< of the rows; beyond max where there are none
  Timestamp max = kTimestampMin;
  std::uint64_t floored = 0;  ///< rows
};

/// Convert all rows in one tight loop.
/// @param times_ms  one place for each row.
/// @return nothing when some row has no time (then the content of `times_ms` is of no use): go on with time_of_row.
[[nodiscard]] std::optional<TimesSummary> convert_times(const ColumnView& times, TimeUnit unit, std::int64_t offset_ms,
                                                        std::span<std::int64_t> times_ms);

}  // namespace promfill
