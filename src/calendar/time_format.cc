// See time_format.h.
#include "calendar/time_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "text/cell.h"

namespace promfill {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kDays{"sunday",   "monday", "tuesday", "wednesday",
                                                "thursday", "friday", "saturday"};
constexpr std::size_t kShortName = 3;
constexpr std::string_view kWords = "YymdejbBhaAHIpMSfszZnt%";

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

/// The single words that a word is short for; the word itself where it is none.
std::string spelled_out(char word) {
  switch (word) {
    case 'F':
      return "%Y-%m-%d";
    case 'D':
      return "%m/%d/%y";
    case 'T':
      return "%H:%M:%S";
    case 'R':
      return "%H:%M";
    case 'e':
      return "%d";
    case 'h':
    case 'B':
      return "%b";
    case 'A':
      return "%a";
    case 'n':
    case 't':
      return " ";
    default:
      return std::string("%") + word;
  }
}

/// What the words of a text say.
struct Fields {
  int year = 0;
  int month = 1;
  int day = 1;
  int day_of_year = 0;  // 0: it is month and day
  int hour = 0;
  bool of_twelve = false;
  bool afternoon = false;
  int minute = 0;
  int second = 0;
  std::int64_t fraction_us = 0;
  bool has_epoch = false;
  bool has_zone = false;
  std::int64_t epoch_s = 0;
  std::int64_t zone_s = 0;
};

/// Takes words from the front of a text.
class Reading {
 public:
  explicit Reading(std::string_view text) : rest_(trimmed(text)) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] const Fields& fields() const { return fields_; }

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  bool mark(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool word(char word) {
    switch (word) {
      case 'Y':
        return number(4, 0, 9999, fields_.year, 4);
      case 'y':
        if (!number(2, 0, 99, fields_.year)) return false;
        fields_.year += fields_.year < 69 ? 2000 : 1900;
        return true;
      case 'm':
        return number(2, 1, 12, fields_.month);
      case 'd':
        return blank_number(31, fields_.day);
      case 'j':
        return number(3, 1, 366, fields_.day_of_year);
      case 'b':
        return name(kMonths, fields_.month);
      case 'a': {
        int day = 0;
        return name(kDays, day);
      }
      case 'H':
        return blank_number(23, fields_.hour);
      case 'I':
        fields_.of_twelve = true;
        return blank_number(12, fields_.hour) && fields_.hour > 0;
      case 'p':
        return half_of_day();
      case 'M':
        return number(2, 0, 59, fields_.minute);
      case 'S':
        return number(2, 0, 60, fields_.second);  // 60: a leap second, the next minute's first
      case 'f':
        return fraction();
      case 's':
        return epoch();
      case 'z':
        return zone();
      case 'Z':
        return zone_name();
      default:
        return mark('%');
    }
  }

 private:
  bool number(std::size_t digits_max, int min, int max, int& out, std::size_t digits_min = 1) {
    std::size_t digits = 0;
    out = 0;
    for (; digits < digits_max && digits < rest_.size() && is_digit(rest_[digits]); ++digits) {
      out = out * 10 + (rest_[digits] - '0');
    }
    rest_.remove_prefix(digits);
    return digits >= digits_min && out >= min && out <= max;
  }
  /// Padded with a blank, maybe.
  bool blank_number(int max, int& out) {
    skip_blanks();
    return number(2, 0, max, out);
  }

  template <std::size_t kCount>
  bool name(const std::array<std::string_view, kCount>& names, int& out) {
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::string_view full = names[i];
      for (const std::string_view form : {full, full.substr(0, kShortName)}) {
        if (!starts_with_word(rest_, form)) continue;
        rest_.remove_prefix(form.size());
        out = static_cast<int>(i) + 1;
        return true;
      }
    }
    return false;
  }

  bool half_of_day() {
    for (const std::string_view form : {"am", "pm", "a.m.", "p.m."}) {
      if (!starts_with_word(rest_, form)) continue;
      fields_.afternoon = form.front() == 'p';
      rest_.remove_prefix(form.size());
      return true;
    }
    return false;
  }

  bool fraction() {
    std::size_t digits = 0;
    bool finer = false;
    std::int64_t us = 0;
    for (; digits < 9 && digits < rest_.size() && is_digit(rest_[digits]); ++digits) {
      if (digits < 6) us = us * 10 + (rest_[digits] - '0');
      if (digits >= 6) finer |= rest_[digits] != '0';
    }
    if (digits == 0) return false;
    for (std::size_t missing = digits; missing < 6; ++missing) us *= 10;
    rest_.remove_prefix(digits);
    fields_.fraction_us = us + static_cast<std::int64_t>(finer && us % 1000 == 0);
    return true;
  }

