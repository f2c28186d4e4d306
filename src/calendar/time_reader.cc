// See time_reader.h.
#include "calendar/time_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "text/cell.h"

namespace promfill {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kDayMicros = 86'400 * kMicrosPerSecond;

/// Looked through for the hint, in this order, when times can't be read.
constexpr std::array<std::string_view, 16> kCommonFormats{
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M",    "%d.%m.%Y",    "%m/%d/%Y %H:%M:%S",    "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M",    "%d/%m/%Y",    "%Y/%m/%d %H:%M:%S",    "%Y/%m/%d %H:%M", "%Y%m%d",
    "%Y%m%d%H%M%S",      "%m/%d/%Y %I:%M %p", "%d %b %Y %T", "%d/%b/%Y:%H:%M:%S %z",
};

bool is_text(ColumnKind kind) { return kind == ColumnKind::kUtf8 || kind == ColumnKind::kDictionary; }
bool is_number(ColumnKind kind) {
  return kind == ColumnKind::kInt64 || kind == ColumnKind::kUint64 || kind == ColumnKind::kDouble;
}
bool is_pattern(const TimestampMapping& mapping) { return mapping.format.find('%') != std::string::npos; }

std::int64_t floor_divide(std::int64_t x, std::int64_t divisor) {
  return x / divisor - static_cast<std::int64_t>(x % divisor < 0);
}

/// Floored; what was lost stays visible, as in WrittenTime.
std::optional<std::int64_t> micros_of(std::int64_t steps, TimeUnit unit) {
  std::int64_t us = 0;
  switch (unit) {
    case TimeUnit::kSeconds:
      if (__builtin_mul_overflow(steps, kMicrosPerSecond, &us)) return std::nullopt;
      return us;
    case TimeUnit::kMilliseconds:
      if (__builtin_mul_overflow(steps, std::int64_t{1000}, &us)) return std::nullopt;
      return us;
    case TimeUnit::kMicroseconds:
      return steps;
    case TimeUnit::kNanoseconds:
      us = floor_divide(steps, 1000);
      return us + static_cast<std::int64_t>(steps % 1000 != 0 && us % 1000 == 0);
  }
  return std::nullopt;
}

std::string_view text_of(const ColumnView& column, std::int64_t row) {
  if (column.kind == ColumnKind::kUtf8) return column.text(row);
  const std::int32_t entry = column.codes()[row];
  const bool there = entry >= 0 && entry < column.dictionary_rows && column.dictionary->valid(entry);
  return there ? column.dictionary->text(entry) : std::string_view();
}

/// Of a text or a number, whose digits are taken for one: 20200301 is also a double where a column has nulls.
std::string cell_text(const ColumnView& column, std::int64_t row) {
  if (is_text(column.kind)) return std::string(text_of(column, row));
  if (column.kind == ColumnKind::kUint64) return std::to_string(column.uint64s()[row]);
  if (column.kind == ColumnKind::kDouble) {
    char text[512];  // of the largest double, written out
    return {text, std::to_chars(text, text + sizeof text, column.doubles()[row], std::chars_format::fixed).ptr};
  }
  return std::to_string(column.int64s()[row]);
}

std::string iso_date(std::int64_t us) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(floor_divide(us, kDayMicros)))};
  char text[32];
  const int bytes = std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {text, static_cast<std::size_t>(bytes)};
}

}  // namespace

ColumnView ReadTimes::view() const {
  ColumnView view;
  view.kind = ColumnKind::kTimestamp;
  view.unit = TimeUnit::kMicroseconds;
  view.values = us_.data();
  view.null_count = nulls_;
  if (nulls_ > 0) view.validity = validity_.data();
  return view;
}

bool TimeReader::is_needed(const TimestampMapping& mapping, const ColumnType& type) {
  if (is_text(type.kind) || !mapping.time_column.empty()) return true;
  if (is_number(type.kind)) return is_pattern(mapping);
  return type.kind == ColumnKind::kTimestamp && ((!type.zoned && !mapping.timezone.empty()) || is_pattern(mapping));
}

