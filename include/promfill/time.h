// Time as Prometheus has it: whole milliseconds since 1970-01-01T00:00:00Z, negative before.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "promfill/result.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// A moment.
struct Timestamp {
  std::int64_t ms = 0;  ///< since 1970-01-01T00:00:00Z; may be negative
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

inline constexpr Timestamp kTimestampMin{std::numeric_limits<std::int64_t>::min()};
inline constexpr Timestamp kTimestampMax{std::numeric_limits<std::int64_t>::max()};

/// Times that a block can hold: around them is room for any window and chunk range (block durations are at most 100
/// years) without leaving 64 bits.
inline constexpr Timestamp kStorableMin{std::numeric_limits<std::int64_t>::min() + (std::int64_t{1} << 43)};
inline constexpr Timestamp kStorableMax{std::numeric_limits<std::int64_t>::max() - (std::int64_t{1} << 43)};

/// A length of time in whole milliseconds.
struct Duration {
  std::int64_t ms = 0;  ///< may be negative

  constexpr Duration() = default;
  /// Of whole milliseconds.
  constexpr explicit Duration(std::int64_t whole_ms) : ms(whole_ms) {}
  /// 24h * 15, or any other length; what is finer than a millisecond is floored.
  template <typename Rep, typename Period>
  constexpr Duration(std::chrono::duration<Rep, Period> length)  // NOLINT(google-explicit-constructor)
      : ms(std::chrono::floor<std::chrono::milliseconds>(length).count()) {}
  friend auto operator<=>(const Duration&, const Duration&) = default;
};

/// Half open, [min, max): blocks and windows. Chunks are closed, [mint, maxt], as in the format.
struct TimeRange {
  Timestamp min;  ///< the first moment
  Timestamp max;  ///< behind the last
  /// Whether min <= t < max.
  [[nodiscard]] bool contains(Timestamp t) const { return t >= min && t < max; }
  /// Whether some moment lies in both.
  [[nodiscard]] bool overlaps(const TimeRange& other) const { return min < other.max && other.min < max; }
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

/// What one step of a numeric time column means.
enum class TimeUnit : std::uint8_t {
  kSeconds,
  kMilliseconds,
  kMicroseconds,
  kNanoseconds,
  // As schemas spell them.
  seconds = kSeconds,
  milliseconds = kMilliseconds,
  microseconds = kMicroseconds,
  nanoseconds = kNanoseconds,
};

/// "s", "ms", "us" or "ns".
std::string_view to_string(TimeUnit unit);

/// Parse "2h", "15d", "1h30m", "250ms", as Prometheus's model.ParseDuration (units ms s m h d w y, in falling order).
/// @error kUsage  anything else, zero or negative results included where `allow_zero` is false.
Result<Duration> parse_duration(std::string_view text, bool allow_zero = false);

/// As Prometheus prints it: 7200000 ms is "2h", 5400000 ms "1h30m", 90 d "90d"; years and weeks only where nothing is
/// left.
std::string to_string(Duration duration);

/// Parse a moment: RFC 3339 ("2020-03-01T00:00:00Z", "2020-03-01T01:00:00.5+01:00", or a date alone), or whole
/// milliseconds since the epoch as promtool takes them ("1583020800000"), or seconds with a point ("1583020800.0").
/// @error kUsage  anything else.
Result<Timestamp> parse_timestamp(std::string_view text);

/// "2020-03-01T00:00:00.000Z"; years outside 0…9999 as milliseconds.
std::string to_string(Timestamp time);

}  // namespace PROMFILL_ABI
}  // namespace promfill
