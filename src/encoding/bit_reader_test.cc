// BitReader against a reader that takes one bit at a time from a vector<bool>, over all positions and widths.
#include "encoding/bit_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "encoding/byte_writer.h"

namespace promfill {
namespace {

Bytes random_bytes(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

/// Bits [first, first + count), the slow way.
std::uint64_t bits_of(const Bytes& bytes, std::uint64_t first, unsigned count) {
  std::uint64_t x = 0;
  for (std::uint64_t i = first; i < first + count; ++i) x = x << 1 | ((bytes[i / 8] >> (7 - i % 8)) & 1);
  return x;
}

/// The bits of `bytes`, `shift` zero bits before them.
Bytes shifted(ByteView bytes, unsigned shift) {
  Bytes result(bytes.size() + 1);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    result[i] = static_cast<std::uint8_t>(result[i] | bytes[i] >> shift);
    result[i + 1] = static_cast<std::uint8_t>(bytes[i] << (8 - shift));
  }
  return result;
}

TEST(BitReader, ReadsEveryWidthAtEveryPosition) {
  const Bytes bytes = random_bytes(24, 1);
  const std::uint64_t size_bits = bytes.size() * 8;
  for (std::uint64_t first = 0; first < size_bits; ++first) {
    for (unsigned count = 0; count <= 64 && first + count <= size_bits; ++count) {
      BitReader reader(bytes);
      for (std::uint64_t skipped = 0; skipped < first;) {
        const auto step = static_cast<unsigned>(std::min<std::uint64_t>(first - skipped, 61));
        reader.bits(step);
        skipped += step;
      }
      ASSERT_EQ(reader.bits(count), bits_of(bytes, first, count)) << "at bit " << first << ", " << count << " bits";
      ASSERT_EQ(reader.position(), first + count);
      ASSERT_TRUE(reader.ok());
    }
  }
}

TEST(BitReader, ReadsRandomWidthsInSequence) {
  const Bytes bytes = random_bytes(100'000, 2);
  std::mt19937_64 random(3);
  BitReader reader(bytes);
  while (bytes.size() * 8 - reader.position() >= 64) {
    const std::uint64_t first = reader.position();
    const auto count = static_cast<unsigned>(random() % 65);
    ASSERT_EQ(reader.bits(count), bits_of(bytes, first, count));
  }
  EXPECT_TRUE(reader.ok());
}

TEST(BitReader, FailsOneBitPastTheEndAndForGood) {
  for (std::size_t size = 0; size <= 18; ++size) {
    const Bytes bytes(size, 0xff);
    BitReader reader(bytes);
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(reader.bits(8), 0xffU);
    ASSERT_TRUE(reader.ok());
    ASSERT_FALSE(reader.bit());
    ASSERT_FALSE(reader.ok());
    ASSERT_EQ(reader.position(), size * 8);
  }
}

TEST(BitReader, GivesZerosAfterAFailureThoughBitsRemain) {
  const Bytes bytes(4, 0xff);
  BitReader reader(bytes);
  EXPECT_EQ(reader.bits(3), 7U);
  EXPECT_EQ(reader.bits(30), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.bits(1), 0U);
  EXPECT_EQ(reader.uvarint(), 0U);
  EXPECT_EQ(reader.position(), 3U);
}

TEST(BitReader, ReadsVarintsAtEveryShift) {
  const std::int64_t values[] = {0,
                                 -1,
                                 63,
                                 64,
                                 -65,
                                 1'583'020'800'000,
                                 std::numeric_limits<std::int64_t>::min(),
                                 std::numeric_limits<std::int64_t>::max()};
  ByteWriter writer;
  for (const std::int64_t x : values) {
    writer.varint(x);
    writer.uvarint(static_cast<std::uint64_t>(x));
  }
  for (unsigned shift = 0; shift < 8; ++shift) {
    const Bytes bytes = shifted(writer.view(), shift);
    BitReader reader(bytes);
    ASSERT_EQ(reader.bits(shift), 0U);
    for (const std::int64_t x : values) {
      ASSERT_EQ(reader.varint(), x);
      ASSERT_EQ(reader.uvarint(), static_cast<std::uint64_t>(x));
    }
    ASSERT_TRUE(reader.ok());
    ASSERT_EQ(reader.position(), writer.size() * 8 + shift);
  }
}

TEST(BitReader, RefusesTheVarintsThatByteReaderRefuses) {
  const Bytes cases[] = {{0x80}, {0x80, 0x00}, Bytes(9, 0x80), Bytes(12, 0xff), {}};
  for (const Bytes& bytes : cases) {
    BitReader reader(bytes);
    EXPECT_EQ(reader.uvarint(), 0U);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.position(), 0U);
  }
}

TEST(BitReaderDeathTest, WidthAbove64IsABug) {
  const Bytes bytes(16);
  BitReader reader(bytes);
  EXPECT_DEATH(reader.bits(65), "count <= 64");
}

}  // namespace
}  // namespace promfill
