// Stats: shares, rates and texts of numbers that are given.
#include "promfill/stats.h"

#include <gtest/gtest.h>

#include <sstream>

namespace promfill {
namespace {

Stats half_done() {
  Stats stats;
  stats.stage = Stats::Stage::kReading;
  stats.seconds = 10;
  stats.tables_expected = 8;
  stats.tables_read = 2;
  stats.rows_read = 1'500'000;
  stats.cells = 7'500'000;
  stats.rejected = 3;
  stats.memory_bytes = 64 << 20;
  stats.memory_limit_bytes = 1 << 30;
  return stats;
}

TEST(Stats, ShareAndTimeLeftFollowFromTheTables) {
  const Stats stats = half_done();
  EXPECT_DOUBLE_EQ(*stats.share_done(), 0.25);
  EXPECT_DOUBLE_EQ(*stats.seconds_left(), 30);
  EXPECT_DOUBLE_EQ(stats.rate(), 750'000);
  EXPECT_EQ(stats.line(), "reading 1.50 M rows (25 %), 750 k samples/s, 30 s left");
}

TEST(Stats, WithoutExpectationThereIsNoShare) {
  Stats stats = half_done();
  stats.tables_expected = 0;
  EXPECT_FALSE(stats.share_done().has_value());
  EXPECT_FALSE(stats.seconds_left().has_value());
  stats.stage = Stats::Stage::kDone;
  EXPECT_DOUBLE_EQ(*stats.share_done(), 1);
}

TEST(Stats, MoreTablesThanExpectedAreNoMoreThanAll) {
  Stats stats = half_done();
  stats.tables_read = 20;
  EXPECT_DOUBLE_EQ(*stats.share_done(), 1);
  EXPECT_DOUBLE_EQ(*stats.seconds_left(), 0);
}

TEST(Stats, BeforeTheBeginningNothingIsDividedByZero) {
  const Stats stats;
  EXPECT_DOUBLE_EQ(stats.rate(), 0);
  EXPECT_EQ(stats.line(), "waiting 0 rows, 0 samples/s");
}

TEST(Stats, OpenMetricsHasEveryNumberAndItsEnd) {
  const std::string page = half_done().openmetrics();
  EXPECT_NE(page.find("# TYPE promfill_rows_read counter\n"), std::string::npos);
  EXPECT_NE(page.find("\npromfill_rows_read_total 1500000\n"), std::string::npos);
  EXPECT_NE(page.find("\npromfill_memory_bytes 67108864\n"), std::string::npos);
  EXPECT_NE(page.find("promfill_stage{promfill_stage=\"reading\"} 1\n"), std::string::npos);
  EXPECT_TRUE(page.ends_with("# EOF\n"));
}

TEST(Stats, TableNamesEveryNumber) {
  std::ostringstream out;
  half_done().print(out);
  EXPECT_NE(out.str().find("rows read"), std::string::npos);
  EXPECT_NE(out.str().find("1500000"), std::string::npos);
  EXPECT_NE(out.str().find("64MiB of 1GiB"), std::string::npos) << out.str();
}

}  // namespace
}  // namespace promfill
