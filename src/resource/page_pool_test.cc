// Goal: pieces never overlap, joined neighbours serve larger requests, and memory goes back.
#include "resource/page_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>

namespace promfill {
namespace {

TEST(PagePool, RoundsToPowersOfTwoAndWholeSlabs) {
  EXPECT_EQ(PagePool::rounded(1), 4096U);
  EXPECT_EQ(PagePool::rounded(4096), 4096U);
  EXPECT_EQ(PagePool::rounded(4097), 8192U);
  EXPECT_EQ(PagePool::rounded(PagePool::kSlabBytes), PagePool::kSlabBytes);
  EXPECT_EQ(PagePool::rounded(PagePool::kSlabBytes + 1), 2 * PagePool::kSlabBytes);
}

TEST(PagePool, PiecesDoNotOverlap) {
  PagePool pool;
  std::mt19937_64 random(1);
  std::map<std::uint8_t*, std::size_t> held;
  for (int round = 0; round < 20'000; ++round) {
    if (held.empty() || random() % 5 < 3) {
      const std::size_t bytes = std::size_t{1} << (random() % 23);
      std::uint8_t* const piece = pool.allocate(bytes);
      ASSERT_NE(piece, nullptr);
      const auto above = held.lower_bound(piece);
      ASSERT_TRUE(above == held.end() || piece + PagePool::rounded(bytes) <= above->first);
      ASSERT_TRUE(above == held.begin() ||
                  std::prev(above)->first + PagePool::rounded(std::prev(above)->second) <= piece);
      piece[0] = piece[bytes - 1] = static_cast<std::uint8_t>(round);
      held.emplace(piece, bytes);
    } else {
      const auto victim = std::next(held.begin(), static_cast<std::ptrdiff_t>(random() % held.size()));
      pool.release(victim->first, victim->second);
      held.erase(victim);
    }
    if (held.size() > 200) {
      for (const auto& [piece, bytes] : held) pool.release(piece, bytes);
      held.clear();
      ASSERT_LE(pool.mapped_bytes(), 4 * PagePool::kSlabBytes) << "all was free: a few slabs stay";
    }
  }
  for (const auto& [piece, bytes] : held) pool.release(piece, bytes);
}

TEST(PagePool, JoinsNeighboursAgain) {
  PagePool pool;
  std::vector<std::uint8_t*> pieces;
  for (std::size_t i = 0; i < PagePool::kSlabBytes / PagePool::kPieceBytesMin; ++i) pieces.push_back(pool.allocate(1));
  EXPECT_EQ(pool.mapped_bytes(), PagePool::kSlabBytes);
  for (std::uint8_t* piece : pieces) pool.release(piece, 1);
  std::uint8_t* const whole = pool.allocate(PagePool::kSlabBytes);
  EXPECT_EQ(pool.mapped_bytes(), PagePool::kSlabBytes);
  pool.release(whole, PagePool::kSlabBytes);
}

TEST(PooledPiece, GoesBackWithItsOwner) {
  PagePool pool;
  {
    PooledPiece first(pool, 3 * PagePool::kSlabBytes);
    PooledPiece second(std::move(first));
    EXPECT_EQ(first.data(), nullptr);
    EXPECT_EQ(pool.mapped_bytes(), 3 * PagePool::kSlabBytes);
  }
  EXPECT_EQ(pool.mapped_bytes(), 0U);
}

}  // namespace
}  // namespace promfill
