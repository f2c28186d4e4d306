// Channel: who waits for what, and that nobody waits for ever.
#include "promfill/channel.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace promfill {
namespace {

TEST(Channel, TablesComeInTheOrderOfSending) {
  Channel<int> channel(3);
  EXPECT_TRUE(channel.send(1));
  EXPECT_TRUE(channel.send(2));
  channel.close();
  EXPECT_EQ(channel.receive(), 1);
  EXPECT_EQ(channel.receive(), 2);
  EXPECT_EQ(channel.receive(), std::nullopt);
  EXPECT_EQ(channel.receive(), std::nullopt);
}

TEST(Channel, CapacityOfZeroIsOne) {
  Channel<int> channel(0);
  EXPECT_EQ(channel.capacity(), 1U);
  EXPECT_TRUE(channel.send(1));
}

TEST(Channel, TrySendLeavesWhatItDoesNotTake) {
  Channel<std::unique_ptr<int>> channel(1);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_TRUE(channel.try_send(first));
  EXPECT_EQ(first, nullptr);
  EXPECT_FALSE(channel.try_send(second));
  ASSERT_NE(second, nullptr);
  channel.close();
  EXPECT_FALSE(channel.try_send(second));
  EXPECT_EQ(*second, 2);
}

TEST(Channel, ClosingWakesSendersAndReceivers) {
  Channel<int> full(1);
  EXPECT_TRUE(full.send(1));
  Channel<int> empty(1);
  {
    const std::jthread sender([&] { EXPECT_FALSE(full.send(2)); });
    const std::jthread receiver([&] { EXPECT_EQ(empty.receive(), std::nullopt); });
    full.close();
    empty.close();
    empty.close();
  }
  EXPECT_EQ(full.receive(), 1);
}

TEST(Channel, StopRequestWakesASender) {
  Channel<int> channel(1);
  EXPECT_TRUE(channel.send(1));
  std::jthread sender([&](const std::stop_token& stop) { EXPECT_FALSE(channel.send(2, stop)); });
  sender.request_stop();
  sender.join();
  EXPECT_FALSE(channel.is_closed());
}

TEST(Channel, FailureDropsWhatWasSent) {
  Channel<int> channel(2);
  EXPECT_TRUE(channel.send(1));
  channel.fail({ErrorCode::kIo, "first", "", ""});
  channel.fail({ErrorCode::kIo, "second", "", ""});
  EXPECT_EQ(channel.receive(), std::nullopt);
  ASSERT_TRUE(channel.failure().has_value());
  EXPECT_EQ(channel.failure()->message, "first");
}

TEST(Channel, ManySendersAndReceiversLoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  Channel<int> channel(3);
  std::vector<int> sums(kThreads);
  {
    std::vector<std::jthread> receivers;
    for (int& sum : sums) {
      receivers.emplace_back([&channel, &sum] {
        while (const std::optional<int> table = channel.receive()) sum += *table;
      });
    }
    {
      std::vector<std::jthread> senders;
      for (int t = 0; t < kThreads; ++t) {
        senders.emplace_back([&channel] {
          for (int i = 1; i <= kEach; ++i) EXPECT_TRUE(channel.send(i));
        });
      }
    }
    channel.close();
  }
  int all = 0;
  for (const int sum : sums) all += sum;
  EXPECT_EQ(all, kThreads * kEach * (kEach + 1) / 2);
}

}  // namespace
}  // namespace promfill
