// Goal: exact milliseconds for every unit, with floors, overflow and doubles that stand for decimals. Method: tables of
// edges, and the fast conversion of a column against the slow one of its rows.
#include "calendar/row_times.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "model/column_fixture.h"

namespace promfill {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

ColumnBatch column_of(ColumnKind kind, std::vector<Cell> cells, TimeUnit unit = TimeUnit::kMilliseconds) {
  const std::size_t rows = cells.size();
  const FixtureTable table({{"t", kind, std::move(cells), unit}});
  const ColumnRequest request{};
  return table.batch(std::span(&request, 1), 0, rows, 3);
}

RowTime time_of(ColumnKind kind, Cell cell, TimeUnit unit, std::int64_t offset_ms = 0) {
  const ColumnBatch batch = column_of(kind, {std::move(cell)});
  return time_of_row(batch.columns[0], 0, unit, offset_ms);
}

TEST(RowTimes, FloorFinerUnitsAlsoBefore1970) {
  struct Case {
    TimeUnit unit;
    std::int64_t value;
    std::int64_t ms;
    bool floored;
  };
  const std::vector<Case> cases{
      {TimeUnit::kSeconds, -3, -3000, false},
      {TimeUnit::kSeconds, 0, 0, false},
      {TimeUnit::kMilliseconds, -7, -7, false},
      {TimeUnit::kMicroseconds, 999, 0, true},
      {TimeUnit::kMicroseconds, 1000, 1, false},
      {TimeUnit::kMicroseconds, 1001, 1, true},
      {TimeUnit::kMicroseconds, -1, -1, true},
      {TimeUnit::kMicroseconds, -1000, -1, false},
      {TimeUnit::kMicroseconds, -1001, -2, true},
      {TimeUnit::kNanoseconds, 1'999'999, 1, true},
      {TimeUnit::kNanoseconds, -1, -1, true},
      {TimeUnit::kNanoseconds, -2'000'000, -2, false},
      {TimeUnit::kNanoseconds, kMin, -9'223'372'036'855, true},
  };
  for (const Case& c : cases) {
    const RowTime time = time_of(ColumnKind::kInt64, c.value, c.unit);
    EXPECT_EQ(time.trouble, TimeTrouble::kNone) << c.value;
    EXPECT_EQ(time.time.ms, c.ms) << c.value;
    EXPECT_EQ(time.floored, c.floored) << c.value;
  }
}

TEST(RowTimes, SeeOverflow) {
  EXPECT_EQ(time_of(ColumnKind::kInt64, kMax / 1000, TimeUnit::kSeconds).trouble, TimeTrouble::kNone);
  EXPECT_EQ(time_of(ColumnKind::kInt64, kMax / 1000 + 1, TimeUnit::kSeconds).trouble, TimeTrouble::kOverflow);
  EXPECT_EQ(time_of(ColumnKind::kInt64, kMin / 1000 - 1, TimeUnit::kSeconds).trouble, TimeTrouble::kOverflow);
  EXPECT_EQ(time_of(ColumnKind::kInt64, kMax, TimeUnit::kMilliseconds, 0).time.ms, kMax);
  EXPECT_EQ(time_of(ColumnKind::kInt64, kMax, TimeUnit::kMilliseconds, 1).trouble, TimeTrouble::kOverflow);
  EXPECT_EQ(time_of(ColumnKind::kInt64, kMin, TimeUnit::kMilliseconds, -1).trouble, TimeTrouble::kOverflow);
  EXPECT_EQ(time_of(ColumnKind::kDouble, 1e19, TimeUnit::kMilliseconds).trouble, TimeTrouble::kOverflow);
  EXPECT_EQ(time_of(ColumnKind::kDouble, -1e300, TimeUnit::kSeconds).trouble, TimeTrouble::kOverflow);
}

TEST(RowTimes, TakeDoublesForTheDecimalsThatWereWritten) {
  const std::vector<std::pair<double, std::int64_t>> whole{
      {1.001, 1001}, {0.29, 290}, {1583020800.123, 1583020800123}, {1073741825.007, 1073741825007}, {-1.001, -1001}};
  for (const auto& [seconds, ms] : whole) {
    const RowTime time = time_of(ColumnKind::kDouble, seconds, TimeUnit::kSeconds);
    EXPECT_EQ(time.time.ms, ms) << seconds;
    EXPECT_FALSE(time.floored) << seconds;
  }
  const std::vector<std::pair<double, std::int64_t>> finer{
      {1.0019, 1001}, {-0.0001, -1}, {1583020800.1239, 1583020800123}};
  for (const auto& [seconds, ms] : finer) {
    const RowTime time = time_of(ColumnKind::kDouble, seconds, TimeUnit::kSeconds);
    EXPECT_EQ(time.time.ms, ms) << seconds;
    EXPECT_TRUE(time.floored) << seconds;
  }
  EXPECT_EQ(time_of(ColumnKind::kDouble, -0.5, TimeUnit::kMilliseconds).time.ms, -1);
  EXPECT_EQ(time_of(ColumnKind::kDouble, 1583020800123456.0, TimeUnit::kMicroseconds).time.ms, 1583020800123);
}

TEST(RowTimes, SeeNullsAndWhatIsNotFinite) {
  EXPECT_EQ(time_of(ColumnKind::kInt64, {}, TimeUnit::kSeconds).trouble, TimeTrouble::kNull);
  EXPECT_EQ(time_of(ColumnKind::kDouble, std::nan(""), TimeUnit::kSeconds).trouble, TimeTrouble::kNotFinite);
  EXPECT_EQ(time_of(ColumnKind::kDouble, HUGE_VAL, TimeUnit::kSeconds).trouble, TimeTrouble::kNotFinite);
}

TEST(RowTimes, ATimestampColumnKnowsItsUnit) {
  const ColumnBatch batch = column_of(ColumnKind::kTimestamp, {std::int64_t{1'500'000}}, TimeUnit::kMicroseconds);
  EXPECT_EQ(time_of_row(batch.columns[0], 0, TimeUnit::kSeconds, 7).time.ms, 1507);
}

TEST(ConvertTimes, AgreesWithRowsOneByOne) {
  std::mt19937_64 random(11);
  const std::vector<TimeUnit> units{TimeUnit::kSeconds, TimeUnit::kMilliseconds, TimeUnit::kMicroseconds,
                                    TimeUnit::kNanoseconds};
  for (int round = 0; round < 400; ++round) {
    const TimeUnit unit = units[random() % 4];
    const auto kind = std::vector{ColumnKind::kInt64, ColumnKind::kDouble, ColumnKind::kTimestamp}[random() % 3];
    const std::size_t rows = random() % 40;
    const int bits_kept = static_cast<int>(random() % 3 == 0 ? 64 : 40);
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto integer = static_cast<std::int64_t>(random()) >> (64 - bits_kept);
      if (kind == ColumnKind::kDouble) {
        cells.emplace_back(static_cast<double>(integer) / 1000);
      } else {
        cells.emplace_back(integer);
      }
    }
    const auto offset_ms = static_cast<std::int64_t>(random() >> 20) - (std::int64_t{1} << 43);
    const ColumnBatch batch = column_of(kind, cells, unit);
    std::vector<std::int64_t> times_ms(rows);
    const auto summary = convert_times(batch.columns[0], unit, offset_ms, times_ms);
    TimesSummary slow;
    bool all_good = true;
    for (std::size_t row = 0; row < rows; ++row) {
      const RowTime time = time_of_row(batch.columns[0], static_cast<std::int64_t>(row), unit, offset_ms);
      all_good = all_good && time.trouble == TimeTrouble::kNone;
      slow.min = std::min(slow.min, time.time);
      slow.max = std::max(slow.max, time.time);
      slow.floored += time.floored ? 1 : 0;
      if (summary) {
        EXPECT_EQ(times_ms[row], time.time.ms);
      }
    }
    ASSERT_EQ(summary.has_value(), all_good);
    if (!summary) continue;
    EXPECT_EQ(summary->min, slow.min);
    EXPECT_EQ(summary->max, slow.max);
    EXPECT_EQ(summary->floored, slow.floored);
  }
}

TEST(ConvertTimes, ReachesBothEndsOf64Bits) {
  for (const TimeUnit unit : {TimeUnit::kMicroseconds, TimeUnit::kNanoseconds}) {
    const ColumnBatch batch = column_of(ColumnKind::kInt64, {kMin, kMax});
    std::vector<std::int64_t> times_ms(2);
    const auto summary = convert_times(batch.columns[0], unit, 0, times_ms);
    ASSERT_TRUE(summary.has_value());
    EXPECT_EQ(summary->floored, 2U);
    EXPECT_EQ(times_ms[0], time_of_row(batch.columns[0], 0, unit, 0).time.ms);
    EXPECT_EQ(times_ms[1], time_of_row(batch.columns[0], 1, unit, 0).time.ms);
  }
}

TEST(ConvertTimes, LeavesColumnsWithNullsToTheSlowWay) {
  const ColumnBatch batch = column_of(ColumnKind::kInt64, {std::int64_t{1}, {}, std::int64_t{3}});
  std::vector<std::int64_t> times_ms(3);
  EXPECT_FALSE(convert_times(batch.columns[0], TimeUnit::kSeconds, 0, times_ms).has_value());
}

}  // namespace
}  // namespace promfill
