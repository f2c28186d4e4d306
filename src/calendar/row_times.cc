#include "calendar/row_times.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "promfill/result.h"

namespace promfill {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;
constexpr double kTwoTo63 = 9223372036854775808.0;

/// Steps of `unit` in a millisecond; seconds are handled apart.
constexpr std::int64_t steps_per_ms(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMicroseconds:
      return 1'000;
    case TimeUnit::kNanoseconds:
      return 1'000'000;
    default:
      return 1;
  }
}

template <std::int64_t kDivisor>
constexpr std::int64_t floor_divide(std::int64_t x) {
  return x / kDivisor - static_cast<std::int64_t>(x % kDivisor < 0);
}

RowTime add_offset(std::int64_t ms, std::int64_t offset_ms, bool floored) {
  RowTime result{.time = {}, .trouble = TimeTrouble::kNone, .floored = floored};
  if (__builtin_add_overflow(ms, offset_ms, &result.time.ms)) result.trouble = TimeTrouble::kOverflow;
  return result;
}

RowTime time_of_integer(std::int64_t value, TimeUnit unit, std::int64_t offset_ms) {
  std::int64_t ms = value;
  switch (unit) {
    case TimeUnit::kSeconds:
      if (__builtin_mul_overflow(value, kMsPerSecond, &ms)) return {.time = {}, .trouble = TimeTrouble::kOverflow};
      return add_offset(ms, offset_ms, false);
    case TimeUnit::kMilliseconds:
      return add_offset(ms, offset_ms, false);
    case TimeUnit::kMicroseconds:
      ms = floor_divide<steps_per_ms(TimeUnit::kMicroseconds)>(value);
      return add_offset(ms, offset_ms, value % steps_per_ms(TimeUnit::kMicroseconds) != 0);
    case TimeUnit::kNanoseconds:
      ms = floor_divide<steps_per_ms(TimeUnit::kNanoseconds)>(value);
      return add_offset(ms, offset_ms, value % steps_per_ms(TimeUnit::kNanoseconds) != 0);
  }
  return {.time = {}, .trouble = TimeTrouble::kOverflow};
}

/// A time as big as that overflows anyway, in every unit but the finest, where it is centuries ahead.
RowTime time_of_unsigned(std::uint64_t value, TimeUnit unit, std::int64_t offset_ms) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return {.time = {}, .trouble = TimeTrouble::kOverflow};
  }
  return time_of_integer(static_cast<std::int64_t>(value), unit, offset_ms);
}

RowTime time_of_double(double value, TimeUnit unit, std::int64_t offset_ms) {
  if (!std::isfinite(value)) return {.time = {}, .trouble = TimeTrouble::kNotFinite};
  const double exact = unit == TimeUnit::kSeconds ? value * static_cast<double>(kMsPerSecond)
                                                  : value / static_cast<double>(steps_per_ms(unit));
  const double nearest = std::nearbyint(exact);
  const bool whole = std::abs(exact - nearest) <= std::abs(exact) * 2 * std::numeric_limits<double>::epsilon();
  const double ms = whole ? nearest : std::floor(exact);
  if (!(ms >= -kTwoTo63 && ms < kTwoTo63)) return {.time = {}, .trouble = TimeTrouble::kOverflow};
  return add_offset(static_cast<std::int64_t>(ms), offset_ms, !whole);
}

