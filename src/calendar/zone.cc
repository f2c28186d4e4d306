// See zone.h. Names: "header" and "block" are those of RFC 9636, section 3; the rule's grammar is POSIX.1-2024, 8.3,
// TZ.
#include "calendar/zone.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "encoding/byte_reader.h"
#include "file/file_system.h"
#include "model/nearest_name.h"

namespace promfill {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;
/// After so many years the Gregorian calendar comes again, days of the week included.
constexpr std::int64_t kCycleYears = 400;
constexpr std::int64_t kCycleSeconds = 146'097 * kDaySeconds;
constexpr std::uint64_t kTzifBytesMax = 1 << 20;  // real ones have a few KiB
constexpr std::uint64_t kNamesBytesMax = 4 << 20;
constexpr std::int64_t kOffsetMax = 25 * 3600;  // RFC 9636 wants offsets below 26 hours

/// A day of every year on which clocks change, and their time then.
struct RuleDay {
  enum class Form : std::uint8_t { kMonthWeekDay, kJulian, kZeroBased };
  Form form = Form::kMonthWeekDay;
  int month = 0;
  int week = 0;  // 5: the last
  int day = 0;   // of the week, 0 is Sunday; or of the year
  std::int64_t time_s = 2 * 3600;

  /// Seconds since 1970 of that time's clock.
  [[nodiscard]] std::int64_t in(int year) const {
    using namespace std::chrono;
    const sys_days new_year = sys_days(std::chrono::year(year) / January / 1);
    sys_days date = new_year;
    if (form == Form::kMonthWeekDay) {
      const auto in_month = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month));
      const weekday wanted(static_cast<unsigned>(day));
      date = week == 5 ? sys_days(in_month / wanted[last]) : sys_days(in_month / wanted[static_cast<unsigned>(week)]);
    } else {
      // Julian days, 1 to 365, have no 29th of February.
      const bool after_leap_day = form == Form::kJulian && day >= 60 && std::chrono::year(year).is_leap();
      date += days(form == Form::kJulian ? day - 1 + static_cast<int>(after_leap_day) : day);
    }
    return date.time_since_epoch().count() * kDaySeconds + time_s;
  }
};

/// The rule for times to come.
struct Rule {
  struct Summer {
    std::int64_t offset_s = 0;
    RuleDay begin;
    RuleDay end;
  };
  std::int64_t offset_s = 0;
  std::optional<Summer> summer;
};

/// Takes a rule from the front of a text: "CET-1CEST,M3.5.0,M10.5.0/3".
class RuleText {
 public:
  explicit RuleText(std::string_view text) : rest_(text) {}

  std::optional<Rule> rule() {
    Rule rule;
    if (!name() || !offset(rule.offset_s)) return std::nullopt;
    rule.offset_s = -rule.offset_s;  // POSIX counts to the west
    if (rest_.empty()) return rule;
    Rule::Summer summer{.offset_s = rule.offset_s + 3600, .begin = {}, .end = {}};
    if (!name()) return std::nullopt;
    if (!rest_.starts_with(',')) {
      if (!offset(summer.offset_s)) return std::nullopt;
      summer.offset_s = -summer.offset_s;
    }
    if (!day(summer.begin) || !day(summer.end) || !rest_.empty()) return std::nullopt;
    rule.summer = summer;
    return rule;
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  /// Three letters or more, or anything in angle brackets.
  bool name() {
    if (rest_.starts_with('<')) {
      const std::size_t end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 1);
      return true;
    }
    const auto letters = std::find_if_not(rest_.begin(), rest_.end(), is_letter) - rest_.begin();
    rest_.remove_prefix(static_cast<std::size_t>(letters));
    return letters >= 3;
  }

  bool number(int max, int& out) {
    std::size_t digits = 0;
    for (out = 0; digits < 3 && digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      out = out * 10 + (rest_[digits] - '0');
    }
    rest_.remove_prefix(digits);
    return digits > 0 && out <= max;
  }

  /// [+-]h[h[h]][:mm[:ss]]: also times, which reach from -167 to 167 hours.
  bool offset(std::int64_t& out) {
    const bool negative = take('-');
    if (!negative) take('+');
    std::array<int, 3> parts{};
    if (!number(167, parts[0])) return false;
    for (std::size_t i = 1; i < parts.size() && take(':'); ++i) {
      if (!number(59, parts[i])) return false;
    }
    out = (parts[0] * 60 + parts[1]) * 60 + parts[2];
    if (negative) out = -out;
    return true;
  }

