#include "family/bound_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace promfill {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::uint32_t> troubled(std::vector<BoundCell> cells, FamilyTrouble expected) {
  std::vector<std::uint32_t> rows;
  for (const TroubledRow& one : check_bound_rows(cells)) {
    EXPECT_EQ(one.trouble, expected);
    rows.push_back(one.row);
  }
  return rows;
}

using Rows = std::vector<std::uint32_t>;

TEST(BoundRows, AreHeldAgainstEachOtherInAnyOrder) {
  EXPECT_EQ(troubled({{1, 10, 1, 5, 0}, {1, 10, kInfinity, 9, 1}, {1, 10, 0.1, 5, 2}}, FamilyTrouble::kNone), Rows{});
  EXPECT_EQ(troubled({{1, 10, 1, 3, 0}, {1, 10, kInfinity, 9, 1}, {1, 10, 0.1, 5, 2}}, FamilyTrouble::kDecreasing),
            (Rows{0, 1, 2}));
}

TEST(BoundRows, OfOtherSeriesAndTimesAreLeftAlone) {
  EXPECT_EQ(troubled({{1, 10, 0.1, 5, 0}, {2, 10, 1, 3, 1}, {1, 11, 1, 3, 2}}, FamilyTrouble::kNone), Rows{});
  EXPECT_EQ(troubled({{1, 10, 0.1, 5, 0}, {2, 10, 0.1, 3, 1}, {1, 10, 1, 3, 2}, {2, 10, 1, 3, 3}},
                     FamilyTrouble::kDecreasing),
            (Rows{0, 2}));
}

TEST(BoundRows, MayComeTwiceIfTheyAreEqual) {
  EXPECT_EQ(troubled({{1, 10, 1, 5, 0}, {1, 10, 1, 5, 1}}, FamilyTrouble::kNone), Rows{});
  EXPECT_EQ(troubled({{1, 10, 1, 5, 0}, {1, 10, 1, 6, 1}, {1, 10, 2, 6, 2}}, FamilyTrouble::kRepeatedBound),
            (Rows{0, 1, 2}));
}

}  // namespace
}  // namespace promfill
