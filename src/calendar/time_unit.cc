#include "calendar/time_unit.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "calendar/row_times.h"
#include "calendar/time_format.h"
#include "model/nearest_name.h"

namespace promfill {
namespace {

constexpr std::array kUnits{TimeUnit::kSeconds, TimeUnit::kMilliseconds, TimeUnit::kMicroseconds,
                            TimeUnit::kNanoseconds};
constexpr std::array<std::string_view, 6> kUnitWords{"s", "ms", "us", "ns", "auto", "rfc3339"};

/// Numbers below are taken for the unit: 1e11 s is the year 5138, 1e11 ms is 1973, and so on for each factor of 1000.
constexpr std::array<double, 3> kMagnitudes{1e11, 1e14, 1e17};

std::string_view long_name(TimeUnit unit) {
  constexpr std::array<std::string_view, 4> kNames{"seconds", "milliseconds", "microseconds", "nanoseconds"};
  return kNames[static_cast<std::size_t>(unit)];
}

/// |v| of the rows that have a finite time.
std::vector<double> magnitudes(const ColumnView& times, std::int64_t rows) {
  std::vector<double> result;
  result.reserve(static_cast<std::size_t>(rows));
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!times.valid(row)) continue;
    const double value = times.kind == ColumnKind::kDouble   ? times.doubles()[row]
                         : times.kind == ColumnKind::kUint64 ? static_cast<double>(times.uint64s()[row])
                                                             : static_cast<double>(times.int64s()[row]);
    if (std::isfinite(value)) result.push_back(std::abs(value));
  }
  return result;
}

TimeUnit unit_of_magnitude(double magnitude) {
  const auto at = std::upper_bound(kMagnitudes.begin(), kMagnitudes.end(), magnitude);
  return kUnits[static_cast<std::size_t>(at - kMagnitudes.begin())];
}

/// How many rows have a time at all, and how many one that `plausible` allows, if the numbers are `unit`.
struct PlausibleCount {
  std::int64_t times = 0;
  std::int64_t plausible = 0;
  std::optional<Timestamp> first;
};

PlausibleCount count_plausible(const ColumnView& times, std::int64_t rows, TimeUnit unit, std::int64_t offset_ms,
                               const PlausibleTimes& plausible) {
  PlausibleCount count;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!times.valid(row)) continue;
    const RowTime time = time_of_row(times, row, unit, offset_ms);
    if (time.trouble == TimeTrouble::kNotFinite) continue;
    ++count.times;
    if (time.trouble != TimeTrouble::kNone) continue;
    if (!count.first) count.first = time.time;
    if (time.time >= plausible.min && time.time <= plausible.max) ++count.plausible;
  }
  return count;
}

bool passes(const PlausibleCount& count) { return 2 * count.plausible >= count.times; }

Error implausible_times(const ColumnView& times, std::int64_t rows, TimeUnit unit, const TimestampMapping& mapping,
                        const PlausibleTimes& plausible, const PlausibleCount& found) {
  const std::string column = "time column '" + mapping.column + "'";
  std::string message = column + ": most times of the first rows lie before 1990 or more than a year ahead";
  if (found.first) {
    message += " (the first is " + to_string(*found.first);
    message += times.kind == ColumnKind::kTimestamp ? ")" : ", read as " + std::string(to_string(unit)) + ")";
  }
  std::string hint;
  if (times.kind != ColumnKind::kTimestamp) {
    for (const TimeUnit other : kUnits) {
      if (other == unit || !passes(count_plausible(times, rows, other, mapping.offset_ms, plausible))) continue;
      hint = "they look like " + std::string(long_name(other)) + ": use --timestamp " + mapping.column + ":" +
             std::string(to_string(other));
      break;
    }
  }
  if (hint.empty()) {
    hint =
        "if they count from another moment than 1970, give it with --timestamp-offset; if they are right, pass "
        "--allow-implausible-times";
  }
  return Error{ErrorCode::kData, std::move(message), "", std::move(hint)};
}

}  // namespace

