// Goal: the order is that of a stable sort, for every size and span.
#include "merge/time_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

namespace promfill {
namespace {

std::vector<std::uint32_t> expected(const std::vector<std::int64_t>& times) {
  std::vector<std::uint32_t> rows(times.size());
  std::iota(rows.begin(), rows.end(), 0U);
  std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) { return times[a] < times[b]; });
  return rows;
}

TEST(TimeOrder, IsAStableSort) {
  std::mt19937_64 random(1);
  TimeOrder order;
  for (const std::size_t n :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{511}, std::size_t{512}, std::size_t{5000}}) {
    for (const std::uint64_t span :
         {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{100'000}, std::uint64_t{1} << 40}) {
      for (const std::int64_t step : {std::int64_t{1}, std::int64_t{1000}, std::int64_t{60'000}, std::int64_t{999}}) {
        std::vector<std::int64_t> times(n);
        for (std::int64_t& t : times) t = (static_cast<std::int64_t>(random() % span) - 5) * step;
        const std::span<const std::uint32_t> rows = order.sort(times);
        ASSERT_EQ(std::vector<std::uint32_t>(rows.begin(), rows.end()), expected(times))
            << n << " " << span << " " << step;
      }
    }
  }
}

TEST(TimeOrder, SortsTimesTooFarApartToPack) {
  constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::int64_t> times = {kFar, -kFar, 0, kFar, 1, -kFar, 0};
  TimeOrder order;
  const std::span<const std::uint32_t> rows = order.sort(times);
  EXPECT_EQ(std::vector<std::uint32_t>(rows.begin(), rows.end()), expected(times));
}

}  // namespace
}  // namespace promfill
