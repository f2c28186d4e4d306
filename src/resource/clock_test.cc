// Clocks: the fixed one stands still, the system's lies between two readings of the C library's.
#include "resource/clock.h"

#include <gtest/gtest.h>

#include <ctime>

namespace promfill {
namespace {

TEST(FixedClock, StandsStill) {
  const FixedClock clock(Timestamp{-5});
  EXPECT_EQ(clock.now().ms, -5);
  EXPECT_EQ(clock.now().ms, -5);
}

TEST(SystemClock, TellsMillisecondsSinceTheEpoch) {
  const auto now_ms = [] {
    timespec now{};
    std::timespec_get(&now, TIME_UTC);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  };
  const std::int64_t before_ms = now_ms();
  const std::int64_t ms = system_clock().now().ms;
  EXPECT_GE(ms, before_ms);
  EXPECT_LE(ms, now_ms());
}

}  // namespace
}  // namespace promfill
