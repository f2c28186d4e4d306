// The nine bytes of "no deletions", counted entries, and damage.
#include "block/tombstones.h"

#include <gtest/gtest.h>

#include "encoding/byte_writer.h"
#include "encoding/crc32c.h"

namespace promfill {
namespace {

Bytes with_entries(ByteView entries) {
  ByteWriter out;
  out.be32(0x0130BA30);
  out.u8(1);
  out.raw(entries);
  out.be32(crc32c(entries));
  return std::move(out).take();
}

TEST(Tombstones, EmptyFileIsNineBytes) {
  EXPECT_EQ(encode_empty_tombstones(), (Bytes{0x01, 0x30, 0xBA, 0x30, 0x01, 0, 0, 0, 0}));
  const auto count = count_tombstones(encode_empty_tombstones());
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 0U);
}

TEST(Tombstones, CountsEntries) {
  ByteWriter entries;
  for (std::uint64_t series = 1; series <= 3; ++series) {
    entries.uvarint(series);
    entries.varint(-5);
    entries.varint(1'000'000);
  }
  const auto count = count_tombstones(with_entries(entries.view()));
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 3U);
}

TEST(Tombstones, RefusesEveryFlippedBitAndEveryLength) {
  const Bytes good = encode_empty_tombstones();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(count_tombstones(bad)) << "bit " << bit;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto count = count_tombstones(ByteView(good).first(size));
    ASSERT_FALSE(count) << size << " bytes";
    EXPECT_EQ(count.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Tombstones, RefusesMalformedEntries) {
  EXPECT_FALSE(count_tombstones(with_entries(Bytes{1, 2})));           // ends within an entry
  EXPECT_FALSE(count_tombstones(with_entries(Bytes{1, 4, 2})));        // [2, 1]
  EXPECT_FALSE(count_tombstones(with_entries(Bytes{0x81, 0, 2, 4})));  // a longer form of 1
}

}  // namespace
}  // namespace promfill
