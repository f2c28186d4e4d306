// Postings offset table; see postings_table.h.
#include "index/postings_table.h"

#include <tuple>

#include "encoding/byte_reader.h"

namespace promfill {

Result<std::vector<PostingsEntry>> parse_postings_table(ByteView content, std::uint64_t offset) {
  constexpr std::string_view kSection = "postings offset table";
  constexpr std::size_t kEntryBytesMin = 4;
  ByteReader reader(content);
  const std::uint32_t count = reader.be32();
  if (!reader.ok() || count > reader.remaining() / kEntryBytesMin) {
    return corrupt_index(kSection, "count exceeds the section", offset);
  }
  std::vector<PostingsEntry> entries;
  entries.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint8_t strings = reader.u8();
    PostingsEntry entry;
    entry.name = reader.string();
    entry.value = reader.string();
    entry.offset = reader.uvarint();
    if (!reader.ok() || strings != kPostingsKeyStrings) {
      return corrupt_index(kSection, "an entry is malformed or passes the section's end", offset);
    }
    if (i > 0 && std::tie(entry.name, entry.value) <= std::tie(entries.back().name, entries.back().value)) {
      return corrupt_index(kSection, "entries are not in the order of their labels", offset);
    }
    entries.push_back(entry);
  }
  if (!reader.at_end()) return corrupt_index(kSection, "bytes are left over after the last entry", offset);
  return entries;
}

}  // namespace promfill
