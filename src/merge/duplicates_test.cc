// Goal: of several values for one time, one remains, by policy and by the order offered, and every other is counted.
#include "merge/duplicates.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <vector>

namespace promfill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Case {
  const char* name;
  DuplicatePolicy policy;
  std::vector<double> offered;  // for one time, in order
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
    DuplicateTally tally;
    const auto kept = resolve_duplicates({20}, c.offered, c.policy, tally);
    ASSERT_TRUE(kept) << c.name;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*kept), std::bit_cast<std::uint64_t>(c.kept)) << c.name;
    EXPECT_EQ(tally.merged, c.merged) << c.name;
    EXPECT_EQ(tally.conflicting, c.conflicting) << c.name;
  }
}

TEST(Duplicates, AreRefusedUnderFailWithTheirTime) {
  DuplicateTally tally;
  const auto kept = resolve_duplicates({1583020800000}, std::vector<double>{1, 2}, DuplicatePolicy::kFail, tally);
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, ErrorCode::kData);
  EXPECT_NE(kept.error().where.find("2020-03-01T00:00:00"), std::string::npos) << kept.error().text();
}

}  // namespace
}  // namespace promfill
