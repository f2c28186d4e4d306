// MemoryBudget: sums, marks at n − 1, n and n + 1, the peak under threads, and charges that follow their owner.
#include "resource/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace promfill {
namespace {

TEST(MemoryBudget, CountsWhatIsChargedAndKeepsThePeak) {
  MemoryBudget budget(1000);
  EXPECT_EQ(budget.limit_bytes(), 1000U);
  EXPECT_EQ(budget.used_bytes(), 0U);
  budget.charge(300);
  budget.charge(400);
  EXPECT_EQ(budget.used_bytes(), 700U);
  budget.release(600);
  budget.charge(50);
  EXPECT_EQ(budget.used_bytes(), 150U);
  EXPECT_EQ(budget.peak_bytes(), 700U);
}

TEST(MemoryBudget, MarksLieAtThreeQuartersAndAtTheLimit) {
  struct Case {
    std::uint64_t used;
    bool above_soft_mark;
    bool exhausted;
  };
  for (const Case& c : {Case{0, false, false}, Case{749, false, false}, Case{750, false, false}, Case{751, true, false},
                        Case{1000, true, false}, Case{1001, true, true}}) {
    MemoryBudget budget(1000);
    budget.charge(c.used);
    EXPECT_EQ(budget.above_soft_mark(), c.above_soft_mark) << c.used;
    EXPECT_EQ(budget.exhausted(), c.exhausted) << c.used;
  }
}

TEST(MemoryBudget, AnUnlimitedOneHasItsMarksToo) {
  MemoryBudget budget(~std::uint64_t{0});
  budget.charge(std::uint64_t{1} << 62);
  EXPECT_FALSE(budget.above_soft_mark());
  budget.charge(std::uint64_t{1} << 63);
  EXPECT_FALSE(budget.exhausted());
}

TEST(MemoryBudget, SumsAndPeakHoldUnderThreads) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 20'000;
  MemoryBudget budget(1);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&budget] {
        for (int i = 0; i < kRounds; ++i) {
          budget.charge(10);
          if (i % 2 == 1) budget.release(15);
        }
      });
    }
  }
  EXPECT_EQ(budget.used_bytes(), std::uint64_t{kThreads} * kRounds / 2 * 5);
  EXPECT_GE(budget.peak_bytes(), budget.used_bytes());
  EXPECT_LE(budget.peak_bytes(), budget.used_bytes() + std::uint64_t{kThreads} * 15);
}

TEST(MemoryBudgetDeathTest, ReleasingMoreThanWasChargedIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  MemoryBudget budget(10);
  budget.charge(4);
  EXPECT_DEATH(budget.release(5), "before >= bytes");
}

TEST(MemoryCharge, IsGivenBackWithItsOwner) {
  MemoryBudget budget(1000);
  {
    MemoryCharge charge(budget);
    charge.resize(100);
    charge.resize(40);
    EXPECT_EQ(charge.bytes(), 40U);
    EXPECT_EQ(budget.used_bytes(), 40U);
    charge.resize(70);
    EXPECT_EQ(budget.used_bytes(), 70U);
  }
  EXPECT_EQ(budget.used_bytes(), 0U);
  EXPECT_EQ(budget.peak_bytes(), 100U);
}

TEST(MemoryCharge, GrowingDoesNotCountTheOldSizeTwice) {
  MemoryBudget budget(1000);
  MemoryCharge charge(budget);
  charge.resize(600);
  charge.resize(700);
  EXPECT_EQ(budget.peak_bytes(), 700U);
}

TEST(MemoryCharge, MovesWithoutChangingTheSum) {
  MemoryBudget budget(1000);
  MemoryCharge first(budget);
  first.resize(100);
  MemoryCharge second(std::move(first));
  EXPECT_EQ(budget.used_bytes(), 100U);
  EXPECT_EQ(second.bytes(), 100U);
  MemoryCharge third(budget);
  third.resize(30);
  third = std::move(second);
  EXPECT_EQ(budget.used_bytes(), 100U) << "what the target held is given back";
  third.resize(5);
  EXPECT_EQ(budget.used_bytes(), 5U);
}

TEST(MemoryCharge, ReplacesItsBudgetWithTheOneThatIsMovedIn) {
  MemoryBudget ours(10);
  MemoryBudget theirs(10);
  MemoryCharge charge(ours);
  charge.resize(3);
  MemoryCharge other(theirs);
  other.resize(4);
  charge = std::move(other);
  EXPECT_EQ(ours.used_bytes(), 0U);
  EXPECT_EQ(theirs.used_bytes(), 4U);
}

TEST(MemoryChargeDeathTest, WithoutABudgetOnlyNothingCanBeHeld) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  MemoryCharge charge;
  charge.resize(0);
  EXPECT_DEATH(charge.resize(1), "budget_ != nullptr");
}

}  // namespace
}  // namespace promfill
