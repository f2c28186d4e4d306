// Goal: every character's case is Go's. Method: the sum of all characters of Unicode in the other case, as Go 1.26
// (Unicode 15.0) gave it.
#include "relabel/unicode_case.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "relabel/md5.h"

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

std::string all_characters() {
  std::string all;
  const auto continuation = [](unsigned bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  for (unsigned c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    if (c < 0x80) all += static_cast<char>(c);
    if (c >= 0x80 && c < 0x800) all += static_cast<char>(0xC0 | (c >> 6));
    if (c >= 0x800 && c < 0x10000) all += static_cast<char>(0xE0 | (c >> 12));
    if (c >= 0x10000) all += {static_cast<char>(0xF0 | (c >> 18)), continuation(c >> 12)};
    if (c >= 0x800) all += continuation(c >> 6);
    if (c >= 0x80) all += continuation(c);
  }
  return all;
}

TEST(UnicodeCase, IsGosForEveryCharacter) {
  const std::string all = all_characters();
  EXPECT_EQ(hex(to_lower(all)), "8fb4f6e62787fceee6a3e27d9a1a8011");
  EXPECT_EQ(hex(to_upper(all)), "5efbd620911e5a5dca50ebe53aa080d5");
}

TEST(UnicodeCase, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(to_lower("A\xFFZ\xC3"), "a\xEF\xBF\xBDz\xEF\xBF\xBD");
  EXPECT_EQ(to_upper("\xED\xA0\x80x"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDX");
  EXPECT_EQ(to_upper(""), "");
}

}  // namespace
}  // namespace promfill
