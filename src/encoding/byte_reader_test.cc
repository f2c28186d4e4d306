// ByteReader: reads back what ByteWriter wrote, and refuses every other form, once and for good.
#include "encoding/byte_reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "encoding/byte_writer.h"

namespace promfill {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(ByteReader, ReadsBackWhatWasWritten) {
  ByteWriter writer;
  writer.u8(0xFE);
  writer.be32(0xFFFEFDFC);
  writer.be64(kMax - 1);
  writer.uvarint(128);
  writer.varint(std::numeric_limits<std::int64_t>::min());
  writer.string("label");
  writer.raw(as_bytes("xyz"));
  ByteReader reader(writer.view());
  EXPECT_EQ(reader.u8(), 0xFE);
  EXPECT_EQ(reader.be32(), 0xFFFEFDFCU);
  EXPECT_EQ(reader.be64(), kMax - 1);
  EXPECT_EQ(reader.uvarint(), 128U);
  EXPECT_EQ(reader.varint(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.string(), "label");
  EXPECT_FALSE(reader.at_end());
  EXPECT_EQ(as_text(reader.raw(3)), "xyz");
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.position(), writer.size());
}

TEST(ByteReader, VarintsSurviveTheRoundTripAtEveryLength) {
  std::mt19937_64 random(20200301);
  for (int bit = 0; bit <= 64; ++bit) {
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t mask = bit == 0 ? 0 : kMax >> (64 - bit);
      const std::uint64_t x = i == 0 ? mask : random() & mask;
      ByteWriter writer;
      writer.uvarint(x);
      writer.varint(static_cast<std::int64_t>(x));
      ByteReader reader(writer.view());
      ASSERT_EQ(reader.uvarint(), x);
      ASSERT_EQ(reader.varint(), static_cast<std::int64_t>(x));
      ASSERT_TRUE(reader.ok() && reader.at_end());
    }
  }
}

struct UvarintCase {
  const char* what;
  Bytes bytes;
};

TEST(ByteReader, RefusesUvarintsThatPutUvarintNeverWrites) {
  const UvarintCase cases[] = {
      {"nothing", {}},
      {"continuation at the end", {0x80}},
      {"nine continuations at the end", Bytes(9, 0xff)},
      {"zero in two bytes", {0x80, 0x00}},
      {"127 in two bytes", {0xff, 0x00}},
      {"zero in ten bytes", {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}},
      {"65th bit set", {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}},
      {"eleven bytes", {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}},
      {"continuations for ever", Bytes(100, 0xff)},
  };
  for (const UvarintCase& c : cases) {
    ByteReader reader(c.bytes);
    EXPECT_EQ(reader.uvarint(), 0U) << c.what;
    EXPECT_FALSE(reader.ok()) << c.what;
    EXPECT_EQ(reader.position(), 0U) << c.what;
  }
}

TEST(ByteReader, TakesTheLargestUvarint) {
  const Bytes bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.uvarint(), kMax);
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, EveryReadFailsOneByteBeforeItsEnd) {
  const Bytes bytes{4, 'a', 'b', 'c', 'd', 0, 0, 0};
  const auto fails = [&bytes](std::size_t size, auto read) {
    ByteReader reader(ByteView(bytes).first(size));
    read(reader);
    return !reader.ok() && reader.position() == 0;
  };
  EXPECT_TRUE(fails(0, [](ByteReader& r) { EXPECT_EQ(r.u8(), 0); }));
  EXPECT_TRUE(fails(1, [](ByteReader& r) { EXPECT_EQ(r.be16(), 0); }));
  EXPECT_TRUE(fails(3, [](ByteReader& r) { EXPECT_EQ(r.be32(), 0U); }));
  EXPECT_TRUE(fails(7, [](ByteReader& r) { EXPECT_EQ(r.be64(), 0U); }));
  EXPECT_TRUE(fails(4, [](ByteReader& r) { EXPECT_EQ(r.string(), ""); }));
  EXPECT_TRUE(fails(7, [](ByteReader& r) { EXPECT_TRUE(r.raw(8).empty()); }));
  EXPECT_FALSE(fails(5, [](ByteReader& r) { EXPECT_EQ(r.string(), "abcd"); }));
  EXPECT_FALSE(fails(8, [](ByteReader& r) { EXPECT_EQ(r.be64(), 0x0461626364000000U); }));
}

TEST(ByteReader, StringLengthNearTheTopOfTheRangeDoesNotWrapAround) {
  ByteWriter writer;
  writer.uvarint(kMax);
  writer.raw(as_bytes("abc"));
  ByteReader reader(writer.view());
  EXPECT_EQ(reader.string(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, StaysFailedThoughBytesRemain) {
  const Bytes bytes{1, 2, 3, 4, 5, 6, 7};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.be64(), 0U);
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_EQ(reader.be16(), 0);
  EXPECT_EQ(reader.uvarint(), 0U);
  EXPECT_EQ(reader.string(), "");
  EXPECT_TRUE(reader.raw(1).empty());
  EXPECT_FALSE(reader.ok());
  EXPECT_TRUE(reader.at_end()) << "a loop until at_end() must end";
  EXPECT_EQ(reader.position(), 1U) << "where it failed, for the message";
}

TEST(ByteReader, NoBytesAreNoFailureUntilOneIsRead) {
  ByteReader reader({});
  EXPECT_TRUE(reader.raw(0).empty());
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteReader, BorrowsFromTheInput) {
  const Bytes bytes{2, 'h', 'i'};
  ByteReader reader(bytes);
  EXPECT_EQ(as_bytes(reader.string()).data(), bytes.data() + 1);
}

}  // namespace
}  // namespace promfill
