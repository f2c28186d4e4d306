// Goal: texts and local times become the instants that people mean, or are told apart from nulls with the reason.
// Method: tables of single rows in every kind of column, and a job's first rows that nobody could have meant.
#include "calendar/time_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "file/file_system.h"
#include "model/column_fixture.h"

namespace promfill {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kT = 1'583'020'800 * kSecond;  // 2020-03-01T00:00:00Z
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kDays = 18'322;  // of kT since 1970
constexpr TimeGuard kGuard{false, {1'700'000'000'000}};

TimestampMapping mapping_of(std::string format = "", std::string timezone = "", std::string time_column = "") {
  TimestampMapping mapping;
  mapping.column = "when";
  mapping.format = std::move(format);
  mapping.timezone = std::move(timezone);
  mapping.time_column = std::move(time_column);
  return mapping;
}

struct Column {
  ColumnKind kind = ColumnKind::kUtf8;
  std::vector<Cell> cells;
  TimeUnit unit = TimeUnit::kMilliseconds;
};

struct Table {
  ColumnBatch batch;
  ColumnType type;

  explicit Table(Column times, std::optional<Column> clocks = std::nullopt) {
    std::vector<FixtureColumn> columns{{"when", times.kind, times.cells, times.unit, /*zoned=*/false}};
    if (clocks) columns.push_back({"clock", clocks->kind, clocks->cells, clocks->unit});
    const FixtureTable table(columns);
    std::vector<ColumnRequest> requests;
    for (std::size_t i = 0; i < columns.size(); ++i) requests.push_back({i});
    batch = table.batch(requests, 0, table.rows(), 3);
    type = table.schema()[0].type;
  }
  [[nodiscard]] const ColumnView* clocks() const { return batch.columns.size() > 1 ? &batch.columns[1] : nullptr; }
  [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(batch.rows); }
};

TimeReader reader_of(const TimestampMapping& mapping, const Table& table) {
  EXPECT_TRUE(TimeReader::is_needed(mapping, table.type));
  auto reader = TimeReader::create(mapping, table.type);
  EXPECT_TRUE(reader) << reader.error().text();
  return *std::move(reader);
}

ReadTimes read(const TimestampMapping& mapping, const Table& table) {
  ReadTimes times;
  reader_of(mapping, table).read(table.batch.columns[0], table.clocks(), table.rows(), times);
  return times;
}

/// The instant of the only row.
std::int64_t instant(const TimestampMapping& mapping, const Table& table) {
  const ReadTimes times = read(mapping, table);
  EXPECT_EQ(times.view().null_count, 0);
  EXPECT_TRUE(times.bad().empty());
  return times.view().int64s()[0];
}

TimeTrouble trouble(const TimestampMapping& mapping, const Table& table) {
  const ReadTimes times = read(mapping, table);
  EXPECT_EQ(times.view().null_count, 1);
  EXPECT_FALSE(times.view().valid(0));
  return times.bad().empty() ? TimeTrouble::kNull : times.bad()[0].why;
}

Table text(std::string cell, ColumnKind kind = ColumnKind::kUtf8) { return Table({kind, {Cell(std::move(cell))}}); }

TEST(TimeReader, ReadsTexts) {
  for (const ColumnKind kind : {ColumnKind::kUtf8, ColumnKind::kDictionary}) {
    EXPECT_EQ(instant(mapping_of(), text("2020-03-01", kind)), kT);
    EXPECT_EQ(instant(mapping_of(), text("2020-03-01T01:00:00+01:00", kind)), kT);
    EXPECT_EQ(instant(mapping_of("%d.%m.%Y %H:%M"), text("01.03.2020 01:00", kind)), kT + kHour);
    EXPECT_EQ(instant(mapping_of("rfc3339"), text("2020-03-01T00:00:00Z", kind)), kT);
  }
  EXPECT_EQ(trouble(mapping_of("rfc3339"), text("2020-03-01T00:00:00")), TimeTrouble::kUnreadable) << "has no zone";
  EXPECT_EQ(trouble(mapping_of(), text("01.03.2020")), TimeTrouble::kUnreadable);
  for (const std::string null : {"", "NA", "null"}) {
    EXPECT_EQ(trouble(mapping_of(), text(null)), TimeTrouble::kNull);
    EXPECT_EQ(trouble(mapping_of("%F"), text(null)), TimeTrouble::kNull);
  }
}

TEST(TimeReader, ReadsNumbersThatAreTexts) {
  TimestampMapping seconds = mapping_of();
  seconds.unit = TimeUnit::kSeconds;
  EXPECT_EQ(instant(seconds, text("1583020800")), kT);
  EXPECT_EQ(instant(seconds, text(" 1583020800.5 ")), kT + kSecond / 2);
  EXPECT_EQ(instant(seconds, text("1583020800.0005")), kT + 1) << "not a whole millisecond";
  EXPECT_EQ(trouble(seconds, text("2020-03-01")), TimeTrouble::kUnreadable);
  EXPECT_EQ(trouble(seconds, text("1e300")), TimeTrouble::kOverflow);
  EXPECT_EQ(trouble(seconds, text("NaN")), TimeTrouble::kNotFinite);
}

TEST(TimeReader, ReadsDigitsByAPattern) {
  const Table digits({ColumnKind::kInt64, {Cell(std::int64_t{20'200'301})}});
  EXPECT_EQ(instant(mapping_of("%Y%m%d"), digits), kT);
  EXPECT_EQ(instant(mapping_of("%Y%m%d"), Table({ColumnKind::kDouble, {Cell(20'200'301.0)}})), kT);
  EXPECT_EQ(trouble(mapping_of("%Y%m%d"), Table({ColumnKind::kDouble, {Cell(1e300)}})), TimeTrouble::kUnreadable);
  EXPECT_FALSE(TimeReader::is_needed(mapping_of(), digits.type)) << "else it is a number";
}

TEST(TimeReader, TakesLocalTimesForThoseOfTheZone) {
  EXPECT_EQ(instant(mapping_of("", "+02:00"), text("2020-03-01 02:00")), kT);
  EXPECT_EQ(instant(mapping_of("", "+02:00"), text("2020-03-01 02:00Z")), kT + 2 * kHour)
      << "a zone that is named counts";
  for (const TimeUnit unit :
       {TimeUnit::kSeconds, TimeUnit::kMilliseconds, TimeUnit::kMicroseconds, TimeUnit::kNanoseconds}) {
    const std::int64_t per_second = unit == TimeUnit::kSeconds        ? 1
                                    : unit == TimeUnit::kMilliseconds ? 1000
                                    : unit == TimeUnit::kMicroseconds ? 1'000'000
                                                                      : 1'000'000'000;
    const Table typed({ColumnKind::kTimestamp, {Cell((kT / kSecond + 7200) * per_second)}, unit});
    EXPECT_EQ(instant(mapping_of("", "+02:00"), typed), kT);
    EXPECT_FALSE(TimeReader::is_needed(mapping_of(), typed.type)) << "without a zone it is read as it is";
  }
  const Table late({ColumnKind::kTimestamp, {Cell(std::int64_t{1} << 62)}, TimeUnit::kSeconds});
  EXPECT_EQ(trouble(mapping_of("", "+02:00"), late), TimeTrouble::kOverflow);
  const Table fine({ColumnKind::kTimestamp, {Cell(kT * 1000 + 1)}, TimeUnit::kNanoseconds});
  EXPECT_EQ(instant(mapping_of("", "+00:00"), fine), kT + 1) << "what is lost stays visible";
}

TEST(TimeReader, HasAPolicyWhereClocksAreSet) {
  if (!exists(real_file_system(), "/usr/share/zoneinfo/Europe/Berlin")) GTEST_SKIP() << "no tzdata here";
  TimestampMapping berlin = mapping_of("", "Europe/Berlin");
  const std::int64_t fold = 1'603'584'000 * kSecond;  // 2020-10-25T00:00:00Z
  const Table twice = text("2020-10-25 02:30:00");
  EXPECT_EQ(trouble(berlin, twice), TimeTrouble::kAmbiguous);
  berlin.ambiguous = AmbiguousTime::kEarlier;
  EXPECT_EQ(instant(berlin, twice), fold + kHour / 2);
  berlin.ambiguous = AmbiguousTime::kLater;
  EXPECT_EQ(instant(berlin, twice), fold + kHour + kHour / 2);
  EXPECT_EQ(trouble(berlin, text("2020-03-29 02:30:00")), TimeTrouble::kSkipped) << "whatever the policy";
  EXPECT_EQ(instant(berlin, text("2020-03-29 03:00:00")), 1'585'443'600 * kSecond);
}

TEST(TimeReader, JoinsDatesAndTimesOfDay) {
  const TimestampMapping two = mapping_of("", "", "clock");
  const Column dates{ColumnKind::kTimestamp, {Cell(kDays * 86'400'000)}};
  const Column date_texts{ColumnKind::kUtf8, {Cell(std::string("2020-03-01"))}};
  const Column clocks{ColumnKind::kDuration, {Cell(std::int64_t{3'600'000})}};
  const Column clock_texts{ColumnKind::kUtf8, {Cell(std::string("01:00"))}};
  for (const Column& date : {dates, date_texts}) {
    for (const Column& clock : {clocks, clock_texts}) EXPECT_EQ(instant(two, Table(date, clock)), kT + kHour);
  }
  const Column odd_dates{ColumnKind::kInt64, {Cell(std::int64_t{20'200'301})}};
  const Column odd_clocks{ColumnKind::kInt64, {Cell(std::int64_t{1300})}};
  EXPECT_EQ(instant(mapping_of("%Y%m%d %H%M", "", "clock"), Table(odd_dates, odd_clocks)), kT + 13 * kHour);
  EXPECT_EQ(instant(mapping_of("", "+01:00", "clock"), Table(dates, clock_texts)), kT);
  EXPECT_EQ(trouble(two, Table(dates, Column{ColumnKind::kUtf8, {Cell(std::string("25:00"))}})),
            TimeTrouble::kUnreadable);
  EXPECT_EQ(trouble(two, Table(dates, Column{ColumnKind::kUtf8, {Cell(std::string("NA"))}})), TimeTrouble::kNull);
  EXPECT_EQ(trouble(two, Table(dates, Column{ColumnKind::kUtf8, {Cell()}})), TimeTrouble::kNull);
  EXPECT_EQ(trouble(two, Table(date_texts, Column{ColumnKind::kDuration, {Cell(std::int64_t{86'400'000})}})),
            TimeTrouble::kUnreadable)
      << "a length of time, not a time of day";
}

TEST(TimeReader, TellsBadRowsFromNullOnes) {
  const Table table({ColumnKind::kUtf8,
                     {Cell(std::string("2020-03-01")), Cell(), Cell(std::string("never")),
                      Cell(std::string("2020-03-01")), Cell(std::string("2020-03-01")), Cell(std::string("never")),
                      Cell(std::string("")), Cell(std::string("2020-03-02")), Cell(std::string("2020-03-03"))}});
  const ReadTimes times = read(mapping_of(), table);
  const ColumnView view = times.view();
  EXPECT_EQ(view.kind, ColumnKind::kTimestamp);
  EXPECT_EQ(view.null_count, 4);
  ASSERT_EQ(times.bad().size(), 2U);
  EXPECT_EQ(times.bad()[0].row, 2U);
  EXPECT_EQ(times.bad()[1].row, 5U);
  for (const std::int64_t row : {0, 3, 4, 7, 8}) EXPECT_TRUE(view.valid(row)) << row;
  for (const std::int64_t row : {1, 2, 5, 6}) EXPECT_FALSE(view.valid(row)) << row;
  EXPECT_EQ(view.int64s()[8], kT + 48 * kHour);
}

TEST(TimeReader, KnowsTheBoundsOfLocalTimes) {
  const Table typed({ColumnKind::kTimestamp, {Cell(std::int64_t{0})}, TimeUnit::kSeconds});
  const TimeReader fixed = reader_of(mapping_of("", "+02:00"), typed);
  EXPECT_EQ(fixed.earliest_us(7200), 0);
  EXPECT_EQ(fixed.latest_us(7200), 0);
  EXPECT_EQ(fixed.earliest_us(std::int64_t{1} << 62), std::nullopt);
  if (!exists(real_file_system(), "/usr/share/zoneinfo/Europe/Berlin")) GTEST_SKIP() << "no tzdata here";
  const TimeReader berlin = reader_of(mapping_of("", "Europe/Berlin"), typed);
  const std::int64_t fold_s = 1'603'584'000;
  EXPECT_EQ(berlin.earliest_us(fold_s + 9000), (fold_s + 1800) * kSecond);
  EXPECT_EQ(berlin.latest_us(fold_s + 9000), (fold_s + 5400) * kSecond);
}

TEST(TimeReader, StopsAJobWhoseTimesItCantRead) {
  const auto judge = [](const Table& table, const TimestampMapping& mapping) {
    return reader_of(mapping, table).judge(table.batch.columns[0], table.clocks(), table.batch.rows, kGuard);
  };
  const auto good = judge(text("2020-03-01"), mapping_of());
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_EQ(good->times_judged, 1);
  EXPECT_EQ(good->reason, "times of 'when' are read as dates and times; where they name no time zone, as UTC");

  const auto german = judge(text("31.12.2020 10:00"), mapping_of());
  ASSERT_FALSE(german);
  EXPECT_EQ(german.error().code, ErrorCode::kData);
  EXPECT_NE(german.error().hint.find("--timestamp 'when:%d.%m.%Y %H:%M'"), std::string::npos) << german.error().text();

  const auto number = judge(text("1583020800"), mapping_of());
  ASSERT_FALSE(number);
  EXPECT_NE(number.error().hint.find("--timestamp when:s"), std::string::npos) << number.error().text();

  EXPECT_FALSE(judge(text("1960-03-01"), mapping_of())) << "the guard against implausible times";
  EXPECT_EQ(judge(Table({ColumnKind::kUtf8, {Cell()}}), mapping_of())->times_judged, 0);
}

TEST(TimeReader, SaysWhichColumnsCantBeTimes) {
  const auto type = [](ColumnKind kind) {
    ColumnType result;
    result.kind = kind;
    return result;
  };
  using enum ColumnKind;
  for (const ColumnKind kind : {kInt64, kUint64, kDouble, kTimestamp, kUtf8, kDictionary}) {
    EXPECT_EQ(TimeReader::check_time(mapping_of(), type(kind)), "");
  }
  for (const ColumnKind kind : {kBool, kDuration, kOther})
    EXPECT_NE(TimeReader::check_time(mapping_of(), type(kind)), "");
  EXPECT_NE(TimeReader::check_time(mapping_of("rfc3339"), type(kInt64)), "");
  for (const ColumnKind kind : {kInt64, kUint64, kDouble})
    EXPECT_EQ(TimeReader::check_time(mapping_of("%F"), type(kind)), "");
  EXPECT_NE(TimeReader::check_time(mapping_of("", "", "clock"), type(kInt64)), "");
  for (const ColumnKind kind : {kUtf8, kDictionary, kDuration}) {
    EXPECT_EQ(TimeReader::check_time_of_day(mapping_of(), type(kind)), "");
  }
  for (const ColumnKind kind : {kInt64, kDouble, kBool, kTimestamp}) {
    EXPECT_NE(TimeReader::check_time_of_day(mapping_of(), type(kind)), "");
  }
}

}  // namespace
}  // namespace promfill