std::int64_t add_wrapped(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// Extremes of the raw numbers, and rows that lost something. Conversion is monotonic, so whether any row overflows,
/// and the extremes of the times, follow from the extremes of the numbers.
struct RawSummary {
  std::int64_t min = std::numeric_limits<std::int64_t>::max();
  std::int64_t max = std::numeric_limits<std::int64_t>::min();
  std::uint64_t floored = 0;
};

template <typename Convert>
RawSummary convert_integers(const std::int64_t* values, std::span<std::int64_t> times_ms, Convert convert) {
  RawSummary raw;
  for (std::size_t i = 0; i < times_ms.size(); ++i) {
    const std::int64_t value = values[i];
    raw.min = std::min(raw.min, value);
    raw.max = std::max(raw.max, value);
    times_ms[i] = convert(value, raw);
  }
  return raw;
}

RawSummary convert_integers(const std::int64_t* values, TimeUnit unit, std::int64_t offset_ms,
                            std::span<std::int64_t> times_ms) {
  const auto divide = [&]<std::int64_t kSteps>() {
    return convert_integers(values, times_ms, [offset_ms](std::int64_t value, RawSummary& raw) {
      const std::int64_t ms = floor_divide<kSteps>(value);
      raw.floored += static_cast<std::uint64_t>(value % kSteps != 0);
      return add_wrapped(ms, offset_ms);
    });
  };
  switch (unit) {
    case TimeUnit::kSeconds:
      return convert_integers(values, times_ms, [offset_ms](std::int64_t value, RawSummary&) {
        const auto ms = static_cast<std::uint64_t>(value) * static_cast<std::uint64_t>(kMsPerSecond);
        return add_wrapped(static_cast<std::int64_t>(ms), offset_ms);
      });
    case TimeUnit::kMilliseconds:
      return convert_integers(values, times_ms,
                              [offset_ms](std::int64_t value, RawSummary&) { return add_wrapped(value, offset_ms); });
    case TimeUnit::kMicroseconds:
      return divide.template operator()<steps_per_ms(TimeUnit::kMicroseconds)>();
    case TimeUnit::kNanoseconds:
      return divide.template operator()<steps_per_ms(TimeUnit::kNanoseconds)>();
  }
  return {};
}

}  // namespace

RowTime time_of_row(const ColumnView& times, std::int64_t row, TimeUnit unit, std::int64_t offset_ms) {
  if (!times.valid(row)) return {.time = {}, .trouble = TimeTrouble::kNull};
  if (times.kind == ColumnKind::kDouble) return time_of_double(times.doubles()[row], unit, offset_ms);
  if (times.kind == ColumnKind::kUint64) return time_of_unsigned(times.uint64s()[row], unit, offset_ms);
  PROMFILL_ASSERT(times.kind == ColumnKind::kInt64 || times.kind == ColumnKind::kTimestamp);
  return time_of_integer(times.int64s()[row], times.kind == ColumnKind::kTimestamp ? times.unit : unit, offset_ms);
}

std::optional<TimesSummary> convert_times(const ColumnView& times, TimeUnit unit, std::int64_t offset_ms,
                                          std::span<std::int64_t> times_ms) {
  if (times.null_count > 0) return std::nullopt;
  TimesSummary summary;
  if (times_ms.empty()) return summary;
  if (times.kind == ColumnKind::kDouble) {
    for (std::size_t i = 0; i < times_ms.size(); ++i) {
      const RowTime row = time_of_double(times.doubles()[i], unit, offset_ms);
      if (row.trouble != TimeTrouble::kNone) return std::nullopt;
      summary.min = std::min(summary.min, row.time);
      summary.max = std::max(summary.max, row.time);
      summary.floored += static_cast<std::uint64_t>(row.floored);
      times_ms[i] = row.time.ms;
    }
    return summary;
  }
  PROMFILL_ASSERT(times.kind == ColumnKind::kInt64 || times.kind == ColumnKind::kUint64 ||
                  times.kind == ColumnKind::kTimestamp);
  const TimeUnit step = times.kind == ColumnKind::kTimestamp ? times.unit : unit;
  const RawSummary raw = convert_integers(times.int64s(), step, offset_ms, times_ms);
  if (times.kind == ColumnKind::kUint64 && raw.min < 0) return std::nullopt;  // beyond 2^63
  const RowTime min = time_of_integer(raw.min, step, offset_ms);
  const RowTime max = time_of_integer(raw.max, step, offset_ms);
  if (min.trouble != TimeTrouble::kNone || max.trouble != TimeTrouble::kNone) return std::nullopt;
  return TimesSummary{.min = min.time, .max = max.time, .floored = raw.floored};
}

}  // namespace promfill
