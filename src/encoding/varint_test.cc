// Varints against Go's encoding/binary: known bytes at every change of length, zigzag at the ends of the range.
#include "encoding/varint.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

namespace promfill {
namespace {

std::vector<std::uint8_t> uvarint_bytes(std::uint64_t x) {
  std::array<std::uint8_t, kVarintBytesMax> bytes{};
  const std::size_t size = put_uvarint(bytes.data(), x);
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(Uvarint, HasGosBytes) {
  using V = std::vector<std::uint8_t>;
  EXPECT_EQ(uvarint_bytes(0), (V{0x00}));
  EXPECT_EQ(uvarint_bytes(1), (V{0x01}));
  EXPECT_EQ(uvarint_bytes(127), (V{0x7f}));
  EXPECT_EQ(uvarint_bytes(128), (V{0x80, 0x01}));
  EXPECT_EQ(uvarint_bytes(300), (V{0xac, 0x02}));
  EXPECT_EQ(uvarint_bytes(16383), (V{0xff, 0x7f}));
  EXPECT_EQ(uvarint_bytes(16384), (V{0x80, 0x80, 0x01}));
  EXPECT_EQ(uvarint_bytes(std::uint64_t{1} << 63), (V{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}));
  EXPECT_EQ(uvarint_bytes(~std::uint64_t{0}), (V{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

TEST(Uvarint, SizeIsWhatPutWritesAroundEveryPowerOfTwo) {
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    for (const std::uint64_t x : {power - 1, power, power + 1}) {
      EXPECT_EQ(uvarint_size(x), uvarint_bytes(x).size()) << x;
    }
  }
}

TEST(Varint, ZigzagAlternatesAroundZero) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  static_assert(zigzag(0) == 0);
  static_assert(zigzag(-1) == 1);
  static_assert(zigzag(1) == 2);
  static_assert(zigzag(-2) == 3);
  static_assert(zigzag(kMax) == ~std::uint64_t{1});
  static_assert(zigzag(kMin) == ~std::uint64_t{0});
  for (const std::int64_t x : {kMin, kMin + 1, std::int64_t{-64}, std::int64_t{63}, std::int64_t{64}, kMax}) {
    EXPECT_EQ(unzigzag(zigzag(x)), x);
  }
}

TEST(Varint, FallsBelowOneByteFromMinus64To63) {
  std::array<std::uint8_t, kVarintBytesMax> bytes{};
  EXPECT_EQ(put_varint(bytes.data(), -65), 2U);
  EXPECT_EQ(put_varint(bytes.data(), -64), 1U);
  EXPECT_EQ(bytes[0], 0x7f);
  EXPECT_EQ(put_varint(bytes.data(), 63), 1U);
  EXPECT_EQ(bytes[0], 0x7e);
  EXPECT_EQ(put_varint(bytes.data(), 64), 2U);
}

}  // namespace
}  // namespace promfill
