// What the numbers of a time column mean: the unit where nobody said, and the guard against a wrong one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/column.h"
#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

/// How times are written: what a mapping's `unit` says.
struct TimeNotation {
  std::optional<TimeUnit> unit;  ///< absent: auto
  std::string format;            ///< "rfc3339" or a pattern of time_format.h; empty: a number, or recognized
};

/// Parse "s", "ms", "us", "ns", "auto", "rfc3339", or a pattern of strptime, which has a '%'.
/// @error kUsage  anything else.
Result<TimeNotation> parse_time_notation(std::string_view text);

/// Parse "earlier", "later" or "reject". @error kUsage  anything else.
Result<AmbiguousTime> parse_ambiguous_time(std::string_view text);

/// Parse a --timestamp-offset: seconds with up to three decimals ("1583020800", "-0.5"), or a duration ("8h", "-30m").
/// @return milliseconds. @error kUsage  anything else, or beyond 64 bits.
Result<std::int64_t> parse_time_offset(std::string_view text);

/// The times that real measurements can have; outside it a unit or an offset is wrong.
struct PlausibleTimes {
  static constexpr Timestamp kMin{631'152'000'000};  // 1990-01-01T00:00:00Z: before Prometheus's ancestors measured
  static constexpr Duration kFuture{365LL * 24 * 3600 * 1000};  // after now

  Timestamp min = kTimestampMin;  ///< inclusive
  Timestamp max = kTimestampMax;  ///< inclusive

  /// From kMin to kFuture after `now`.
  static PlausibleTimes until(Timestamp now);
};

struct TimeGuard {
  bool allow_implausible = false;
  Timestamp now;
};

struct TimeDecision {
  TimeUnit unit = TimeUnit::kMilliseconds;
  std::string reason;             ///< a sentence for people
  std::int64_t times_judged = 0;  ///< 0: every time was null, so nothing was learnt; ask again with the next batch
};

/// Decide the unit of a job's time column on its first batch, and stop a job whose unit is wrong.
/// @param rows  of `times`.
/// @error kData  more than half of the times are before 1990 or later than a year from now.
Result<TimeDecision> judge_times(const ColumnView& times, std::int64_t rows, const ColumnType& type,
                                 const TimestampMapping& mapping, const TimeGuard& guard);

}  // namespace promfill
