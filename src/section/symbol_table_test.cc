// The symbol table and its parser as twins.
#include "section/symbol_table.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <random>
#include <set>

#include "encoding/byte_writer.h"
#include "file/temporary_directory.h"

namespace promfill {
namespace {

Bytes content(const std::vector<std::string>& symbols, std::uint32_t count) {
  ByteWriter bytes;
  bytes.be32(count);
  for (const std::string& symbol : symbols) bytes.string(symbol);
  return std::move(bytes).take();
}

/// A table that keeps no text, one that keeps the first symbols for a while, and one that keeps all.
class SymbolTableTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    auto file = IndexFile::create(real_file_system(), directory_.path("index"), {});
    ASSERT_TRUE(file) << file.error().text();
    file_.emplace(std::move(file).value());
    ASSERT_TRUE(file_->append(as_bytes("before"), "test"));
    ASSERT_TRUE(table_.begin(*file_));
  }

  TemporaryDirectory directory_;
  std::optional<IndexFile> file_;
  SymbolTable table_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(TextKept, SymbolTableTest, testing::Values(0, 200, 1 << 30));

TEST_P(SymbolTableTest, BeginsWithTheEmptyString) {
  EXPECT_EQ(table_.size(), 1U);
  EXPECT_EQ(table_.last(), "");
  auto symbols = SymbolReader::open(table_, *file_);
  ASSERT_TRUE(symbols);
  EXPECT_EQ(*symbols->text({0}), "");
}

TEST_P(SymbolTableTest, WritesTheSectionAndReadsItBackInAnyOrder) {
  std::set<std::string> sorted{std::string("\0", 1), std::string(127, 'b'), std::string(128, 'b'),
                               std::string(200'000, 'c'), "\xff"};
  for (int i = 0; i < 20'000; ++i) sorted.insert("v" + std::to_string(i));
  std::vector<std::string> symbols{""};
  symbols.insert(symbols.end(), sorted.begin(), sorted.end());
  for (const std::string& symbol : std::span(symbols).subspan(1)) {
    ASSERT_TRUE(table_.add(symbol, *file_));
    ASSERT_EQ(table_.last(), symbol);
  }
  ASSERT_EQ(table_.size(), symbols.size());
  const Bytes expected = content(symbols, table_.size());
  EXPECT_EQ(table_.content_bytes_with("four!"), expected.size() + 6);

  auto reader = SymbolReader::open(table_, *file_);
  ASSERT_TRUE(reader) << reader.error().text();
  const auto expect_symbol = [&](std::uint32_t i) {
    const auto text = reader->text({i});
    ASSERT_TRUE(text) << text.error().text();
    ASSERT_EQ(*text, symbols[i]) << i;
  };
  for (std::uint32_t i = 0; i < symbols.size(); ++i) expect_symbol(i);
  for (std::uint32_t i = table_.size(); i > 0; i -= std::min(i, 7U)) expect_symbol(i - 1);
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) expect_symbol(static_cast<std::uint32_t>(random() % symbols.size()));

  ASSERT_TRUE(table_.end(*file_));
  ASSERT_TRUE(std::move(*file_).finish());
  const auto bytes = read_file(real_file_system(), directory_.path("index"), 1 << 20);
  ASSERT_TRUE(bytes);
  const auto framed = framed_content(*bytes, 6, "symbols");  // the checksum was combined of two
  ASSERT_TRUE(framed) << framed.error().text();
  EXPECT_TRUE(std::ranges::equal(*framed, expected));
}

TEST_P(SymbolTableTest, KeepsTextNoLongerThanItFits) {
  for (char c = 'a'; c <= 'z'; ++c) ASSERT_TRUE(table_.add(std::string(100, c), *file_));
  EXPECT_LE(table_.memory_bytes(), GetParam() < 2600 ? 1000U : 6000U);
}

TEST(SymbolReader, NoticesAFileThatWasCutOff) {
  const TemporaryDirectory directory;
  auto file = IndexFile::create(real_file_system(), directory.path("index"), {});
  ASSERT_TRUE(file);
  SymbolTable table(0);
  ASSERT_TRUE(table.begin(*file));
  for (char c = 'a'; c <= 'z'; ++c) ASSERT_TRUE(table.add(std::string(100, c), *file));
  auto symbols = SymbolReader::open(table, *file);
  ASSERT_TRUE(symbols);
  std::filesystem::resize_file(directory.path("index"), 1000);
  const auto text = symbols->text({26});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(text.error().where, directory.path("index"));
}

TEST(ParseSymbols, RefusesWhatDoesNotFit) {
  const Bytes whole = content({"", "ab"}, 2);
  ASSERT_TRUE(parse_symbols(whole, 5).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto parsed = parse_symbols(ByteView(whole).first(size), 5);
    ASSERT_FALSE(parsed.has_value()) << size;
    EXPECT_EQ(parsed.error().where, "byte 5");
  }
  EXPECT_EQ(parse_symbols(content({"", "ab"}, 1), 5).error().message,
            "read symbols: bytes are left over after the last string");
  EXPECT_EQ(parse_symbols(content({"", "ab"}, 3), 5).error().message,
            "read symbols: a string is malformed or passes the section's end");
  EXPECT_EQ(parse_symbols(content({"", "ab"}, 0xFFFFFFFF), 5).error().message,
            "read symbols: count exceeds the section");
}

}  // namespace
}  // namespace promfill
