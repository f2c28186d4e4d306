// ByteWriter: the bytes of each call, and padding at, before and after a multiple.
#include "encoding/byte_writer.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

TEST(ByteWriter, AppendsInCallOrder) {
  ByteWriter writer;
  writer.u8(0xFE);
  writer.be32(0x01020304);
  writer.be64(0x1112131415161718);
  writer.uvarint(300);
  writer.varint(-1);
  writer.string("ab");
  writer.string("");
  const Bytes tail{9, 8};
  writer.raw(tail);
  const Bytes expected{0xFE, 1,    2,    3,    4,    0x11, 0x12, 0x13, 0x14, 0x15, 0x16,
                       0x17, 0x18, 0xac, 0x02, 0x01, 2,    'a',  'b',  0,    9,    8};
  EXPECT_EQ(Bytes(writer.view().begin(), writer.view().end()), expected);
  EXPECT_EQ(writer.size(), expected.size());
  EXPECT_EQ(std::move(writer).take(), expected);
}

TEST(ByteWriter, KeepsEveryByteOfAString) {
  ByteWriter writer;
  const std::string_view text("\0\xff\n", 3);
  writer.string(text);
  EXPECT_EQ(as_text(writer.view()), std::string_view("\x03\0\xff\n", 4));
}

TEST(ByteWriter, PadsWithZerosToTheNextMultipleOnly) {
  for (const std::size_t alignment : {1U, 4U, 16U}) {
    for (std::size_t size = 0; size <= 2 * alignment; ++size) {
      ByteWriter writer;
      for (std::size_t i = 0; i < size; ++i) writer.u8(0xAA);
      writer.pad_to(alignment);
      ASSERT_EQ(writer.size() % alignment, 0U);
      ASSERT_GE(writer.size(), size);
      ASSERT_LT(writer.size(), size + alignment);
      for (std::size_t i = size; i < writer.size(); ++i) ASSERT_EQ(writer.view()[i], 0);
    }
  }
}

TEST(ByteWriter, ClearStartsAnew) {
  ByteWriter writer;
  writer.be64(1);
  writer.clear();
  EXPECT_EQ(writer.size(), 0U);
  writer.u8(7);
  EXPECT_EQ(std::move(writer).take(), Bytes{7});
}

TEST(ByteWriterDeathTest, AlignmentMustBeAPowerOfTwo) {
  ByteWriter writer;
  EXPECT_DEATH(writer.pad_to(12), "has_single_bit");
  EXPECT_DEATH(writer.pad_to(0), "has_single_bit");
}

}  // namespace
}  // namespace promfill
