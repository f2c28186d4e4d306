// Symbol table; see symbol_table.h.
#include "index/symbol_table.h"

#include <array>

#include "encoding/byte_reader.h"
#include "encoding/varint.h"

namespace promfill {

SymbolTable::SymbolTable() : encoded_{0}, ends_{1} {}

void SymbolTable::add(std::string_view symbol) {
  PROMFILL_ASSERT(content_bytes_with(symbol) <= kSectionBytesMax);
  std::array<std::uint8_t, kVarintBytesMax> length;
  const std::size_t length_bytes = put_uvarint(length.data(), symbol.size());
  encoded_.insert(encoded_.end(), length.begin(), length.begin() + static_cast<std::ptrdiff_t>(length_bytes));
  const ByteView bytes = as_bytes(symbol);
  encoded_.insert(encoded_.end(), bytes.begin(), bytes.end());
  ends_.push_back(static_cast<std::uint32_t>(encoded_.size()));
}

std::string_view SymbolTable::last() const { return text({static_cast<std::uint32_t>(size() - 1)}); }

ByteView SymbolTable::encoded(SymbolRef symbol) const {
  const std::size_t begin = symbol.value == 0 ? 0 : ends_[symbol.value - 1];
  return ByteView(encoded_).subspan(begin, ends_[symbol.value] - begin);
}

std::string_view SymbolTable::text(SymbolRef symbol) const { return ByteReader(encoded(symbol)).string(); }

std::uint64_t SymbolTable::content_bytes_with(std::string_view symbol) const {
  return content_bytes() + uvarint_size(symbol.size()) + symbol.size();
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
