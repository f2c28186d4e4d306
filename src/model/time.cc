// Durations and moments as text, both ways. No locale, no floating point: what is written is what is read.
//
// Durations are those of Prometheus (common/model/time.go): a year is 365 d, a week 7 d, a day 24 h, and nothing is
// longer than 2⁶³ − 1 ns. Moments are RFC 3339 in the proleptic Gregorian calendar, years 0 to 9999.
#include "promfill/time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <system_error>

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

constexpr std::uint64_t kSecondMs = 1000;
constexpr std::uint64_t kMinuteMs = 60 * kSecondMs;
constexpr std::uint64_t kHourMs = 60 * kMinuteMs;
constexpr std::uint64_t kDayMs = 24 * kHourMs;
constexpr std::uint64_t kDurationMsMax = std::numeric_limits<std::int64_t>::max() / 1'000'000;

struct DurationUnit {
  std::string_view name;
  std::uint64_t ms;
  bool only_alone;  ///< printed only where nothing smaller remains: 90d reads better than 12w6d
};

constexpr std::array<DurationUnit, 7> kDurationUnits{{
    {"y", 365 * kDayMs, true},
    {"w", 7 * kDayMs, true},
    {"d", kDayMs, false},
    {"h", kHourMs, false},
    {"m", kMinuteMs, false},
    {"s", kSecondMs, false},
    {"ms", 1, false},
}};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Take the characters from the front of `text` for which `belongs` holds.
template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate belongs) {
  const auto end = std::ranges::find_if_not(text, belongs);
  const auto size = static_cast<std::size_t>(end - text.begin());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

/// Digits only; nothing where there are none, or too many for 64 bits.
std::optional<std::uint64_t> to_number(std::string_view digits) {
  std::uint64_t x = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), x);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return x;
}

Error duration_error(std::string_view text, std::string_view problem) {
  return {.code = ErrorCode::kUsage,
          .message = "\"" + std::string(text) + "\" " + std::string(problem),
          .hint = "write numbers with the units y w d h m s ms, largest first, such as 2h or 1h30m"};
}

Error timestamp_error(std::string_view text, std::string_view problem) {
  return {.code = ErrorCode::kUsage,
          .message = "\"" + std::string(text) + "\" " + std::string(problem),
          .hint =
              "write 2020-03-01T00:00:00Z, 2020-03-01, milliseconds since 1970 (1583020800000) or seconds with a "
              "point (1583020800.0)"};
}

/// ±(whole · 1000 + thousandths), floored when digits beyond the thousandths are lost; nothing on overflow.
std::optional<std::int64_t> to_milliseconds(bool negative, std::uint64_t whole_seconds, std::string_view fraction) {
  std::uint64_t thousandths = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    thousandths = thousandths * 10 + (i < fraction.size() ? static_cast<std::uint64_t>(fraction[i] - '0') : 0);
  }
  const bool lossy = fraction.size() > 3 && fraction.find_first_not_of('0', 3) != std::string_view::npos;
  if (negative && lossy) ++thousandths;
  std::uint64_t ms = 0;
  if (__builtin_mul_overflow(whole_seconds, kSecondMs, &ms) || __builtin_add_overflow(ms, thousandths, &ms)) {
    return std::nullopt;
  }
  const std::uint64_t ms_max = static_cast<std::uint64_t>(kTimestampMax.ms) + (negative ? 1 : 0);
  if (ms > ms_max) return std::nullopt;
  return static_cast<std::int64_t>(negative ? ~ms + 1 : ms);
}

/// [+-]digits[.digits]
Result<Timestamp> parse_number(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.front() == '-';
  if (negative || rest.front() == '+') rest.remove_prefix(1);
  const std::string_view whole = take_while(rest, is_digit);
  const bool point = rest.starts_with('.');
  if (point) rest.remove_prefix(1);
  const std::string_view fraction = take_while(rest, is_digit);
  if (whole.empty() || (point && fraction.empty()) || !rest.empty()) return timestamp_error(text, "is not a time");

  const std::optional<std::uint64_t> number = to_number(whole);
  std::optional<std::int64_t> ms;
  if (number && point) ms = to_milliseconds(negative, *number, fraction);
  if (number && !point) {
    const std::uint64_t magnitude_max = static_cast<std::uint64_t>(kTimestampMax.ms) + (negative ? 1 : 0);
    if (*number <= magnitude_max) ms = static_cast<std::int64_t>(negative ? ~*number + 1 : *number);
  }
  if (!ms) return timestamp_error(text, "is out of range");
  return Timestamp{*ms};
}

/// Takes an RFC 3339 text apart, front to back. After the first piece that doesn't fit, ok() is false.
class DateTimeScanner {
 public:
  explicit DateTimeScanner(std::string_view text) : rest_(text) {}

