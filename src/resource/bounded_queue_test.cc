// BoundedQueue: order, capacity, and that closing and cancelling wake everyone, whatever the threads are at. Nothing
// here waits for a time; each outcome holds for every interleaving, so that the thread sanitizer may choose.
#include "resource/bounded_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

namespace promfill {
namespace {

TEST(BoundedQueue, IsFirstInFirstOut) {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(i));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.pop(), i);
}

TEST(BoundedQueue, HoldsItemsThatOnlyMove) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.push(std::make_unique<int>(5)));
  EXPECT_EQ(**queue.pop(), 5);
}

TEST(BoundedQueue, CloseLetsTheRestBeTaken) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));
  queue.close();
  queue.close();
  EXPECT_FALSE(queue.push(3)) << "though full, it does not wait";
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_FALSE(queue.push(4)) << "also when there is room again";
}

TEST(BoundedQueue, CancelDropsAndDestroysTheRest) {
  const auto item = std::make_shared<int>(1);
  BoundedQueue<std::shared_ptr<int>> queue(2);
  EXPECT_TRUE(queue.push(item));
  EXPECT_TRUE(queue.push(item));
  queue.cancel();
  EXPECT_EQ(item.use_count(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_FALSE(queue.push(item));
  EXPECT_EQ(item.use_count(), 1);
}

TEST(BoundedQueue, EveryItemArrivesOnceBetweenManyThreads) {
  constexpr int kProducers = 4;
  constexpr int kConsumers = 3;
  constexpr int kItemsEach = 2000;
  for (const std::size_t capacity : {1U, 2U, 64U}) {
    BoundedQueue<int> queue(capacity);
    std::vector<std::vector<int>> taken(kConsumers);
    {
      std::vector<std::jthread> consumers;
      for (std::vector<int>& mine : taken) {
        consumers.emplace_back([&queue, &mine] {
          while (const auto item = queue.pop()) mine.push_back(*item);
        });
      }
      std::vector<std::jthread> producers;
      for (int p = 0; p < kProducers; ++p) {
        producers.emplace_back([&queue, p] {
          for (int i = 0; i < kItemsEach; ++i) EXPECT_TRUE(queue.push(p * kItemsEach + i));
        });
      }
      for (std::jthread& producer : producers) producer.join();
      queue.close();
    }
    std::vector<int> all;
    for (const std::vector<int>& mine : taken) {
      for (int p = 0; p < kProducers; ++p) {  // what one thread put in comes out in its order
        std::vector<int> of_one;
        std::ranges::copy_if(mine, std::back_inserter(of_one), [p](int item) { return item / kItemsEach == p; });
        EXPECT_TRUE(std::ranges::is_sorted(of_one));
      }
      all.insert(all.end(), mine.begin(), mine.end());
    }
    std::ranges::sort(all);
    std::vector<int> expected(kProducers * kItemsEach);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(all, expected) << "capacity " << capacity;
  }
}

TEST(BoundedQueue, NeverHoldsMoreThanItsCapacity) {
  constexpr int kCapacity = 4;
  BoundedQueue<int> queue(kCapacity);
  std::atomic<int> pushed = 0;
  std::jthread producer([&] {
    for (int i = 0; i < 5'000; ++i) {
      queue.push(i);
      ++pushed;
    }
    queue.close();
  });
  int popped = 0;
  while (queue.pop()) {
    const int ahead = pushed.load() - popped++;  // includes the item just taken
    EXPECT_LE(ahead, kCapacity + 1);
  }
  EXPECT_EQ(popped, 5'000);
}

TEST(BoundedQueue, CloseWakesProducersThatWaitForRoom) {
  for (int round = 0; round < 200; ++round) {
    BoundedQueue<int> queue(1);
    ASSERT_TRUE(queue.push(0));
    std::atomic<int> refused = 0;
    {
      std::vector<std::jthread> producers;
      for (int i = 0; i < 3; ++i) producers.emplace_back([&] { refused += queue.push(1) ? 0 : 1; });
      queue.close();
    }
    EXPECT_EQ(refused, 3);
    EXPECT_EQ(queue.pop(), 0);
    EXPECT_EQ(queue.pop(), std::nullopt);
  }
}

TEST(BoundedQueue, CloseAndCancelWakeConsumersThatWaitForItems) {
  for (int round = 0; round < 200; ++round) {
    BoundedQueue<int> queue(1);
    std::atomic<int> ended = 0;
    {
      std::vector<std::jthread> consumers;
      for (int i = 0; i < 3; ++i) consumers.emplace_back([&] { ended += queue.pop() ? 0 : 1; });
      if (round % 2 == 0) {
        queue.close();
      } else {
        queue.cancel();
      }
    }
    EXPECT_EQ(ended, 3);
  }
}

/// Goal: a job that fails half-way ends. Method: one consumer cancels while producers and consumers are at it.
TEST(BoundedQueue, CancelInTheMiddleEndsEveryThread) {
  for (int round = 0; round < 50; ++round) {
    const auto item = std::make_shared<int>(round);
    BoundedQueue<std::shared_ptr<int>> queue(2);
    {
      std::vector<std::jthread> threads;
      for (int p = 0; p < 3; ++p) {
        threads.emplace_back([&] {
          while (queue.push(item)) {
          }
        });
      }
      threads.emplace_back([&] {
        while (queue.pop()) {
        }
      });
      threads.emplace_back([&] {
        for (int i = 0; i < round; ++i) (void)queue.pop();
        queue.cancel();
      });
    }
    EXPECT_EQ(item.use_count(), 1) << "nothing stays behind";
  }
}

TEST(BoundedQueueDeathTest, RoomForNothingIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(BoundedQueue<int>(0), "capacity > 0");
}

}  // namespace
}  // namespace promfill