std::string_view TimeReader::check_time(const TimestampMapping& mapping, const ColumnType& type) {
  if (is_text(type.kind) || type.kind == ColumnKind::kTimestamp) return "";
  if (is_pattern(mapping) && is_number(type.kind)) return "";
  if (!mapping.time_column.empty()) {
    return "beside a column of times of day, the time column has dates: as text, or of a date type";
  }
  if (is_number(type.kind) && mapping.format.empty()) return "";
  return is_number(type.kind) ? "rfc3339 is for text; say of numbers which unit they have"
                              : "a time column is a timestamp, a number or a text; name another with --timestamp";
}

std::string_view TimeReader::check_time_of_day(const TimestampMapping& mapping, const ColumnType& type) {
  if (is_text(type.kind) || type.kind == ColumnKind::kDuration) return "";
  if (is_pattern(mapping) && is_number(type.kind)) return "";
  return "times of day are text, such as 12:30, or of a time type";
}

Result<TimeReader> TimeReader::create(const TimestampMapping& mapping, const ColumnType& type) {
  TimeReader reader;
  reader.mapping_ = mapping;
  reader.type_ = type;
  if (is_pattern(mapping)) {
    PROMFILL_TRY(reader.format_, TimeFormat::compile(mapping.format));
  }
  if (!mapping.timezone.empty()) {
    PROMFILL_TRY(reader.zone_, Zone::load(mapping.timezone));
  }
  return reader;
}

TimeReader::Instant TimeReader::to_instant(WrittenTime time) const {
  if (time.zoned) return {.us = time.us};
  const std::int64_t local_s = floor_divide(time.us, kMicrosPerSecond);
  const std::int64_t fraction_us = time.us - local_s * kMicrosPerSecond;
  const LocalMoments moments = zone_.moments(local_s);
  std::int64_t at_s = moments.earlier_s;
  if (moments.kind == LocalMoments::Kind::kNone) return {.us = 0, .trouble = TimeTrouble::kSkipped};
  if (moments.kind == LocalMoments::Kind::kTwo) {
    if (mapping_.ambiguous == AmbiguousTime::kReject) return {.us = 0, .trouble = TimeTrouble::kAmbiguous};
    if (mapping_.ambiguous == AmbiguousTime::kLater) at_s = moments.later_s;
  }
  Instant instant;
  if (__builtin_mul_overflow(at_s, kMicrosPerSecond, &instant.us) ||
      __builtin_add_overflow(instant.us, fraction_us, &instant.us)) {
    instant.trouble = TimeTrouble::kOverflow;
  }
  return instant;
}

/// A text that says a number of the mapping's unit.
TimeReader::Instant TimeReader::read_number(std::string_view text) const {
  const CellFormat format;
  ColumnView column;
  RowTime time;
  if (const auto integer = integer_of(text, format)) {
    column.kind = ColumnKind::kInt64;
    column.values = &*integer;
    time = time_of_row(column, 0, *mapping_.unit, 0);
  } else if (const auto number = number_of(text, format)) {
    column.kind = ColumnKind::kDouble;
    column.values = &*number;
    time = time_of_row(column, 0, *mapping_.unit, 0);
  } else {
    time.trouble = TimeTrouble::kUnreadable;
  }
  if (time.trouble != TimeTrouble::kNone) return {.us = 0, .trouble = time.trouble};
  const auto us = micros_of(time.time.ms, TimeUnit::kMilliseconds);
  if (!us) return {.us = 0, .trouble = TimeTrouble::kOverflow};
  return {.us = *us + static_cast<std::int64_t>(time.floored)};
}

