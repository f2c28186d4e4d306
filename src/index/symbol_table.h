// Symbol table: every label name and value of the block once, in byte order; symbol 0 is "".
// Content of the section: BE32 count | count × (uvarint length, bytes).
// Twins: SymbolTable collects and holds what the writer needs, parse_symbols reads it back.
#pragma once

#include <string_view>
#include <vector>

#include "index/index_format.h"

namespace promfill {

/// The strings in one buffer, encoded as the file has them, so that the section and the keys of the postings offset
/// table are copied from here. Memory: the section, and 4 bytes a symbol.
class SymbolTable {
 public:
  /// Holds "" from the start.
  SymbolTable();

  /// @param symbol  above last().
  void add(std::string_view symbol);
  [[nodiscard]] std::string_view last() const;

  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  /// uvarint length, then the bytes; borrowed until the next add().
  [[nodiscard]] ByteView encoded(SymbolRef symbol) const;
  [[nodiscard]] std::string_view text(SymbolRef symbol) const;
  /// All symbols, encoded one after another.
  [[nodiscard]] ByteView encoded() const { return encoded_; }
  /// Length of the section's content: the count and the strings.
  [[nodiscard]] std::uint64_t content_bytes() const { return sizeof(std::uint32_t) + encoded_.size(); }
  /// content_bytes() after add(symbol).
  [[nodiscard]] std::uint64_t content_bytes_with(std::string_view symbol) const;

 private:
  Bytes encoded_;
  std::vector<std::uint32_t> ends_;  // of each symbol in encoded_: a section has less than 4 GiB
};

/// Strings of a symbol section, borrowed from its content. Their order is not checked.
/// @param offset  of the section, for messages.
/// @error kCorrupt  the count or a length doesn't fit.
Result<std::vector<std::string_view>> parse_symbols(ByteView content, std::uint64_t offset);

}  // namespace promfill
