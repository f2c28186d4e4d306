// Goal: numbers are given the unit a person would give them, and a wrong unit stops the job with the right one in the
// message.
#include "calendar/time_unit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/column_fixture.h"

namespace promfill {
namespace {

constexpr Timestamp kNow{1'700'000'000'000};  // 2023-11-14
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

Result<TimeDecision> judge(ColumnKind kind, std::vector<Cell> cells, TimestampMapping mapping = {},
                           TimeGuard guard = {false, kNow}, TimeUnit unit = TimeUnit::kMilliseconds) {
  if (mapping.column.empty()) mapping.column = "t";
  const std::size_t rows = cells.size();
  const FixtureTable table({{"t", kind, std::move(cells), unit}});
  const ColumnRequest request{};
  const ColumnBatch batch = table.batch(std::span(&request, 1), 0, rows);
  return judge_times(batch.columns[0], batch.rows, table.schema()[0].type, mapping, guard);
}

std::vector<Cell> integers(std::initializer_list<std::int64_t> values) { return {values.begin(), values.end()}; }

TEST(TimeUnits, ParseTheirWords) {
  EXPECT_EQ(parse_time_notation("s")->unit, TimeUnit::kSeconds);
  EXPECT_EQ(parse_time_notation("ms")->unit, TimeUnit::kMilliseconds);
  EXPECT_EQ(parse_time_notation("us")->unit, TimeUnit::kMicroseconds);
  EXPECT_EQ(parse_time_notation("ns")->unit, TimeUnit::kNanoseconds);
  EXPECT_EQ(parse_time_notation("auto")->unit, std::nullopt);
  EXPECT_EQ(parse_time_notation("rfc3339")->format, "rfc3339");
  EXPECT_EQ(parse_time_notation("%Y-%m-%d")->format, "%Y-%m-%d");
  for (const std::string_view text : {"", "S", "sec", "µs", "%", "%Q", "%H:%M"}) {
    const auto notation = parse_time_notation(text);
    ASSERT_FALSE(notation) << text;
    EXPECT_EQ(notation.error().code, ErrorCode::kUsage);
  }
}

TEST(TimeOffsets, ParseSecondsAndDurations) {
  const std::vector<std::pair<std::string, std::int64_t>> good{{"0", 0},
                                                               {"1583020800", 1583020800000},
                                                               {"-1", -1000},
                                                               {"+2", 2000},
                                                               {"0.5", 500},
                                                               {"1.001", 1001},
                                                               {"-0.001", -1},
                                                               {"1.5000", 1500},
                                                               {"8h", 8 * 3600 * 1000},
                                                               {"-1h30m", -5'400'000},
                                                               {"250ms", 250},
                                                               {"9223372036854775.807", 9223372036854775807}};
  for (const auto& [text, ms] : good) {
    const auto offset = parse_time_offset(text);
    ASSERT_TRUE(offset) << text;
    EXPECT_EQ(*offset, ms) << text;
  }
  for (const std::string_view text : {"", "-", "--1", "1.", ".5", "1.0001", "1e9", "1 h", "h", "0x10",
                                      "9223372036854775.808", "1.2.3", "99999999999999999999"}) {
    EXPECT_FALSE(parse_time_offset(text)) << text;
  }
}

TEST(JudgeTimes, DecidesByMagnitude) {
  const std::vector<std::pair<std::int64_t, TimeUnit>> cases{{1'583'020'800, TimeUnit::kSeconds},
                                                             {1'583'020'800'000, TimeUnit::kMilliseconds},
                                                             {1'583'020'800'000'000, TimeUnit::kMicroseconds},
                                                             {1'583'020'800'000'000'000, TimeUnit::kNanoseconds}};
  for (const auto& [value, unit] : cases) {
    const auto decision = judge(ColumnKind::kInt64, integers({value, value + 1, value + 2}));
    ASSERT_TRUE(decision) << decision.error().text();
    EXPECT_EQ(decision->unit, unit) << value;
    EXPECT_EQ(decision->times_judged, 3);
  }
  const auto doubles = judge(ColumnKind::kDouble, {1583020800.5, std::nan(""), 1583020801.5});
  ASSERT_TRUE(doubles) << doubles.error().text();
  EXPECT_EQ(doubles->unit, TimeUnit::kSeconds);
  EXPECT_EQ(doubles->times_judged, 2);
}

TEST(JudgeTimes, DecidesAtTheBoundsOfMagnitudes) {
  const TimeGuard off{true, kNow};
  const std::vector<std::pair<std::int64_t, TimeUnit>> cases{{99'999'999'999, TimeUnit::kSeconds},
                                                             {100'000'000'000, TimeUnit::kMilliseconds},
                                                             {-99'999'999'999, TimeUnit::kSeconds},
                                                             {-100'000'000'000, TimeUnit::kMilliseconds},
                                                             {99'999'999'999'999, TimeUnit::kMilliseconds},
                                                             {100'000'000'000'000, TimeUnit::kMicroseconds},
                                                             {99'999'999'999'999'984, TimeUnit::kMicroseconds},
                                                             {100'000'000'000'000'000, TimeUnit::kNanoseconds}};
  for (const auto& [value, unit] : cases) {
    const auto decision = judge(ColumnKind::kInt64, integers({value}), {}, off);
    ASSERT_TRUE(decision) << decision.error().text();
    EXPECT_EQ(decision->unit, unit) << value;
  }
}

TEST(JudgeTimes, IsNotMisledByAFewOutliers) {
  const auto decision =
      judge(ColumnKind::kInt64, integers({0, 1'583'020'800, 1'583'020'801, 1'583'020'802, 9'000'000'000'000'000}));
  ASSERT_TRUE(decision) << decision.error().text();
  EXPECT_EQ(decision->unit, TimeUnit::kSeconds);
}

TEST(JudgeTimes, LearnsNothingFromNulls) {
  const auto decision = judge(ColumnKind::kInt64, {Cell(), Cell()});
  ASSERT_TRUE(decision) << decision.error().text();
  EXPECT_EQ(decision->times_judged, 0);
}

TEST(JudgeTimes, TrustsATimestampType) {
  const auto decision =
      judge(ColumnKind::kTimestamp, integers({1'583'020'800'000'000}), {}, {false, kNow}, TimeUnit::kMicroseconds);
  ASSERT_TRUE(decision) << decision.error().text();
  EXPECT_EQ(decision->unit, TimeUnit::kMicroseconds);
  EXPECT_EQ(decision->reason, "times of 't' are microseconds, as its type says (timestamp)");
}

TEST(JudgeTimes, NamesTheUnitThatWasMeant) {
  TimestampMapping seconds;
  seconds.unit = TimeUnit::kSeconds;
  const auto decision = judge(ColumnKind::kInt64, integers({1'583'020'800'000, 1'583'020'801'000}), seconds);
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, ErrorCode::kData);
  EXPECT_EQ(decision.error().hint, "they look like milliseconds: use --timestamp t:ms");
}

TEST(JudgeTimes, SaysThatAZoneChangesNothing) {
  TimestampMapping zoned;
  zoned.timezone = "Europe/Berlin";
  const auto decision = judge(ColumnKind::kInt64, integers({1'583'020'800}), zoned);
  ASSERT_TRUE(decision);
  EXPECT_NE(decision->reason.find("they are moments, so the time zone Europe/Berlin changes nothing"),
            std::string::npos);
}

TEST(JudgeTimes, PointsToTheOffsetWhenNoUnitFits) {
  const auto decision = judge(ColumnKind::kInt64, integers({86'400, 86'410}));
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().message,
            "time column 't': most times of the first rows lie before 1990 or more than a year ahead (the first is "
            "1970-01-02T00:00:00.000Z, read as s)");
  EXPECT_NE(decision.error().hint.find("--timestamp-offset"), std::string::npos);
  EXPECT_NE(decision.error().hint.find("--allow-implausible-times"), std::string::npos);

  TimestampMapping shifted;
  shifted.offset_ms = 1'583'020'800'000;
  EXPECT_TRUE(judge(ColumnKind::kInt64, integers({86'400, 86'410}), shifted));
  EXPECT_TRUE(judge(ColumnKind::kInt64, integers({86'400, 86'410}), {}, {true, kNow}));
}

TEST(JudgeTimes, StopsWhenMoreThanHalfAreImplausible) {
  TimestampMapping ms;
  ms.unit = TimeUnit::kMilliseconds;
  EXPECT_TRUE(judge(ColumnKind::kInt64, integers({0, kNow.ms}), ms)) << "half of them";
  EXPECT_FALSE(judge(ColumnKind::kInt64, integers({0, 0, kNow.ms}), ms));
}

TEST(JudgeTimes, DrawsTheLineAt1990AndAYearFromNow) {
  TimestampMapping ms;
  ms.unit = TimeUnit::kMilliseconds;
  EXPECT_TRUE(judge(ColumnKind::kInt64, integers({631'152'000'000}), ms));
  EXPECT_FALSE(judge(ColumnKind::kInt64, integers({631'151'999'999}), ms));
  EXPECT_TRUE(judge(ColumnKind::kInt64, integers({kNow.ms + 365 * kDayMs}), ms));
  EXPECT_FALSE(judge(ColumnKind::kInt64, integers({kNow.ms + 365 * kDayMs + 1}), ms));
}

}  // namespace
}  // namespace promfill
