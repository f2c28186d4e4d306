// Postings offset table: where the postings list of each label pair begins.
// Content of the section: BE32 count | count × entry.
// Entry: 0x02 (strings in the key) | uvarint length, name | uvarint length, value | uvarint absolute offset of the
// list. Entries stand in the order of their lists: ("", ""), then by name, then by value. Source: tsdb/index/index.go
// (Writer.writePostingsOffsetTable, ReadPostingsOffsetTable). Twins: PostingsTable and parse_postings_table.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "encoding/varint.h"
#include "section/index_file.h"
#include "section/index_format.h"
#include "section/postings_run.h"
#include "section/symbol_table.h"

namespace promfill {

inline constexpr std::uint8_t kPostingsKeyStrings = 2;

/// Bytes of a list with `count` series, frame included; a multiple of 4, so that lists need no padding between them.
constexpr std::uint64_t postings_list_bytes(std::uint64_t count) { return 4 + 4 + 4 * count + 4; }
static_assert(postings_list_bytes(1) % kPostingsAlignment == 0);

/// One row of the postings offset table; the strings are borrowed from the file.
struct PostingsEntry {
  std::string_view name;
  std::string_view value;
  std::uint64_t offset = 0;
};

/// Bytes that put_postings_entry writes at most. The strings come with their length, as SymbolReader gives them.
constexpr std::size_t postings_entry_bytes_max(ByteView name, ByteView value) {
  return 1 + name.size() + value.size() + kVarintBytesMax;
}
/// Write an entry to `out`, which has room for it; return how many bytes it has.
inline std::size_t put_postings_entry(std::uint8_t* out, ByteView name, ByteView value, std::uint64_t offset) {
  std::uint8_t* end = out;
  *end++ = kPostingsKeyStrings;
  end = std::copy(name.begin(), name.end(), end);
  end = std::copy(value.begin(), value.end(), end);
  end += put_uvarint(end, offset);
  return static_cast<std::size_t>(end - out);
}

/// The table being collected while the lists are written: of each list its label and length, which gives its place. 3
/// bytes a list where the values are dense; beyond `memory_bytes_max` in the scratch file.
class PostingsTable {
 public:
  explicit PostingsTable(std::uint64_t memory_bytes_max) : lists_(memory_bytes_max) {}

  /// The next list, by name, then value. A failure is kept by `scratch`.
  void add(const PostingsHead& head, ScratchFile& scratch) {
    put_postings_head(head, last_, lists_, scratch);
    last_ = head.label;
    ++count_;
  }
  /// Write the section. @param first_list  where the first list begins; the last ends where `file` does.
  /// @error kLimit  the content passes a section's limit; kCorrupt  what was read back is not what was written.
  Status write(IndexFile& file, SymbolReader& symbols, std::uint64_t first_list, ScratchFile& scratch) const;
  [[nodiscard]] std::uint64_t memory_bytes() const { return lists_.memory_bytes(); }

 private:
  ScratchStream lists_;
  SymbolPair last_;
  std::uint32_t count_ = 0;
};

/// Entries of a table, borrowed from its content.
/// @param offset  of the section, for messages.
/// @error kCorrupt  the count doesn't fit, a malformed entry, or keys that don't rise: looking them up needs the order.
Result<std::vector<PostingsEntry>> parse_postings_table(ByteView content, std::uint64_t offset);

}  // namespace promfill
