// The symbol table and its parser as twins.
#include "index/symbol_table.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

Bytes content(const SymbolTable& table, std::uint32_t count) {
  ByteWriter bytes;
  bytes.be32(count);
  bytes.raw(table.encoded());
  return std::move(bytes).take();
}

TEST(SymbolTable, BeginsWithTheEmptyString) {
  const SymbolTable table;
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.text({0}), "");
  EXPECT_EQ(table.last(), "");
  EXPECT_EQ(table.content_bytes(), 5U);
}

TEST(SymbolTable, KeepsStringsAsTheFileHasThem) {
  SymbolTable table;
  const std::vector<std::string> symbols{std::string("\0", 1),     "a",   std::string(127, 'b'), std::string(128, 'b'),
                                         std::string(20'000, 'c'), "\xff"};
  for (const std::string& symbol : symbols) {
    const std::uint64_t expected = table.content_bytes_with(symbol);
    table.add(symbol);
    EXPECT_EQ(table.content_bytes(), expected);
    EXPECT_EQ(table.last(), symbol);
  }
  ASSERT_EQ(table.size(), symbols.size() + 1);
  for (std::uint32_t i = 0; i < symbols.size(); ++i) EXPECT_EQ(table.text({i + 1}), symbols[i]);
  EXPECT_EQ(table.encoded({2}).size(), 2U);
  EXPECT_EQ(table.encoded({4}).size(), 130U);

  const Bytes bytes = content(table, static_cast<std::uint32_t>(table.size()));
  EXPECT_EQ(bytes.size(), table.content_bytes());
  const auto parsed = parse_symbols(bytes, 5);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  EXPECT_EQ(parsed->front(), "");
  EXPECT_TRUE(std::equal(parsed->begin() + 1, parsed->end(), symbols.begin(), symbols.end()));
}

TEST(ParseSymbols, RefusesWhatDoesNotFit) {
  SymbolTable table;
  table.add("ab");
  const Bytes whole = content(table, 2);
  ASSERT_TRUE(parse_symbols(whole, 5).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto parsed = parse_symbols(ByteView(whole).first(size), 5);
    ASSERT_FALSE(parsed.has_value()) << size;
    EXPECT_EQ(parsed.error().where, "byte 5");
  }
  EXPECT_EQ(parse_symbols(content(table, 1), 5).error().message,
            "read symbols: bytes are left over after the last string");
  EXPECT_EQ(parse_symbols(content(table, 3), 5).error().message,
            "read symbols: a string is malformed or passes the section's end");
  EXPECT_EQ(parse_symbols(content(table, 0xFFFFFFFF), 5).error().message, "read symbols: count exceeds the section");
}

}  // namespace
}  // namespace promfill