  bool day(RuleDay& out) {
    if (!take(',')) return false;
    if (take('M')) {
      if (!number(12, out.month) || !take('.') || !number(5, out.week) || !take('.') || !number(6, out.day))
        return false;
      if (out.month == 0 || out.week == 0) return false;
    } else {
      out.form = take('J') ? RuleDay::Form::kJulian : RuleDay::Form::kZeroBased;
      if (!number(365, out.day) || (out.form == RuleDay::Form::kJulian && out.day == 0)) return false;
    }
    return !take('/') || offset(out.time_s);
  }

  std::string_view rest_;
};

Error unknown_zone(std::string_view name, std::string hint) {
  return {ErrorCode::kUsage, "unknown time zone '" + std::string(name) + "'", "",
          std::move(hint) + "zones are UTC, offsets such as +02:00, and names such as Europe/Berlin"};
}

/// Names of the database's own list, where it has one: lines "Z NAME …" and "L TARGET NAME".
std::vector<std::string> names_of(const std::string& database) {
  std::vector<std::string> names;
  const auto list = read_file(real_file_system(), database + "/tzdata.zi", kNamesBytesMax);
  if (!list) return names;
  std::string_view rest = as_text(*list);
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.starts_with("Z ")) {
      line.remove_prefix(2);
      names.emplace_back(line.substr(0, line.find(' ')));
    } else if (line.starts_with("L ")) {
      names.emplace_back(line.substr(line.rfind(' ') + 1));
    }
  }
  return names;
}

/// "+02:00", "-0330", "+05".
std::optional<std::int64_t> offset_of(std::string_view text) {
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const bool west = text.starts_with('-');
  std::string digits(text.substr(1));
  if (digits.size() == 5 && digits[2] == ':') digits.erase(2, 1);
  if (digits.size() == 2) digits += "00";
  if (digits.size() != 4 || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const int hours = (digits[0] - '0') * 10 + (digits[1] - '0');
  const int minutes = (digits[2] - '0') * 10 + (digits[3] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (west ? -60 : 60) * (hours * 60 + minutes);
}

/// What a file of the database can be called: no way out of its directory.
bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+' || c == '/';
  };
  return !name.empty() && name.front() != '/' && name.back() != '/' && std::all_of(name.begin(), name.end(), fits);
}

}  // namespace

/// The second block of a file, whose numbers have 64 bits, and its footer.
class TzifReader {
 public:
  explicit TzifReader(ByteView bytes) : in_(bytes) {}

  std::optional<Zone> zone() {
    Header header;
    if (!read_header(header) || header.version < '2') return std::nullopt;  // version 1 ends in 2038
    in_.raw(header.block_bytes(4));
    if (!read_header(header) || header.types == 0) return std::nullopt;
    if (!read_block(header)) return std::nullopt;
    const ByteView footer = in_.raw(in_.remaining());
    std::string_view text = as_text(footer);
    if (text.size() < 2 || text.front() != '\n' || text.back() != '\n') return std::nullopt;
    text = text.substr(1, text.size() - 2);
    if (!text.empty()) {
      const std::optional<Rule> rule = RuleText(text).rule();
      if (!rule) return std::nullopt;
      add_rule(*rule);
    }
    return std::move(zone_);
  }

 private:
  struct Header {
    std::uint8_t version = 0;
    std::size_t ut_marks = 0;
    std::size_t standard_marks = 0;
    std::size_t leaps = 0;
    std::size_t times = 0;
    std::size_t types = 0;
    std::size_t name_bytes = 0;

    [[nodiscard]] std::size_t block_bytes(std::size_t time_bytes) const {
      return times * (time_bytes + 1) + types * 6 + name_bytes + leaps * (time_bytes + 4) + standard_marks + ut_marks;
    }
  };

  bool read_header(Header& header) {
    constexpr std::size_t kReservedBytes = 15;
    if (in_.be32() != 0x545A6966) return false;  // "TZif"
    header.version = in_.u8();
    in_.raw(kReservedBytes);
    for (std::size_t* count :
         {&header.ut_marks, &header.standard_marks, &header.leaps, &header.times, &header.types, &header.name_bytes}) {
      *count = in_.be32();
    }
    return in_.ok();
  }

