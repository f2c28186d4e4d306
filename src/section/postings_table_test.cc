// The postings offset table and its parser as twins.
#include "section/postings_table.h"

#include <gtest/gtest.h>

#include "encoding/byte_writer.h"

namespace promfill {
namespace {

struct Key {
  std::string name;
  std::string value;
};

Bytes table_of(const std::vector<Key>& keys, std::uint32_t count) {
  ByteWriter table;
  table.be32(count);
  std::uint64_t offset = 100;
  for (const Key& key : keys) {
    ByteWriter name;
    name.string(key.name);
    ByteWriter value;
    value.string(key.value);
    Bytes entry(postings_entry_bytes_max(name.view(), value.view()));
    const std::size_t bytes = put_postings_entry(entry.data(), name.view(), value.view(), offset);
    EXPECT_LE(bytes, entry.size());
    table.raw(ByteView(entry).first(bytes));
    offset *= 50;
  }
  return std::move(table).take();
}

Bytes table_of(const std::vector<Key>& keys) { return table_of(keys, static_cast<std::uint32_t>(keys.size())); }

TEST(PostingsTable, RoundTrips) {
  const std::vector<Key> keys{{"", ""}, {"A", "z"}, {"a", ""}, {"a", "b"}, {"a", "bb"}, {"ab", "a"}, {"\xff", "x"}};
  const Bytes bytes = table_of(keys);
  const auto entries = parse_postings_table(bytes, 9);
  ASSERT_TRUE(entries.has_value()) << entries.error().text();
  ASSERT_EQ(entries->size(), keys.size());
  std::uint64_t offset = 100;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ((*entries)[i].name, keys[i].name);
    EXPECT_EQ((*entries)[i].value, keys[i].value);
    EXPECT_EQ((*entries)[i].offset, offset);
    offset *= 50;
  }
}

TEST(PostingsTable, RefusesKeysThatDoNotRise) {
  for (const std::vector<Key>& keys : std::vector<std::vector<Key>>{
           {{"a", "b"}, {"a", "b"}}, {{"a", "b"}, {"a", "a"}}, {{"a", "b"}, {"", "c"}}, {{"ab", "a"}, {"a", "b"}}}) {
    const auto entries = parse_postings_table(table_of(keys), 9);
    ASSERT_FALSE(entries.has_value());
    EXPECT_EQ(entries.error().message, "read postings offset table: entries are not in the order of their labels");
  }
}

TEST(PostingsTable, RefusesWhatDoesNotFit) {
  const Bytes whole = table_of({{"", ""}, {"a", "b"}});
  ASSERT_TRUE(parse_postings_table(whole, 9).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_postings_table(ByteView(whole).first(size), 9).has_value()) << size;
  }
  for (const std::uint32_t count : {0U, 1U, 3U, 0xFFFFFFFFU}) {
    EXPECT_FALSE(parse_postings_table(table_of({{"", ""}, {"a", "b"}}, count), 9).has_value()) << count;
  }
  Bytes one_string = whole;
  one_string[4] = 1;
  EXPECT_FALSE(parse_postings_table(one_string, 9).has_value());
}

}  // namespace
}  // namespace promfill
