// Symbol table; see symbol_table.h.
#include "section/symbol_table.h"

#include <algorithm>
#include <array>

#include "encoding/byte_reader.h"
#include "encoding/crc32c.h"
#include "encoding/varint.h"

namespace promfill {
namespace {

constexpr std::size_t kHeadBytes = 4 + 4;  // length of content, then the content's first field, the count
constexpr std::string_view kStep = "write symbols";
// What is read at once: 32 symbols of usual length after a jump, more while symbols are asked for one after another.
constexpr std::uint64_t kJumpBytes = 2 << 10;
constexpr std::uint64_t kWindowBytes = 64 << 10;

}  // namespace

Status SymbolTable::begin(IndexFile& file) {
  begin_ = file.position();
  constexpr std::array<std::uint8_t, kHeadBytes> kUnknown{};  // end() tells
  PROMFILL_TRY_STATUS(file.append(kUnknown, kStep));
  return append("", file);
}

Status SymbolTable::add(std::string_view symbol, IndexFile& file) {
  PROMFILL_ASSERT(content_bytes_with(symbol) <= kSectionBytesMax && symbol > last());
  return append(symbol, file);
}

Status SymbolTable::append(std::string_view symbol, IndexFile& file) {
  std::array<std::uint8_t, kVarintBytesMax> length;
  const std::size_t length_bytes = put_uvarint(length.data(), symbol.size());
  last_.assign(length.begin(), length.begin() + static_cast<std::ptrdiff_t>(length_bytes));
  last_.insert(last_.end(), symbol.begin(), symbol.end());
  PROMFILL_TRY_STATUS(file.append(last_, kStep));
  crc_ = crc32c_extend(crc_, last_);
  if (count_ % kAnchorSymbols == 0) anchors_.push_back(encoded_bytes_);
  ++count_;
  encoded_bytes_ += static_cast<std::uint32_t>(last_.size());
  if (kept_ && encoded_bytes_ > text_bytes_max_) {
    kept_ = false;
    Bytes().swap(text_);
  }
  if (kept_) text_.insert(text_.end(), last_.begin(), last_.end());
  return {};
}

Status SymbolTable::end(IndexFile& file) {
  std::array<std::uint8_t, kHeadBytes> head;
  store_be32(head.data(), static_cast<std::uint32_t>(sizeof count_ + encoded_bytes_));
  store_be32(head.data() + 4, count_);
  PROMFILL_TRY_STATUS(file.patch(begin_, head));
  std::array<std::uint8_t, 4> crc;
  store_be32(crc.data(), crc32c_combine(crc32c(ByteView(head).last(4)), crc_, encoded_bytes_));
  return file.append(crc, kStep);
}

std::string_view SymbolTable::last() const { return ByteReader(last_).string(); }

std::uint64_t SymbolTable::content_bytes_with(std::string_view symbol) const {
  return sizeof count_ + std::uint64_t{encoded_bytes_} + uvarint_size(symbol.size()) + symbol.size();
}

std::uint64_t SymbolTable::memory_bytes() const {
  return text_.capacity() + last_.capacity() + anchors_.capacity() * sizeof(std::uint32_t);
}

SymbolReader::SymbolReader(const SymbolTable& table, const IndexFile& index, std::unique_ptr<ReadableFile> file)
    : table_(&table), index_(&index), file_(std::move(file)), window_(table.text_) {}

Result<SymbolReader> SymbolReader::open(const SymbolTable& table, IndexFile& file) {
  if (table.kept_) return SymbolReader(table, file, nullptr);
  PROMFILL_TRY(auto opened, file.read_back());
  return SymbolReader(table, file, std::move(opened));
}

Result<ByteView> SymbolReader::encoded(SymbolRef symbol) {
  PROMFILL_ASSERT(symbol.value < table_->size());
  const std::size_t anchor = symbol.value / SymbolTable::kAnchorSymbols;
  if (symbol.value < next_ || anchor > next_ / SymbolTable::kAnchorSymbols) {
    next_ = static_cast<std::uint32_t>(anchor * SymbolTable::kAnchorSymbols);
    next_offset_ = table_->anchors_[anchor];
  }
  while (true) {
    PROMFILL_TRY(const ByteView begin, window(next_offset_, kVarintBytesMax));
    ByteReader length(begin.first(std::min(begin.size(), kVarintBytesMax)));
    const std::uint64_t text_bytes = length.uvarint();
    const std::uint64_t left = table_->encoded_bytes_ - next_offset_ - length.position();
    if (!length.ok() || text_bytes > left) return changed();
    const std::uint64_t offset = next_offset_;
    const std::uint64_t bytes = length.position() + text_bytes;
    next_offset_ += bytes;
    if (next_++ != symbol.value) continue;
    PROMFILL_TRY(const ByteView found, window(offset, bytes));
    return found.first(static_cast<std::size_t>(bytes));
  }
}

Result<std::string_view> SymbolReader::text(SymbolRef symbol) {
  PROMFILL_TRY(const ByteView bytes, encoded(symbol));
  return ByteReader(bytes).string();
}

Result<ByteView> SymbolReader::window(std::uint64_t offset, std::uint64_t bytes) {
  bytes = std::min(bytes, table_->encoded_bytes_ - offset);
  const std::uint64_t window_end = window_offset_ + window_.size();
  if (offset >= window_offset_ && offset + bytes <= window_end) [[likely]]
    return window_.subspan(static_cast<std::size_t>(offset - window_offset_));
  PROMFILL_ASSERT(file_ != nullptr);
  const bool goes_on = offset >= window_offset_ && offset <= window_end;
  const std::uint64_t wanted =
      std::min(std::max(bytes, goes_on ? kWindowBytes : kJumpBytes), table_->encoded_bytes_ - offset);
  buffer_.resize(std::max(buffer_.size(), static_cast<std::size_t>(wanted)));
  const std::span<std::uint8_t> out = std::span(buffer_).first(static_cast<std::size_t>(wanted));
  window_ = {};
  PROMFILL_TRY(const std::size_t read, file_->read_at(table_->begin_ + kHeadBytes + offset, out));
  if (read != out.size()) return changed();
  window_offset_ = offset;
  window_ = out;
  return window_;
}

Error SymbolReader::changed() const {
  return index_->refuse(ErrorCode::kCorrupt, "read symbols back: the file changed after it was written",
                        "check that disk, or choose a directory on another");
}

Result<std::vector<std::string_view>> parse_symbols(ByteView content, std::uint64_t offset) {
  ByteReader reader(content);
  const std::uint32_t count = reader.be32();
  // Each symbol has at least its length byte: a false count reserves no more than the file's size allows.
  if (!reader.ok() || count > reader.remaining()) return corrupt_index("symbols", "count exceeds the section", offset);
  std::vector<std::string_view> symbols;
  symbols.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) symbols.push_back(reader.string());
  if (!reader.ok()) return corrupt_index("symbols", "a string is malformed or passes the section's end", offset);
  if (!reader.at_end()) return corrupt_index("symbols", "bytes are left over after the last string", offset);
  return symbols;
}

}  // namespace promfill
