#include "text/cell.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <system_error>

#include "text/plain_number.h"

namespace promfill {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `text` as from_chars takes it: without a plus, with a point, without marks between thousands. Nothing where it isn't
/// spelled as `format` says. `buffer` holds it where it had to be changed.
std::optional<std::string_view> plain_number(std::string_view text, const CellFormat& format, std::string& buffer) {
  text = trimmed(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  if (format.decimal == '.' && !format.thousands) return text;
  buffer.clear();
  std::size_t digits = 0;  // since the beginning or the last mark
  bool has_marks = false;
  bool in_fraction = false;
  for (const char c : text) {
    if (format.thousands && c == *format.thousands && !in_fraction) {
      if (digits == 0 || digits > 3 || (has_marks && digits != 3)) return std::nullopt;
      has_marks = true;
      digits = 0;
    } else if (c == format.decimal) {
      if (has_marks && digits != 3) return std::nullopt;
      buffer += '.';
      in_fraction = true;
    } else {
      if (c == '.') return std::nullopt;  // the mark of another format
      if (!is_digit(c) && c != '-' && !in_fraction) {
        if (has_marks && digits != 3) return std::nullopt;
        in_fraction = true;  // an exponent, or letters
      }
      digits += is_digit(c) ? 1 : 0;
      buffer += c;
    }
  }
  if (has_marks && !in_fraction && digits != 3) return std::nullopt;
  return buffer;
}

template <typename Number>
std::optional<Number> whole_text(std::string_view text) {
  Number number{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Beyond what a double holds: from_chars says only that, strtod's answer is what everybody else reads.
std::optional<double> out_of_range(std::string_view text) {
  const std::string owned(text);
  char* end = nullptr;
  const double value = std::strtod(owned.c_str(), &end);
  if (end != owned.c_str() + owned.size()) return std::nullopt;
  return value;
}

/// Takes digits and marks from the front of a text.
class TimeText {
 public:
  explicit TimeText(std::string_view text) : rest_(text) {}

  /// `count` digits as a number.
  bool number(int count, int& out) {
    if (rest_.size() < static_cast<std::size_t>(count)) return false;
    out = 0;
    for (int i = 0; i < count; ++i) {
      const char c = rest_[static_cast<std::size_t>(i)];
      if (!is_digit(c)) return false;
      out = out * 10 + (c - '0');
    }
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return true;
  }
  bool mark(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool at_digit() const { return !rest_.empty() && is_digit(rest_.front()); }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// After the point of seconds.
std::optional<std::int64_t> micros_of_fraction(TimeText& text) {
  std::int64_t us = 0;
  int digits = 0;
  bool finer = false;
  for (; text.at_digit(); ++digits) {
    int digit = 0;
    text.number(1, digit);
    if (digits < 6) us = us * 10 + digit;
    if (digits >= 6) finer |= digit != 0;
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 6; ++digits) us *= 10;
  if (finer && us % 1000 == 0) ++us;
  return us;
}

std::optional<std::int64_t> clock_micros(TimeText& text) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t us = 0;
  if (!text.number(2, hour) || !text.mark(':') || !text.number(2, minute)) return std::nullopt;
  if (text.mark(':')) {
    if (!text.number(2, second)) return std::nullopt;
    if (text.mark('.') || text.mark(',')) {
      const auto fraction = micros_of_fraction(text);
      if (!fraction) return std::nullopt;
      us = *fraction;
    }
  }
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;  // 60: a leap second, the next minute's first
  return ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + us;
}

/// Nothing, Z, UTC, or ±HH[[:]MM]: seconds east of UTC.
std::optional<int> zone_seconds(TimeText& text, bool& zoned) {
  text.mark(' ');
  zoned = !text.at_end();
  if (!zoned) return 0;
  if (text.mark('Z') || text.mark('z')) return text.at_end() ? std::optional(0) : std::nullopt;
  if (text.mark('U')) return text.mark('T') && text.mark('C') && text.at_end() ? std::optional(0) : std::nullopt;
  const bool west = text.mark('-');
  if (!west && !text.mark('+')) return std::nullopt;
  int hours = 0;
  int minutes = 0;
  if (!text.number(2, hours)) return std::nullopt;
  text.mark(':');
  if (!text.at_end() && !text.number(2, minutes)) return std::nullopt;
  if (!text.at_end() || hours > 23 || minutes > 59) return std::nullopt;
  return (west ? -1 : 1) * (hours * 60 + minutes) * 60;
}

}  // namespace

std::vector<std::string> CellFormat::default_nulls() {
  return {"", "NA", "N/A", "n/a", "#N/A", "NULL", "Null", "null", "None", "none", "nil", "\\N", "-"};
}

bool CellFormat::takes_plain_numbers() const {
  double value = 0;
  return decimal == '.' && !thousands &&
         std::none_of(nulls.begin(), nulls.end(), [&](const std::string& null) { return plain_decimal(null, value); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_null(std::string_view text, const CellFormat& format) {
  text = trimmed(text);
  return std::ranges::any_of(format.nulls, [&](const std::string& spelling) { return text == spelling; });
}

std::optional<std::int64_t> integer_of(std::string_view text, const CellFormat& format) {
  std::string buffer;
  const auto plain = plain_number(text, format, buffer);
  return plain ? whole_text<std::int64_t>(*plain) : std::nullopt;
}

std::optional<double> number_of(std::string_view text, const CellFormat& format) {
  std::string buffer;
  const auto plain = plain_number(text, format, buffer);
  if (!plain || plain->empty()) return std::nullopt;
  double number = 0;
  const auto [end, code] = std::from_chars(plain->data(), plain->data() + plain->size(), number);
  if (end != plain->data() + plain->size()) return std::nullopt;
  if (code == std::errc::result_out_of_range) return out_of_range(*plain);
  return code == std::errc() && plain->back() != ')' ? std::optional(number) : std::nullopt;  // not nan(chars)
}

std::optional<bool> truth_of(std::string_view text) {
  text = trimmed(text);
  for (const std::string_view word : {"true", "True", "TRUE"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"false", "False", "FALSE"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

std::optional<CellTime> time_of(std::string_view text) {
  TimeText rest(trimmed(text));
  int year = 0;
  int month = 0;
  int day = 0;
  if (!rest.number(4, year)) return std::nullopt;
  const char between = rest.mark('/') ? '/' : '-';
  if (between == '-' && !rest.mark('-')) return std::nullopt;
  if (!rest.number(2, month) || !rest.mark(between) || !rest.number(2, day)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  CellTime time{days * 86'400 * kMicrosPerSecond};
  if (rest.at_end()) return time;
  if (!rest.mark('T') && !rest.mark('t') && !rest.mark(' ')) return std::nullopt;
  const auto clock = clock_micros(rest);
  if (!clock) return std::nullopt;
  const auto zone = zone_seconds(rest, time.zoned);
  if (!zone) return std::nullopt;
  time.us += *clock - *zone * kMicrosPerSecond;
  return time;
}

}  // namespace promfill
