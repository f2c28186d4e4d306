// Goal: few values are counted exactly, many within a few times the sketch's standard error.
#include "survey/distinct_counter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace promfill {
namespace {

TEST(DistinctCounter, CountsFewExactlyHoweverOftenTheyCome) {
  DistinctCounter counter;
  EXPECT_EQ(counter.count(), 0U);
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> values(10'000);
  for (std::uint64_t& value : values) value = random();
  for (int times = 0; times < 3; ++times) {
    for (const std::uint64_t value : values) counter.add(value);
  }
  EXPECT_EQ(counter.count(), values.size());
  EXPECT_TRUE(counter.is_exact());
}

TEST(DistinctCounter, EstimatesManyWithinThreePercent) {
  for (const std::uint64_t count : {10'001U, 30'000U, 100'000U, 1'000'000U}) {
    DistinctCounter counter;
    std::mt19937_64 random(count);
    for (std::uint64_t i = 0; i < count; ++i) counter.add(random());
    EXPECT_FALSE(counter.is_exact());
    const double error = std::abs(static_cast<double>(counter.count()) / static_cast<double>(count) - 1);
    EXPECT_LT(error, 0.03) << count;
  }
}

}  // namespace
}  // namespace promfill
