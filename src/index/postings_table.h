// Postings offset table: where the postings list of each label pair begins.
// Content of the section: BE32 count | count × entry.
// Entry: 0x02 (strings in the key) | uvarint length, name | uvarint length, value | uvarint absolute offset of the
// list. Entries stand in the order of their lists: ("", ""), then by name, then by value. Source: tsdb/index/index.go
// (Writer.writePostingsOffsetTable, ReadPostingsOffsetTable).
#pragma once

#include <string_view>
#include <vector>

#include "encoding/varint.h"
#include "index/index_format.h"

namespace promfill {

inline constexpr std::uint8_t kPostingsKeyStrings = 2;

/// One row of the postings offset table; the strings are borrowed from the file.
struct PostingsEntry {
  std::string_view name;
  std::string_view value;
  std::uint64_t offset = 0;
};

/// Append an entry. `name` and `value` come with their length, as SymbolTable::encoded gives them.
inline void encode_postings_entry(ByteView name, ByteView value, std::uint64_t offset, ByteWriter& out) {
  out.u8(kPostingsKeyStrings);
  out.raw(name);
  out.raw(value);
  out.uvarint(offset);
}

/// Bytes that encode_postings_entry would append.
constexpr std::uint64_t postings_entry_bytes(ByteView name, ByteView value, std::uint64_t offset) {
  return 1 + name.size() + value.size() + uvarint_size(offset);
}

/// Entries of a table, borrowed from its content.
/// @param offset  of the section, for messages.
/// @error kCorrupt  the count doesn't fit, a malformed entry, or keys that don't rise: looking them up needs the order.
Result<std::vector<PostingsEntry>> parse_postings_table(ByteView content, std::uint64_t offset);

}  // namespace promfill
