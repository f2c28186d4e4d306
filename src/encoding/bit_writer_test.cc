// Goal: bits come back as they were written, at every place in a byte and of every length.
#include "encoding/bit_writer.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "encoding/bit_reader.h"

namespace promfill {
namespace {

TEST(BitWriter, IsTheReadersTwin) {
  std::mt19937_64 random(1);
  std::vector<std::pair<std::uint64_t, unsigned>> written;
  BitWriter writer;
  for (int i = 0; i < 20'000; ++i) {
    const auto count = static_cast<unsigned>(random() % 65);
    const std::uint64_t bits = count == 0 ? 0 : random() >> (64 - count);
    written.emplace_back(bits, count);
    writer.bits(bits, count);
  }
  BitReader reader(writer.view());
  for (const auto& [bits, count] : written) EXPECT_EQ(reader.bits(count), bits);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ((reader.position() + 7) / 8, writer.size());
}

TEST(BitWriter, KeepsTheUnfinishedByteInMemory) {
  BitWriter writer;
  writer.bits(0b101, 3);
  EXPECT_EQ(writer.view()[0], 0b1010'0000);
  writer.bits(0b11111, 5);
  writer.bits(1, 1);
  EXPECT_EQ(Bytes(writer.view().begin(), writer.view().end()), (Bytes{0b1011'1111, 0b1000'0000}));
  writer.clear();
  EXPECT_EQ(writer.size(), 0U);
  writer.bits(0, 2);
  EXPECT_EQ(writer.view()[0], 0);
}

TEST(BitWriter, WritesVarintsAnywhere) {
  BitWriter writer;
  writer.bits(1, 1);
  for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 62}) writer.varint(number);
  BitReader reader(writer.view());
  reader.bits(1);
  EXPECT_EQ(reader.varint(), 0);
  EXPECT_EQ(reader.varint(), -1);
  EXPECT_EQ(reader.varint(), std::int64_t{1} << 62);
}

}  // namespace
}  // namespace promfill
