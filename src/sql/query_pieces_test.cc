#include "sql/query_pieces.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "sql/dialect.h"

namespace promfill {
namespace {

TEST(TimeSlices, StandAtMultiplesAndCoverAll) {
  const auto slices = time_slices(-5, 21, 10);
  ASSERT_TRUE(slices);
  ASSERT_EQ(slices->size(), 4U);
  EXPECT_EQ(slices->front().from, -10);
  EXPECT_EQ(slices->back().from, 20);
  for (std::size_t i = 0; i + 1 < slices->size(); ++i) EXPECT_EQ((*slices)[i].to, (*slices)[i + 1].from);
  EXPECT_EQ(time_slices(7, 7, 10)->size(), 1U);
}

TEST(TimeSlices, AreRefusedByTheMillion) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(time_slices(kMin, kMax, 1000));
  EXPECT_FALSE(time_slices(0, 1'000'000, 1));
  const auto two = time_slices(kMax - 1, kMax, kMax / 2 + 1);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->back().to, kMax);
}

TEST(Literal, IsTheMomentInEveryUnit) {
  ColumnType type{.kind = ColumnKind::kTimestamp, .unit = TimeUnit::kMicroseconds};
  EXPECT_EQ(literal(1'704'067'200'000'001, type), "TIMESTAMPTZ '2024-01-01 00:00:00.000001+00'");
  EXPECT_EQ(literal(-1, type), "TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'");
  type.zoned = false;
  type.unit = TimeUnit::kSeconds;
  EXPECT_EQ(literal(1'704'067'200, type), "TIMESTAMP '2024-01-01 00:00:00.000000'");
  type.unit = TimeUnit::kNanoseconds;
  EXPECT_EQ(literal(1'704'067'200'123'456'789, type), "TIMESTAMP '2024-01-01 00:00:00.123456'");
  type.unit = TimeUnit::kMilliseconds;
  EXPECT_EQ(literal(-1, type), "TIMESTAMP '1969-12-31 23:59:59.999000'");
  type.kind = ColumnKind::kInt64;
  EXPECT_EQ(literal(-7, type), "-7");
}

TEST(Names, AreQuotedWhateverTheyAre) {
  EXPECT_EQ(quoted_name("a \"b\"", DatabaseKind::kPostgres), "\"a \"\"b\"\"\"");
  EXPECT_EQ(quoted_text("it's"), "'it''s'");
}

}  // namespace
}  // namespace promfill
