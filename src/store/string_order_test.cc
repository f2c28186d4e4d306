// Goal: the order is that of std::sort over bytes. Method: random strings that share prefixes, end at word boundaries
// and hold zero bytes, which the words are padded with.
#include "store/string_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace promfill {
namespace {

/// The strings in the order found; fails where a position is missing or stands twice.
std::vector<std::string_view> in_order(const std::vector<std::string_view>& strings) {
  std::vector<std::uint32_t> order = order_of_strings(strings);
  std::vector<std::string_view> sorted;
  for (const std::uint32_t position : order) sorted.push_back(strings[position]);
  std::sort(order.begin(), order.end());
  for (std::uint32_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
  EXPECT_EQ(order.size(), strings.size());
  return sorted;
}

void expect_sorted(std::vector<std::string_view> strings) {
  const std::vector<std::string_view> sorted = in_order(strings);
  std::sort(strings.begin(), strings.end());
  ASSERT_EQ(sorted, strings);
}

TEST(StringOrder, TellsZeroBytesFromTheEnd) {
  using namespace std::string_view_literals;
  expect_sorted({"a\0"sv, "a"sv, ""sv, "\0"sv, "a\0\0"sv, "\0\0"sv, "a\0b"sv, "a"sv, ""sv});
  expect_sorted({"1234567\0"sv, "1234567"sv, "12345678"sv, "1234567\0\0"sv, "1234567\0a"sv, "12345678\0"sv});
  expect_sorted({"12345678"sv, "123456789"sv, "1234567890"sv, "12345678\0"sv, "12345678"sv, "12345678\0\0"sv});
}

TEST(StringOrder, HasHighBytesLast) { expect_sorted({"\xff", "\x7f", "\x80", "a", "\xc3\xbc", "~"}); }

TEST(StringOrder, AgreesWithSort) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    const std::string prefix(random() % 25, "a\0\xff"[random() % 3]);
    std::vector<std::string> texts;
    for (std::size_t n = random() % 60; n > 0; --n) {
      std::string text = random() % 3 > 0 ? prefix : "";
      if (!texts.empty() && random() % 4 == 0) text = texts[random() % texts.size()];
      const std::size_t length = random() % 41;
      while (text.size() < length) text += "\0\1ab\x80\xff"[random() % 6];
      texts.push_back(random() % 5 == 0 ? text.substr(0, length) : text);
    }
    expect_sorted({texts.begin(), texts.end()});
  }
}

TEST(StringOrder, OfNothingAndOfOne) {
  EXPECT_TRUE(order_of_strings({}).empty());
  const std::string_view one[] = {"x"};
  EXPECT_EQ(order_of_strings(one), std::vector<std::uint32_t>{0});
}

// A long common prefix goes on in a loop, not a level of recursion for each word.
TEST(StringOrder, SharesAVeryLongPrefix) {
  const std::string a = std::string(1'000'000, 'x') + "a";
  const std::string b = std::string(1'000'000, 'x') + "b";
  expect_sorted({b, a, b});
}

}  // namespace
}  // namespace promfill