  /// Exactly `width` digits, at most `max`.
  unsigned digits(std::size_t width, unsigned max) {
    const std::string_view piece = rest_.substr(0, width);
    const bool fits = piece.size() == width && std::ranges::all_of(piece, is_digit);
    const auto x = fits ? static_cast<unsigned>(to_number(piece).value_or(0)) : 0;
    ok_ = ok_ && fits && x <= max;
    rest_.remove_prefix(piece.size());
    return x;
  }
  /// One character out of `allowed`.
  char one_of(std::string_view allowed) {
    const char c = rest_.empty() ? '\0' : rest_.front();
    ok_ = ok_ && !rest_.empty() && allowed.find(c) != std::string_view::npos;
    if (!rest_.empty()) rest_.remove_prefix(1);
    return c;
  }
  /// The digits after a point, if there is one.
  std::string_view fraction() {
    if (!rest_.starts_with('.')) return {};
    rest_.remove_prefix(1);
    const std::string_view taken = take_while(rest_, is_digit);
    ok_ = ok_ && !taken.empty();
    return taken;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

/// Milliseconds from the start of the day to the time after the "T", its offset from UTC taken off.
std::int64_t scan_time_of_day(DateTimeScanner& scanner) {
  const unsigned hour = scanner.digits(2, 23);
  scanner.one_of(":");
  const unsigned minute = scanner.digits(2, 59);
  scanner.one_of(":");
  const unsigned second = scanner.digits(2, 59);
  const std::string_view fraction = scanner.fraction();
  const std::int64_t ms = to_milliseconds(false, hour * 3600U + minute * 60U + second, fraction).value_or(0);
  const char zone = scanner.one_of("Zz+-");
  if (zone != '+' && zone != '-') return ms;
  const unsigned offset_hours = scanner.digits(2, 23);
  scanner.one_of(":");
  const unsigned offset_minutes = scanner.digits(2, 59);
  const auto offset_ms = static_cast<std::int64_t>(offset_hours * kHourMs + offset_minutes * kMinuteMs);
  return zone == '+' ? ms - offset_ms : ms + offset_ms;
}

Result<Timestamp> parse_date_time(std::string_view text) {
  DateTimeScanner scanner(text);
  const std::chrono::year year(static_cast<int>(scanner.digits(4, 9999)));
  scanner.one_of("-");
  const std::chrono::month month(scanner.digits(2, 12));
  scanner.one_of("-");
  const std::chrono::day day(scanner.digits(2, 31));
  const std::chrono::year_month_day date = year / month / day;
  std::int64_t time_of_day_ms = 0;
  if (!scanner.at_end()) {
    scanner.one_of("Tt ");
    time_of_day_ms = scan_time_of_day(scanner);
  }
  if (!scanner.ok() || !scanner.at_end()) return timestamp_error(text, "is not a time");
  if (!date.ok()) return timestamp_error(text, "is a day that the calendar does not have");
  const std::chrono::milliseconds midnight = std::chrono::sys_days(date).time_since_epoch();
  return Timestamp{midnight.count() + time_of_day_ms};
}

void append_padded(std::string& text, std::uint64_t x, std::size_t width) {
  const std::string digits = std::to_string(x);
  text.append(width - std::min(width, digits.size()), '0').append(digits);
}

}  // namespace

std::string_view to_string(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return "s";
    case TimeUnit::kMilliseconds:
      return "ms";
    case TimeUnit::kMicroseconds:
      return "us";
    case TimeUnit::kNanoseconds:
      return "ns";
  }
  return "unknown";
}

Result<Duration> parse_duration(std::string_view text, bool allow_zero) {
  if (text.empty()) return duration_error(text, "is not a duration");
  std::uint64_t total_ms = 0;
  std::string_view rest = text == "0" ? std::string_view() : text;  // the one number that needs no unit
  auto larger_units = kDurationUnits.begin();
  while (!rest.empty()) {
    const std::string_view digits = take_while(rest, is_digit);
    const std::string_view name = take_while(rest, [](char c) { return !is_digit(c); });
    const auto unit =
        std::find_if(larger_units, kDurationUnits.end(), [&](const DurationUnit& u) { return u.name == name; });
    if (digits.empty() || unit == kDurationUnits.end()) return duration_error(text, "is not a duration");
    larger_units = unit + 1;
    const std::optional<std::uint64_t> count = to_number(digits);
    if (!count || *count > kDurationMsMax / unit->ms) return duration_error(text, "is longer than 292 years");
    total_ms += *count * unit->ms;
    if (total_ms > kDurationMsMax) return duration_error(text, "is longer than 292 years");
  }
  if (total_ms == 0 && !allow_zero) return duration_error(text, "is no time at all");
  return Duration{static_cast<std::int64_t>(total_ms)};
}

std::string to_string(Duration duration) {
  if (duration.ms == 0) return "0s";
  std::string text = duration.ms < 0 ? "-" : "";
  std::uint64_t ms = static_cast<std::uint64_t>(duration.ms);
  if (duration.ms < 0) ms = ~ms + 1;
  for (const DurationUnit& unit : kDurationUnits) {
    if (ms < unit.ms || (unit.only_alone && ms % unit.ms != 0)) continue;
    text.append(std::to_string(ms / unit.ms)).append(unit.name);
    ms %= unit.ms;
  }
  return text;
}

Result<Timestamp> parse_timestamp(std::string_view text) {
  if (text.empty()) return timestamp_error(text, "is not a time");
  // A sign can only stand before a number, so a later "-" means a date.
  const bool date = text.find('-', 1) != std::string_view::npos;
  return date ? parse_date_time(text) : parse_number(text);
}

std::string to_string(Timestamp time) {
  using std::chrono::days;
  using std::chrono::milliseconds;
  constexpr std::chrono::sys_days kFirstDay = std::chrono::year(0) / 1 / 1;
  constexpr std::chrono::sys_days kDayAfterLast = std::chrono::year(10000) / 1 / 1;
  const std::chrono::sys_time<milliseconds> instant{milliseconds(time.ms)};
  if (instant < kFirstDay || instant >= kDayAfterLast) return std::to_string(time.ms);

  const std::chrono::sys_days midnight = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date(midnight);
  const auto ms = static_cast<std::uint64_t>((instant - midnight).count());
  std::string text;
  append_padded(text, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  append_padded(text += '-', static_cast<unsigned>(date.month()), 2);
  append_padded(text += '-', static_cast<unsigned>(date.day()), 2);
  append_padded(text += 'T', ms / kHourMs, 2);
  append_padded(text += ':', ms / kMinuteMs % 60, 2);
  append_padded(text += ':', ms / kSecondMs % 60, 2);
  append_padded(text += '.', ms % kSecondMs, 3);
  return text += 'Z';
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
