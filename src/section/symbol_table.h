// Symbol table: every label name and value of the block once, in byte order; symbol 0 is "".
// Content of the section: BE32 count | count × (uvarint length, bytes).
// Twins: SymbolTable writes the section while symbols come, and SymbolReader gives them back to the writer, from memory
// while they are few, else from the file; parse_symbols reads a section of any file.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "section/index_file.h"
#include "section/index_format.h"

namespace promfill {

/// Memory: 4 bytes for 32 symbols, and the strings as long as they fit into what is given for them.
class SymbolTable {
 public:
  static constexpr std::size_t kAnchorSymbols = 32;

  /// @param text_bytes_max  strings are kept in memory up to so many bytes, else read back.
  explicit SymbolTable(std::uint64_t text_bytes_max) : text_bytes_max_(text_bytes_max) {}

  /// Begin the section at the end of `file`, which is the same for every call; "" is added.
  Status begin(IndexFile& file);
  /// @param symbol  above last().
  Status add(std::string_view symbol, IndexFile& file);
  /// Complete the section.
  Status end(IndexFile& file);

  [[nodiscard]] std::string_view last() const;
  [[nodiscard]] std::uint32_t size() const { return count_; }
  /// Of the section's content after add(symbol): the count and the strings.
  [[nodiscard]] std::uint64_t content_bytes_with(std::string_view symbol) const;
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  friend class SymbolReader;
  Status append(std::string_view symbol, IndexFile& file);

  std::uint64_t text_bytes_max_;
  std::uint64_t begin_ = 0;             ///< of the section in the file
  std::uint32_t count_ = 0;             ///< of symbols
  std::uint32_t encoded_bytes_ = 0;     ///< of all symbols; a section has less than 4 GiB
  std::uint32_t crc_ = 0;               ///< of all symbols
  std::vector<std::uint32_t> anchors_;  ///< where symbols 0, 32, 64, … begin among the encoded ones
  Bytes last_;                          ///< encoded
  Bytes text_;                          ///< all, encoded, if they are kept
  bool kept_ = true;
};

/// Looks symbols up, fast where they are asked for in rising order. Table and file are borrowed; no symbols are added
/// meanwhile.
class SymbolReader {
 public:
  static Result<SymbolReader> open(const SymbolTable& table, IndexFile& file);

  /// uvarint length, then the bytes; borrowed until the next call.
  /// @error kCorrupt  the file is not what was written.
  Result<ByteView> encoded(SymbolRef symbol);
  Result<std::string_view> text(SymbolRef symbol);

 private:
  SymbolReader(const SymbolTable& table, const IndexFile& index, std::unique_ptr<ReadableFile> file);
  /// The encoded symbols from `offset` on: `bytes` of them at least, unless the last ends before.
  Result<ByteView> window(std::uint64_t offset, std::uint64_t bytes);

  [[nodiscard]] Error changed() const;

  const SymbolTable* table_;
  const IndexFile* index_;
  std::unique_ptr<ReadableFile> file_;  ///< null where the strings are in memory
  Bytes buffer_;
  ByteView window_;  ///< encoded symbols from window_offset_ on
  std::uint64_t window_offset_ = 0;
  std::uint32_t next_ = 0;  ///< the symbol that begins at next_offset_
  std::uint64_t next_offset_ = 0;
};

/// Strings of a symbol section, borrowed from its content. Their order is not checked.
/// @param offset  of the section, for messages.
/// @error kCorrupt  the count or a length doesn't fit.
Result<std::vector<std::string_view>> parse_symbols(ByteView content, std::uint64_t offset);

}  // namespace promfill
