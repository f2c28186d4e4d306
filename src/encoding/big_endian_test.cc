// Big-endian loads and stores: the byte order itself, and places without alignment.
#include "encoding/big_endian.h"

#include <gtest/gtest.h>

#include <array>

namespace promfill {
namespace {

TEST(BigEndian, MostSignificantByteComesFirst) {
  const std::array<std::uint8_t, 8> bytes{0x01, 0x02, 0x03, 0x04, 0x85, 0x86, 0x87, 0x88};
  EXPECT_EQ(load_be16(bytes.data()), 0x0102);
  EXPECT_EQ(load_be32(bytes.data()), 0x01020304U);
  EXPECT_EQ(load_be64(bytes.data()), 0x0102030485868788U);
}

TEST(BigEndian, StoresWhatItLoadsAtAnyAlignment) {
  for (std::size_t shift = 0; shift < 8; ++shift) {
    std::array<std::uint8_t, 16> bytes{};
    store_be64(bytes.data() + shift, 0xF1E2D3C4B5A69788U);
    EXPECT_EQ(bytes[shift], 0xF1);
    EXPECT_EQ(bytes[shift + 7], 0x88);
    EXPECT_EQ(load_be64(bytes.data() + shift), 0xF1E2D3C4B5A69788U);
    store_be32(bytes.data() + shift, 0x01020304U);
    EXPECT_EQ(load_be64(bytes.data() + shift), 0x01020304B5A69788U) << "only four bytes change";
    store_be16(bytes.data() + shift, 0xABCD);
    EXPECT_EQ(load_be32(bytes.data() + shift), 0xABCD0304U) << "only two bytes change";
  }
}

}  // namespace
}  // namespace promfill