TimeReader::Instant TimeReader::read_text(std::string_view text) const {
  const bool is_number = mapping_.unit.has_value() && mapping_.format.empty();
  std::optional<WrittenTime> time;
  if (is_number) {
    const Instant instant = read_number(text);
    if (instant.trouble != TimeTrouble::kUnreadable) return instant;
  } else {
    time = format_ ? format_->read(text) : read_iso_time(text);
    const bool may_be_local = mapping_.format.empty() || format_.has_value();
    if (time && (time->zoned || may_be_local)) return to_instant(*time);
  }
  return {.us = 0, .trouble = is_null(text, CellFormat()) ? TimeTrouble::kNull : TimeTrouble::kUnreadable};
}

/// A date and a time of day. Where both are texts they are read as one, with a blank between them.
TimeReader::Instant TimeReader::read_two(const ColumnView& dates, const ColumnView& clocks, std::int64_t row) const {
  const bool typed_date = dates.kind == ColumnKind::kTimestamp;
  WrittenTime date;
  if (typed_date) {
    const auto us = micros_of(dates.int64s()[row], dates.unit);
    if (!us) return {.us = 0, .trouble = TimeTrouble::kOverflow};
    date.us = *us;
  }
  if (clocks.kind != ColumnKind::kDuration) {
    const std::string clock = cell_text(clocks, row);
    if (is_null(clock, CellFormat())) return {.us = 0, .trouble = TimeTrouble::kNull};
    if (!typed_date) return read_text(cell_text(dates, row) + " " + clock);
    const auto both = read_iso_time(iso_date(date.us) + " " + clock);
    return both ? to_instant(*both) : Instant{.us = 0, .trouble = TimeTrouble::kUnreadable};
  }
  const auto clock_us = micros_of(clocks.int64s()[row], clocks.unit);
  if (!clock_us || *clock_us < 0 || *clock_us >= kDayMicros) return {.us = 0, .trouble = TimeTrouble::kUnreadable};
  if (!typed_date) {
    const std::string text = cell_text(dates, row);
    const auto read = format_ ? format_->read(text) : read_iso_time(text);
    if (!read) return {.us = 0, .trouble = is_null(text, CellFormat()) ? TimeTrouble::kNull : TimeTrouble::kUnreadable};
    date = *read;
  }
  if (__builtin_add_overflow(date.us, *clock_us, &date.us)) return {.us = 0, .trouble = TimeTrouble::kOverflow};
  return to_instant(date);
}

TimeReader::Instant TimeReader::read_row(const ColumnView& times, const ColumnView* time_of_day,
                                         std::int64_t row) const {
  if (!times.valid(row) || (time_of_day != nullptr && !time_of_day->valid(row))) {
    return {.us = 0, .trouble = TimeTrouble::kNull};
  }
  if (time_of_day != nullptr) return read_two(times, *time_of_day, row);
  if (times.kind != ColumnKind::kTimestamp) {
    return is_text(times.kind) ? read_text(text_of(times, row)) : read_text(cell_text(times, row));
  }
  const auto us = micros_of(times.int64s()[row], times.unit);
  return us ? to_instant({.us = *us, .zoned = type_.zoned}) : Instant{.us = 0, .trouble = TimeTrouble::kOverflow};
}

void TimeReader::read(const ColumnView& times, const ColumnView* time_of_day, std::size_t rows, ReadTimes& out) const {
  out.us_.resize(rows);
  out.validity_.assign((rows + 7) / 8, 0);
  out.bad_.clear();
  out.nulls_ = 0;
  // Rows of one moment stand together in tables of several hosts: a text is read once for a run of them.
  std::string_view last_text;
  Instant last;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = static_cast<std::int64_t>(i);
    Instant instant;
    if (is_text(times.kind) && time_of_day == nullptr && times.valid(row)) {
      const std::string_view text = text_of(times, row);
      if (i == 0 || text.empty() || text != last_text) last = read_text(text);
      last_text = text;
      instant = last;
    } else {
      instant = read_row(times, time_of_day, row);
    }
    out.us_[i] = instant.us;
    if (instant.trouble == TimeTrouble::kNone) {
      out.validity_[i / 8] = static_cast<std::uint8_t>(out.validity_[i / 8] | (1U << (i % 8)));
      continue;
    }
    ++out.nulls_;
    if (instant.trouble != TimeTrouble::kNull) out.bad_.push_back({static_cast<std::uint32_t>(i), instant.trouble});
  }
}

