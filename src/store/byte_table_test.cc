// Goal: equal strings have one number, different ones never share one, whatever their length or hash.
#include "store/byte_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace promfill {
namespace {

TEST(ByteTable, NumbersStringsInOrderOfArrival) {
  ByteTable table;
  EXPECT_EQ(table.intern("b"), 0U);
  EXPECT_EQ(table.intern(""), 1U);
  EXPECT_EQ(table.intern("b"), 0U);
  EXPECT_EQ(table.intern(std::string_view("a\0b", 3)), 2U);
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table[2], std::string_view("a\0b", 3));
}

TEST(ByteTable, FindsNothingThatWasNotInterned) {
  ByteTable table;
  EXPECT_EQ(table.find("x", hash_bytes("x")), ByteTable::kAbsent);
  table.intern("y");
  EXPECT_EQ(table.find("x", hash_bytes("x")), ByteTable::kAbsent);
}

TEST(ByteTable, AgreesWithAMapOverManyStrings) {
  std::mt19937_64 random(1);
  ByteTable table;
  std::map<std::string, std::uint32_t> reference;
  for (int i = 0; i < 100'000; ++i) {
    const std::string key = std::to_string(random() % 30'000) + std::string(random() % 3, 'x');
    const auto [at, added] = reference.emplace(key, table.size());
    ASSERT_EQ(table.intern(key), at->second);
    ASSERT_EQ(added, table.size() == reference.size() && at->second + 1 == table.size() && added);
  }
  for (const auto& [key, id] : reference) EXPECT_EQ(table[id], key);
}

TEST(ByteTable, KeepsViewsOfShortStringsWhenItIsMoved) {
  ByteTable table;
  table.intern("ab");
  const std::string_view view = table[0];
  const ByteTable moved = std::move(table);
  EXPECT_EQ(view.data(), moved[0].data());
  EXPECT_EQ(view, "ab");
}

// The caller gives the hash: strings whose hashes are equal still differ.
TEST(ByteTable, KeepsStringsOfEqualHashApart) {
  ByteTable table;
  EXPECT_EQ(table.intern("one", 42), 0U);
  EXPECT_EQ(table.intern("two", 42), 1U);
  EXPECT_EQ(table.intern("one", 42), 0U);
  EXPECT_EQ(table.find("three", 42), ByteTable::kAbsent);
}

}  // namespace
}  // namespace promfill
