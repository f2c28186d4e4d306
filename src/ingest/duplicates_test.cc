// Goal: of several values for one time, one remains, by policy and by the order offered, and every other is counted.
#include "ingest/duplicates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace promfill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Case {
  const char* name;
  DuplicatePolicy policy;
  std::vector<double> offered;  // for one time, in order; the first of them is in the base
  double kept;
  std::uint64_t merged;
  std::uint64_t conflicting;
};

TEST(Duplicates, FollowThePolicy) {
  const std::vector<Case> cases = {
      {"equal values are one", DuplicatePolicy::kFail, {5, 5, 5}, 5, 2, 0},
      {"last wins", DuplicatePolicy::kKeepLast, {1, 2, 3}, 3, 0, 2},
      {"last wins though it was there before", DuplicatePolicy::kKeepLast, {1, 2, 1}, 1, 1, 1},
      {"first wins", DuplicatePolicy::kKeepFirst, {1, 2, 3}, 1, 0, 2},
      {"first wins though it comes again", DuplicatePolicy::kKeepFirst, {1, 2, 1}, 1, 1, 1},
      {"smallest", DuplicatePolicy::kMin, {2, 1, 3}, 1, 0, 2},
      {"largest", DuplicatePolicy::kMax, {2, 1, 3}, 3, 0, 2},
      {"a number before NaN", DuplicatePolicy::kMin, {kNan, 4}, 4, 0, 1},
      {"a number before NaN, any order", DuplicatePolicy::kMax, {4, kNan}, 4, 0, 1},
      {"the sum takes equal values once", DuplicatePolicy::kSum, {1, 2, 1, 4}, 7, 1, 2},
      {"zeros of both signs are two values", DuplicatePolicy::kKeepLast, {0.0, -0.0}, -0.0, 0, 1},
  };
  for (const Case& c : cases) {
    const std::vector<Sample> base = {{{10}, 100}, {{20}, c.offered[0]}, {{30}, 300}};
    std::vector<Sample> late;
    for (std::size_t i = 1; i < c.offered.size(); ++i) late.push_back({{20}, c.offered[i]});
    DuplicateTally tally;
    const auto merged = merge_late_samples(base, late, c.policy, tally);
    ASSERT_TRUE(merged) << c.name;
    EXPECT_EQ(*merged, (std::vector<Sample>{{{10}, 100}, {{20}, c.kept}, {{30}, 300}})) << c.name;
    EXPECT_EQ(tally.merged, c.merged) << c.name;
    EXPECT_EQ(tally.conflicting, c.conflicting) << c.name;
  }
}

TEST(Duplicates, AreRefusedUnderFailWithTheirTime) {
  std::vector<Sample> late = {{{1583020800000}, 2}};
  DuplicateTally tally;
  const auto merged =
      merge_late_samples(std::vector<Sample>{{{1583020800000}, 1}}, late, DuplicatePolicy::kFail, tally);
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, ErrorCode::kData);
  EXPECT_NE(merged.error().where.find("2020-03-01T00:00:00"), std::string::npos) << merged.error().text();
}

TEST(LateSamples, GoBeforeBetweenAndBehindTheBase) {
  std::vector<Sample> late = {{{25}, 1}, {{5}, 2}, {{35}, 3}, {{5}, 2}, {{1}, 4}};
  DuplicateTally tally;
  const auto merged = merge_late_samples(std::vector<Sample>{{{10}, 10}, {{20}, 20}, {{30}, 30}}, late,
                                         DuplicatePolicy::kKeepLast, tally);
  ASSERT_TRUE(merged);
  EXPECT_EQ(*merged,
            (std::vector<Sample>{{{1}, 4}, {{5}, 2}, {{10}, 10}, {{20}, 20}, {{25}, 1}, {{30}, 30}, {{35}, 3}}));
  EXPECT_EQ(tally.merged, 1U);
}

}  // namespace
}  // namespace promfill