std::optional<std::int64_t> TimeReader::earliest_us(std::int64_t steps) const {
  const auto us = micros_of(steps, type_.unit);
  if (!us || type_.zoned) return us;
  const std::int64_t local_s = floor_divide(*us, kMicrosPerSecond);
  return zone_.moments(local_s).earlier_s * kMicrosPerSecond + (*us - local_s * kMicrosPerSecond);
}

std::optional<std::int64_t> TimeReader::latest_us(std::int64_t steps) const {
  const auto us = micros_of(steps, type_.unit);
  if (!us || type_.zoned) return us;
  const std::int64_t local_s = floor_divide(*us, kMicrosPerSecond);
  return zone_.moments(local_s).later_s * kMicrosPerSecond + (*us - local_s * kMicrosPerSecond);
}

std::string TimeReader::description() const {
  std::string text = "times of '" + mapping_.column + "'";
  if (!mapping_.time_column.empty()) text += " and '" + mapping_.time_column + "'";
  text += " are ";
  if (!mapping_.format.empty()) {
    text += "read as " + mapping_.format;
  } else if (mapping_.unit) {
    text += "numbers of " + std::string(to_string(*mapping_.unit));
  } else {
    text += "read as dates and times";
  }
  return text + (mapping_.timezone.empty() ? "; where they name no time zone, as UTC"
                                           : "; where they name no time zone, in " + mapping_.timezone);
}

Result<TimeDecision> TimeReader::judge(const ColumnView& times, const ColumnView* time_of_day, std::int64_t rows,
                                       const TimeGuard& guard) const {
  ReadTimes read;
  this->read(times, time_of_day, static_cast<std::size_t>(rows), read);
  const auto unreadable = [](const ReadTimes::Bad& bad) { return bad.why == TimeTrouble::kUnreadable; };
  const auto count = std::count_if(read.bad().begin(), read.bad().end(), unreadable);
  const std::int64_t there = rows - read.view().null_count + static_cast<std::int64_t>(read.bad().size());
  if (2 * count > there) {
    const std::int64_t row = std::find_if(read.bad().begin(), read.bad().end(), unreadable)->row;
    std::string text = times.kind == ColumnKind::kTimestamp
                           ? iso_date(micros_of(times.int64s()[row], times.unit).value_or(0))
                           : cell_text(times, row);
    if (time_of_day != nullptr && time_of_day->kind != ColumnKind::kDuration)
      text += " " + cell_text(*time_of_day, row);
    std::string hint = "say how they are written: --timestamp '" + mapping_.column + ":%d.%m.%Y %H:%M:%S'";
    for (const std::string_view common : kCommonFormats) {
      if (!TimeFormat::compile(common)->read(text)) continue;
      hint = "they may be written like this: --timestamp '" + mapping_.column + ":" + std::string(common) + "'";
      break;
    }
    if (number_of(text, CellFormat()))
      hint += "; if they are numbers since 1970: --timestamp " + mapping_.column + ":s";
    return Error{
        ErrorCode::kData,
        "time column '" + mapping_.column + "': most of the first rows can't be read (the first is '" + text + "')", "",
        std::move(hint)};
  }
  ColumnType instants = type_;
  instants.kind = ColumnKind::kTimestamp;
  instants.unit = TimeUnit::kMicroseconds;
  PROMFILL_TRY(TimeDecision decision, judge_times(read.view(), rows, instants, mapping_, guard));
  decision.reason = description();
  return decision;
}

}  // namespace promfill
