// Postings offset table; see postings_table.h.
#include "section/postings_table.h"

#include <array>
#include <tuple>

#include "encoding/byte_reader.h"
#include "encoding/crc32c.h"

namespace promfill {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::string_view kStep = "write postings offset table";

/// The section's content on its way into the file.
class TableContent {
 public:
  TableContent(IndexFile& file, std::uint32_t count) : file_(&file), begin_(file.position()), buffer_(kBufferBytes) {
    store_be32(buffer_.data(), count);
    used_ = sizeof count;
  }

  Status put(ByteView name, ByteView value, std::uint64_t offset) {
    const std::size_t room = postings_entry_bytes_max(name, value);
    if (room > buffer_.size() - used_) {
      PROMFILL_TRY_STATUS(flush());
      if (room > buffer_.size()) buffer_.resize(room);
    }
    used_ += put_postings_entry(buffer_.data() + used_, name, value, offset);
    return {};
  }
  Status flush() {
    const ByteView bytes = ByteView(buffer_).first(used_);
    PROMFILL_TRY_STATUS(file_->check_section(file_->position() - begin_ + used_, "write postings offset table: table"));
    crc_ = crc32c_extend(crc_, bytes);
    used_ = 0;
    return file_->append(bytes, kStep);
  }
  [[nodiscard]] std::uint32_t crc() const { return crc_; }

 private:
  IndexFile* file_;
  std::uint64_t begin_;
  Bytes buffer_;
  std::size_t used_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace

Status PostingsTable::write(IndexFile& file, SymbolReader& symbols, std::uint64_t first_list,
                            ScratchFile& scratch) const {
  const std::uint64_t start = file.position();
  std::array<std::uint8_t, 4> number{};
  PROMFILL_TRY_STATUS(file.append(number, kStep));  // the length, known at the end
  TableContent content(file, count_);
  ScratchReader lists(lists_, scratch);
  std::uint64_t offset = first_list;
  PostingsHead list;
  Bytes name;
  for (std::uint32_t i = 0; i < count_; ++i) {
    const SymbolRef last_name = list.label.name;
    list = next_postings_head(list.label, lists);
    PROMFILL_TRY_STATUS(scratch.status());
    if (i == 0 || list.label.name != last_name) {
      PROMFILL_TRY(const ByteView text, symbols.encoded(list.label.name));
      name.assign(text.begin(), text.end());
    }
    PROMFILL_TRY(const ByteView value, symbols.encoded(list.label.value));
    PROMFILL_TRY_STATUS(content.put(name, value, offset));
    offset += postings_list_bytes(list.count);
  }
  PROMFILL_ASSERT(offset == start);
  PROMFILL_TRY_STATUS(content.flush());
  store_be32(number.data(), static_cast<std::uint32_t>(file.position() - start - number.size()));
  PROMFILL_TRY_STATUS(file.patch(start, number));
  store_be32(number.data(), content.crc());
  return file.append(number, kStep);
}

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