  bool epoch() {
    std::int64_t seconds = 0;
    const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), seconds);
    constexpr std::int64_t kMax = std::int64_t{1} << 43;  // whose microseconds fit
    if (code != std::errc() || seconds > kMax || seconds < -kMax) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    fields_.has_epoch = true;
    fields_.epoch_s = seconds;
    return true;
  }

  bool zone() {
    if (mark('Z') || mark('z')) {
      fields_.has_zone = true;
      return true;
    }
    const bool west = mark('-');
    if (!west && !mark('+')) return false;
    int hours = 0;
    int minutes = 0;
    if (rest_.size() < 2 || !number(2, 0, 23, hours)) return false;
    if (mark(':') || (!rest_.empty() && is_digit(rest_.front()))) {
      if (rest_.size() < 2 || !number(2, 0, 59, minutes)) return false;
    }
    fields_.has_zone = true;
    fields_.zone_s = (west ? -60 : 60) * (hours * 60 + minutes);
    return true;
  }

  bool zone_name() {
    for (const std::string_view form : {"utc", "gmt", "z"}) {
      if (!starts_with_word(rest_, form)) continue;
      rest_.remove_prefix(form.size());
      fields_.has_zone = true;
      return true;
    }
    return false;
  }

  std::string_view rest_;
  Fields fields_;
};

std::optional<WrittenTime> moment_of(const Fields& fields) {
  WrittenTime time{.us = fields.fraction_us, .zoned = true};
  if (fields.has_epoch) {
    time.us += fields.epoch_s * kMicrosPerSecond;
    return time;
  }
  using namespace std::chrono;
  sys_days date = sys_days(year(fields.year) / January / 1);
  if (fields.day_of_year > 0) {
    date += days(fields.day_of_year - 1);
    if (year_month_day(date).year() != year(fields.year)) return std::nullopt;
  } else {
    const auto written = year(fields.year) / month(static_cast<unsigned>(fields.month)) /
                         std::chrono::day(static_cast<unsigned>(fields.day));
    if (!written.ok()) return std::nullopt;
    date = sys_days(written);
  }
  const int hour = fields.of_twelve ? fields.hour % 12 + (fields.afternoon ? 12 : 0) : fields.hour;
  const std::int64_t clock_s = (hour * 60 + fields.minute) * 60 + fields.second;
  time.zoned = fields.has_zone;
  const std::int64_t day_s = std::int64_t{date.time_since_epoch().count()} * 86'400;
  time.us += (day_s + clock_s - fields.zone_s) * kMicrosPerSecond;
  return time;
}

Error refused(std::string_view pattern, std::string message, std::string hint) {
  return {ErrorCode::kUsage, "time format '" + std::string(pattern) + "' " + std::move(message), "", std::move(hint)};
}

/// What the words together must say, and none of them twice.
Status check_words(std::string_view pattern, std::string_view words) {
  for (const char word : words) {
    if (word != '%' && word != 'a' && std::count(words.begin(), words.end(), word) > 1) {
      return refused(pattern, std::string("has %") + word + " twice, or a word that is short for it",
                     "keep one of them");
    }
  }
  const auto has = [words](char word) { return words.find(word) != std::string_view::npos; };
  if (!has('s') && (!(has('Y') || has('y')) || !((has('m') || has('b')) && has('d')) == !has('j'))) {
    return refused(pattern, "does not tell the day", "it needs a year, a month and a day, such as %Y-%m-%d");
  }
  if ((has('Y') && has('y')) || (has('m') && has('b')) || (has('H') && has('I')) || (has('z') && has('Z'))) {
    return refused(pattern, "says the same in two words",
                   "keep one of %Y and %y, of %m and %b, of %H and %I, of %z and %Z");
  }
  if (has('I') != has('p')) return refused(pattern, "needs %I and %p together", "use %H for hours from 0 to 23");
  if (has('f') && !has('S') && !has('s')) return refused(pattern, "has a fraction of no second", "put %S. before %f");
  return {};
}

}  // namespace

Result<TimeFormat> TimeFormat::compile(std::string_view pattern) {
  TimeFormat format;
  std::string words;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      format.pattern_ += pattern[i];
      continue;
    }
    if (++i == pattern.size()) return refused(pattern, "ends with a single %", "write %% for the character itself");
    const std::string spelled = spelled_out(pattern[i]);
    format.pattern_ += spelled;
    for (std::size_t at = spelled.find('%'); at != std::string::npos; at = spelled.find('%', at + 2)) {
      const char word = spelled[at + 1];
      if (kWords.find(word) == std::string_view::npos) {
        return refused(pattern, std::string("has the unknown word %") + word,
                       "words are %Y %y %m %b %d %j %H %I %p %M %S %f %s %z %Z %a %F %T %R %D and %%");
      }
      words += word;
    }
  }
  PROMFILL_TRY_STATUS(check_words(pattern, words));
  return format;
}

std::optional<WrittenTime> TimeFormat::read(std::string_view text) const {
  Reading reading(text);
  for (std::size_t i = 0; i < pattern_.size(); ++i) {
    const char c = pattern_[i];
    if (is_blank(c)) {
      reading.skip_blanks();
    } else if (c == '%') {
      if (!reading.word(pattern_[++i])) return std::nullopt;
    } else if (!reading.mark(c)) {
      return std::nullopt;
    }
  }
  reading.skip_blanks();
  if (!reading.at_end()) return std::nullopt;
  return moment_of(reading.fields());
}

std::optional<WrittenTime> read_iso_time(std::string_view text) {
  const std::optional<CellTime> time = time_of(text);
  if (!time) return std::nullopt;
  return WrittenTime{.us = time->us, .zoned = time->zoned};
}

}  // namespace promfill
