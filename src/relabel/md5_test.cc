// Goal: the sums of RFC 1321, and of every length around a block's end. Method: the RFC's own examples, and md5 of the
// sums of all shorter texts, as Python's hashlib gives it.
#include "relabel/md5.h"

#include <gtest/gtest.h>

#include <string>

namespace promfill {
namespace {

std::string hex(std::string_view text) {
  std::string digits;
  for (const std::uint8_t byte : md5(text)) {
    digits += "0123456789abcdef"[byte >> 4];
    digits += "0123456789abcdef"[byte & 15];
  }
  return digits;
}

TEST(Md5, GivesTheSumsOfTheRfc) {
  EXPECT_EQ(hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, PadsEveryLength) {
  std::string sums;
  for (std::size_t length = 0; length < 200; ++length) sums += hex(std::string(length, 'x'));
  EXPECT_EQ(hex(sums), "0f0e2ac786e6a42eac7e7de3a518cd0c");
}

}  // namespace
}  // namespace promfill