  bool read_block(const Header& header) {
    if (header.block_bytes(8) > in_.remaining()) return false;
    std::vector<std::int64_t> times(header.times);
    for (std::int64_t& time : times) time = static_cast<std::int64_t>(in_.be64());
    const ByteView type_of = in_.raw(header.times);
    std::vector<std::int64_t> offsets(header.types);
    for (std::int64_t& offset : offsets) {
      offset = static_cast<std::int32_t>(in_.be32());
      in_.raw(2);  // whether it is summer time, and its name
      if (offset < -kOffsetMax || offset > kOffsetMax) return false;
    }
    in_.raw(header.name_bytes + header.leaps * 12 + header.standard_marks + header.ut_marks);
    zone_.first_offset_s_ = offsets.front();
    std::int64_t before = offsets.front();
    for (std::size_t i = 0; i < times.size(); ++i) {
      const std::size_t type = type_of[i];
      if (type >= offsets.size() || (i > 0 && times[i] <= times[i - 1])) return false;
      add(times[i], before, offsets[type]);
      before = offsets[type];
    }
    return in_.ok();
  }

  void add(std::int64_t at_s, std::int64_t before_s, std::int64_t after_s) {
    // Old files begin with a transition at the beginning of time. Nobody's clock showed it.
    constexpr std::int64_t kFirst = -kCycleSeconds * 40;
    if (before_s != after_s && at_s > kFirst && at_s < -kFirst) zone_.transitions_.push_back({at_s, before_s, after_s});
  }

  void add_rule(const Rule& rule) {
    std::vector<Zone::Transition>& transitions = zone_.transitions_;
    const std::int64_t last = transitions.empty() ? std::int64_t{0} : transitions.back().at_s;
    if (!rule.summer) return;
    using namespace std::chrono;
    const year_month_day date(sys_days(days(last / kDaySeconds)));
    const int from = static_cast<int>(date.year());
    std::int64_t before = transitions.empty() ? zone_.first_offset_s_ : transitions.back().after_s;
    for (int year = from; year <= from + static_cast<int>(kCycleYears) + 1; ++year) {
      std::array<std::pair<std::int64_t, std::int64_t>, 2> changes{
          {{rule.summer->begin.in(year)-rule.offset_s, rule.summer->offset_s},
           {rule.summer->end.in(year)-rule.summer->offset_s, rule.offset_s}}};
      std::sort(changes.begin(), changes.end());
      for (const auto& [at, after] : changes) {
        if (at <= last) continue;
        add(at, before, after);
        before = after;
      }
    }
    zone_.repeats_ = true;
  }

  ByteReader in_;
  Zone zone_;
};

Zone Zone::fixed(std::int64_t offset_s) {
  Zone zone;
  zone.first_offset_s_ = offset_s;
  return zone;
}

Result<Zone> Zone::parse(ByteView tzif, const std::string& name) {
  if (auto zone = TzifReader(tzif).zone()) return *std::move(zone);
  return Error{ErrorCode::kCorrupt, "not a TZif file of version 2 or later", name, "install tzdata anew"};
}

Result<Zone> Zone::load(std::string_view name, const std::string& database) {
  if (name == "UTC" || name == "Z") return fixed(0);
  if (const auto offset = offset_of(name)) return fixed(*offset);
  if (!is_name(name)) return unknown_zone(name, "");
  const std::string path = database + "/" + std::string(name);
  auto bytes = read_file(real_file_system(), path, kTzifBytesMax);
  if (bytes) return parse(*bytes, path);
  if (!exists(real_file_system(), database)) {
    return unknown_zone(name, "the time zone database is missing in " + database + ": install the package tzdata; ");
  }
  const std::vector<std::string> names = names_of(database);
  const std::vector<std::string_view> views(names.begin(), names.end());
  return unknown_zone(name, did_you_mean(name, views));
}

LocalMoments Zone::moments(std::int64_t local_s) const {
  const auto one = [](std::int64_t at) { return LocalMoments{LocalMoments::Kind::kOne, at, at}; };
  if (transitions_.empty()) return one(local_s - first_offset_s_);
  if (repeats_ && local_s >= transitions_.back().local_begin()) {
    const std::int64_t cycles = (local_s - transitions_.back().local_begin()) / kCycleSeconds + 1;
    LocalMoments moved = moments(local_s - cycles * kCycleSeconds);
    moved.earlier_s += cycles * kCycleSeconds;
    moved.later_s += cycles * kCycleSeconds;
    return moved;
  }
  const auto next = std::partition_point(transitions_.begin(), transitions_.end(),
                                         [local_s](const Transition& t) { return t.local_end() <= local_s; });
  if (next == transitions_.end()) return one(local_s - transitions_.back().after_s);
  if (local_s < next->local_begin()) return one(local_s - next->before_s);
  const auto kind = next->after_s > next->before_s ? LocalMoments::Kind::kNone : LocalMoments::Kind::kTwo;
  const auto [less, more] = std::minmax(next->before_s, next->after_s);
  return {kind, local_s - more, local_s - less};
}

}  // namespace promfill
