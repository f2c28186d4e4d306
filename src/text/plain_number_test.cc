// Goal: what is taken for a plain number is the number that std::from_chars reads, and everything else is left to it.
#include "text/plain_number.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <random>
#include <string>

namespace promfill {
namespace {

template <typename Number>
bool by_from_chars(std::string_view text, Number& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size();
}

/// Texts of few characters are numbers often, and all ways of being none are among them.
std::string random_text(std::mt19937_64& random, std::string_view characters) {
  std::string text(random() % 20, ' ');
  for (char& c : text) c = characters[random() % characters.size()];
  return text;
}

TEST(PlainInteger, IsWhatFromCharsReads) {
  std::mt19937_64 random(1);
  int taken = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string text =
        random_text(random, i % 2 == 0 ? "0123456789" : "0123456789012345678901234567890123456789-. ");
    std::int64_t plain = 0;
    std::int64_t expected = 0;
    if (!plain_integer(text, plain)) continue;
    ++taken;
    ASSERT_TRUE(by_from_chars(text, expected)) << text;
    ASSERT_EQ(plain, expected) << text;
  }
  EXPECT_GT(taken, 100'000);
}

TEST(PlainDecimal, IsTheNearestDoubleAsFromCharsReadsIt) {
  std::mt19937_64 random(2);
  int taken = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    std::string text = std::to_string(random() >> (random() % 64));
    if (i % 2 == 0) text.insert(1 + random() % text.size(), ".");
    if (i % 3 == 0) text.insert(0, "-");
    if (i % 5 == 0) text = random_text(random, "0123456789.-e+ ");
    double plain = 0;
    double expected = 0;
    if (!plain_decimal(text, plain)) continue;
    ++taken;
    ASSERT_TRUE(by_from_chars(text, expected)) << text;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(plain), std::bit_cast<std::uint64_t>(expected)) << text;
  }
  EXPECT_GT(taken, 500'000);
}

TEST(PlainNumbers, TakeTheirEdges) {
  std::int64_t integer = 0;
  EXPECT_TRUE(plain_integer("-999999999999999999", integer));
  EXPECT_EQ(integer, -999'999'999'999'999'999);
  double decimal = 1;
  EXPECT_TRUE(plain_decimal("-0", decimal));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(decimal), std::bit_cast<std::uint64_t>(-0.0));
  EXPECT_TRUE(plain_decimal("0.00000000000001", decimal));
  EXPECT_EQ(decimal, 1e-14);
  EXPECT_TRUE(plain_decimal("999999999999999", decimal));
  EXPECT_EQ(decimal, 999'999'999'999'999.0);
}

TEST(PlainNumbers, LeaveEverythingElse) {
  for (const char* const text : {"", "-", "+1", "1e5", "nan", " 1", "1 ", "1234567890123456789", "0x1", "1,5", "--1"}) {
    std::int64_t integer = 0;
    double decimal = 0;
    EXPECT_FALSE(plain_integer(text, integer)) << text;
    EXPECT_FALSE(plain_decimal(text, decimal)) << text;
  }
  for (const char* const text : {".", "-.5", ".5", "5.", "1.2.3", "1234567890.123456", "12345678901234567"}) {
    double decimal = 0;
    EXPECT_FALSE(plain_decimal(text, decimal)) << text;
  }
}

TEST(ShortestInteger, IsOneThatWouldBeWrittenSo) {
  for (const char* const text : {"0", "7", "-7", "1000", "123456789012345678"}) EXPECT_TRUE(is_shortest_integer(text));
  for (const char* const text : {"", "-", "-0", "00", "007", "-07", "+7", "7.0", "7 "}) {
    EXPECT_FALSE(is_shortest_integer(text)) << text;
  }
}

}  // namespace
}  // namespace promfill