Result<TimeNotation> parse_time_notation(std::string_view text) {
  for (const TimeUnit unit : kUnits) {
    if (text == to_string(unit)) return TimeNotation{.unit = unit, .format = {}};
  }
  if (text == "auto") return TimeNotation{};
  if (text == "rfc3339") return TimeNotation{.unit = {}, .format = "rfc3339"};
  if (text.find('%') != std::string_view::npos) {
    PROMFILL_TRY_STATUS(TimeFormat::compile(text));
    return TimeNotation{.unit = {}, .format = std::string(text)};
  }
  return Error{ErrorCode::kUsage, "unknown time unit '" + std::string(text) + "'", "",
               did_you_mean(text, kUnitWords) +
                   "units are s, ms, us, ns, auto, rfc3339, or a pattern such as %Y-%m-%d %H:%M:%S"};
}

Result<AmbiguousTime> parse_ambiguous_time(std::string_view text) {
  if (text == "reject") return AmbiguousTime::kReject;
  if (text == "earlier") return AmbiguousTime::kEarlier;
  if (text == "later") return AmbiguousTime::kLater;
  return Error{ErrorCode::kUsage, "unknown word '" + std::string(text) + "' for times that come twice", "",
               "earlier, later or reject"};
}

Result<std::int64_t> parse_time_offset(std::string_view text) {
  const Error error{ErrorCode::kUsage, "time offset '" + std::string(text) + "' can't be read", "",
                    "give seconds such as 1583020800 or -0.5 (whole milliseconds), or a duration such as 8h or -30m"};
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty()) return error;

  std::int64_t ms = 0;
  if (rest.find_first_not_of("0123456789.") == std::string_view::npos) {
    const std::size_t point = std::min(rest.find('.'), rest.size());
    std::string digits(rest.substr(0, point));
    std::string_view decimals = rest.substr(std::min(point + 1, rest.size()));
    while (decimals.size() > 3 && decimals.ends_with('0')) decimals.remove_suffix(1);
    if (digits.empty() || decimals.size() > 3 || (point < rest.size() && decimals.empty())) return error;
    digits.append(decimals).append(3 - decimals.size(), '0');
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), ms);
    if (code != std::errc() || end != digits.data() + digits.size()) return error;
  } else {
    auto duration = parse_duration(rest, true);
    if (!duration) return error;
    ms = duration->ms;
  }
  return negative ? -ms : ms;
}

PlausibleTimes PlausibleTimes::until(Timestamp now) {
  std::int64_t max = 0;
  if (__builtin_add_overflow(now.ms, kFuture.ms, &max)) max = kTimestampMax.ms;
  return {.min = kMin, .max = {max}};
}

Result<TimeDecision> judge_times(const ColumnView& times, std::int64_t rows, const ColumnType& type,
                                 const TimestampMapping& mapping, const TimeGuard& guard) {
  TimeDecision decision;
  const std::string column = "times of '" + mapping.column + "' are ";
  if (times.kind == ColumnKind::kTimestamp) {
    decision.unit = times.unit;
    decision.reason = column + std::string(long_name(times.unit)) + ", as its type says (" + type.source_type + ")";
    if (!type.zoned) decision.reason += "; it has no time zone, so it is read as UTC";
  } else if (mapping.unit) {
    decision.unit = *mapping.unit;
    decision.reason = column + std::string(long_name(*mapping.unit)) + ", as the mapping says";
  } else {
    std::vector<double> sizes = magnitudes(times, rows);
    if (sizes.empty()) {
      decision.reason = column + "not known yet: the first rows have none";
      return decision;
    }
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::nth_element(sizes.begin(), middle, sizes.end());
    decision.unit = unit_of_magnitude(*middle);
    char shown[32];
    const auto end = std::to_chars(shown, shown + sizeof shown, *middle).ptr;
    decision.reason = column + std::string(long_name(decision.unit)) + ", judged by their magnitude (the median is " +
                      std::string(shown, end) + ")";
  }
  if (!mapping.timezone.empty()) {  // a column that it matters to has a TimeReader
    decision.reason += "; they are moments, so the time zone " + mapping.timezone + " changes nothing";
  }
  const PlausibleTimes plausible = PlausibleTimes::until(guard.now);
  const PlausibleCount count = count_plausible(times, rows, decision.unit, mapping.offset_ms, plausible);
  decision.times_judged = count.times;
  if (!guard.allow_implausible && !passes(count)) {
    return implausible_times(times, rows, decision.unit, mapping, plausible, count);
  }
  return decision;
}

}  // namespace promfill
