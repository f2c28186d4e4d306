#include "merge/staleness.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace promfill {
namespace {

using Marks = std::vector<std::int64_t>;

/// Markers for samples (time, whether stale) in a window that ends at `end_ms`.
Marks marks(std::optional<Timestamp> before, const std::vector<std::pair<std::int64_t, bool>>& samples,
            std::int64_t end_ms) {
  Staleness staleness(5);
  staleness.begin(before);
  Marks found;
  for (const auto& [time_ms, is_stale] : samples) {
    if (const auto marker = staleness.pass({time_ms}, is_stale)) found.push_back(marker->ms);
  }
  if (const auto marker = staleness.at_end({end_ms})) found.push_back(marker->ms);
  return found;
}

TEST(Staleness, MarksGapsThatAreLonger) {
  EXPECT_EQ(marks({}, {{10, false}, {15, false}, {21, false}}, 22), Marks{20}) << "5 is not longer than 5, 6 is";
  EXPECT_EQ(marks({}, {{10, false}, {100, false}}, 101), Marks{15});
}

TEST(Staleness, MarksTheEndWhereItLiesInTheWindow) {
  EXPECT_EQ(marks({}, {{10, false}}, 16), Marks{15});
  EXPECT_EQ(marks({}, {{10, false}}, 15), Marks{}) << "the next window's";
}

TEST(Staleness, KnowsTheWindowBefore) {
  EXPECT_EQ(marks(Timestamp{8}, {}, 20), Marks{13});
  EXPECT_EQ(marks(Timestamp{8}, {{13, false}}, 14), Marks{}) << "a sample where the marker would be";
  EXPECT_EQ(marks(Timestamp{8}, {{14, false}}, 15), Marks{13});
  EXPECT_EQ(marks({}, {{14, false}}, 15), Marks{}) << "a series that begins";
}

TEST(Staleness, MarksNothingTwice) {
  EXPECT_EQ(marks({}, {{10, false}, {11, true}, {50, false}, {51, true}}, 100), Marks{});
  EXPECT_EQ(marks({}, {{10, true}, {11, true}}, 100), Marks{});
}

TEST(Staleness, StaysWithinSixtyFourBits) {
  const std::int64_t last = kTimestampMax.ms;
  EXPECT_EQ(marks({}, {{kTimestampMin.ms, false}, {last - 1, false}}, last), Marks{kTimestampMin.ms + 5});
  EXPECT_EQ(marks({}, {{last - 5, false}}, last), Marks{});
}

}  // namespace
}  // namespace promfill
