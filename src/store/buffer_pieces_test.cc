// Goal: buffers don't overlap and are used again, and what nobody uses goes back to the pool.
#include "store/buffer_pieces.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace promfill {
namespace {

constexpr std::array<std::uint16_t, 3> kSizes{96, 640, 1136};

TEST(BufferPieces, KeepsWhatIsWrittenToEachBuffer) {
  PagePool pool;
  BufferPieces pieces(pool, kSizes);
  std::mt19937_64 random(3);
  struct Taken {
    std::uint8_t* buffer;
    std::size_t size;
    std::uint8_t byte;
  };
  std::vector<Taken> taken;
  const auto check = [&](const Taken& one) {
    for (std::size_t i = 0; i < kSizes[one.size]; ++i) ASSERT_EQ(one.buffer[i], one.byte);
  };
  for (int round = 0; round < 20'000; ++round) {
    if (taken.empty() || random() % 5 < 3) {
      const std::size_t size = random() % kSizes.size();
      const Taken one{pieces.take(size), size, static_cast<std::uint8_t>(round)};
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(one.buffer) % 8, 0U);
      std::memset(one.buffer, one.byte, kSizes[size]);
      taken.push_back(one);
    } else {
      std::swap(taken[random() % taken.size()], taken.back());
      check(taken.back());
      ASSERT_TRUE(pieces.give_back(taken.back().buffer));
      taken.pop_back();
    }
  }
  for (const Taken& one : taken) {
    check(one);
    ASSERT_TRUE(pieces.give_back(one.buffer));
  }
  EXPECT_EQ(pieces.memory_bytes(), 0U);
}

TEST(BufferPieces, GivesBackPiecesThatAreOutgrown) {
  PagePool pool;
  BufferPieces pieces(pool, kSizes);
  constexpr std::size_t kSeries = 20'000;
  std::vector<std::uint8_t*> buffers;
  for (std::size_t i = 0; i < kSeries; ++i) buffers.push_back(pieces.take(0));
  for (std::uint8_t*& buffer : buffers) {
    std::uint8_t* const larger = pieces.take(1);
    ASSERT_TRUE(pieces.give_back(std::exchange(buffer, larger)));
  }
  EXPECT_LT(pieces.memory_bytes(), kSeries * 640 * 103 / 100);
}

TEST(BufferPieces, KnowsWhatIsNotItsOwn) {
  PagePool pool;
  BufferPieces pieces(pool, kSizes);
  BufferPieces others(pool, kSizes);
  std::uint8_t* const buffer = others.take(0);
  EXPECT_FALSE(pieces.give_back(buffer));
  std::uint8_t* const first = pieces.take(2);
  std::uint8_t* const second = pieces.take(2);
  EXPECT_TRUE(pieces.give_back(first));
  EXPECT_EQ(pieces.take(2), first);
  EXPECT_NE(second, first);
}

}  // namespace
}  // namespace promfill
