// CRC-32C: published vectors, then the instruction against the tables on random lengths and alignments.
#include "encoding/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace promfill {
namespace {

TEST(Crc32c, MatchesPublishedVectors) {
  const Bytes zeros(32, 0x00);
  const Bytes ones(32, 0xff);
  Bytes rising(32);
  std::iota(rising.begin(), rising.end(), std::uint8_t{0});
  for (const auto extend : {&crc32c_extend, &crc32c_extend_table}) {
    EXPECT_EQ(extend(0, {}), 0U);
    EXPECT_EQ(extend(0, as_bytes("a")), 0xC1D04330U);
    EXPECT_EQ(extend(0, as_bytes("123456789")), 0xE3069283U);  // the check value of every CRC catalogue
    EXPECT_EQ(extend(0, zeros), 0x8A9136AAU);                  // RFC 3720, B.4
    EXPECT_EQ(extend(0, ones), 0x62A8AB43U);
    EXPECT_EQ(extend(0, rising), 0x46DD794EU);
  }
}

TEST(Crc32c, TableAndInstructionAgree) {
  std::mt19937_64 random(4);
  Bytes bytes(4096 + 16);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  for (int i = 0; i < 5000; ++i) {
    const std::size_t start = random() % 16;
    const std::size_t size = i < 100 ? static_cast<std::size_t>(i) : random() % 4096;
    const auto before = static_cast<std::uint32_t>(random());
    const ByteView part = ByteView(bytes).subspan(start, size);
    ASSERT_EQ(crc32c_extend(before, part), crc32c_extend_table(before, part)) << start << " " << size;
  }
}

TEST(Crc32c, ExtendingByPartsIsTheCrcOfTheWhole) {
  const ByteView whole = as_bytes("0123456789abcdefghijklmnopqrstuvwxyz");
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(crc32c_extend(crc32c(whole.first(cut)), whole.subspan(cut)), crc32c(whole)) << cut;
  }
}

TEST(Crc32c, CombinesTheChecksumsOfTwoParts) {
  Bytes bytes(1000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + 7);
  for (const std::size_t cut : {0U, 1U, 3U, 4U, 8U, 500U, 999U, 1000U}) {
    const ByteView a = ByteView(bytes).first(cut);
    const ByteView b = ByteView(bytes).subspan(cut);
    EXPECT_EQ(crc32c_combine(crc32c(a), crc32c(b), b.size()), crc32c(bytes)) << cut;
  }
}

// A section of 4 GiB: x to the power of the bits of so many zeros is found without them by squaring twice.
TEST(Crc32c, CombinesOverMoreBytesThanMemoryHolds) {
  const std::uint32_t a = crc32c(as_bytes("symbols"));
  const std::uint64_t half = 1ULL << 31;
  const std::uint32_t halves = crc32c_combine(crc32c_combine(a, 0, half), 0, half);
  EXPECT_EQ(crc32c_combine(a, 0, 2 * half), halves);
  EXPECT_NE(halves, a);
}

}  // namespace
}  // namespace promfill
