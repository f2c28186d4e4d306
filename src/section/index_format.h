// What index writer and reader share: the file's constants, small reference types, and the frame of its sections.
// Bytes: docs/format/index.md (Prometheus tsdb/docs/format/index.md, format version 2, as 3.14 writes it):
//   header 5 | symbols | series (16-aligned) | postings (4-aligned) | postings offset table | TOC 52
// Symbols, each postings list and the offset table are framed alike:
//   BE32 length of content | content | BE32 CRC-32C(content)
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "encoding/byte_writer.h"
#include "encoding/bytes.h"
#include "promfill/result.h"

namespace promfill {

inline constexpr std::uint32_t kIndexMagic = 0xBAAAD700;
inline constexpr std::uint8_t kIndexVersion = 2;
inline constexpr std::size_t kIndexHeaderBytes = 4 + 1;
inline constexpr std::size_t kTocBytes = 6 * 8 + 4;
inline constexpr std::size_t kSeriesAlignment = 16;
inline constexpr std::size_t kPostingsAlignment = 4;
static_assert((kSeriesAlignment & (kSeriesAlignment - 1)) == 0);
static_assert((kPostingsAlignment & (kPostingsAlignment - 1)) == 0);
/// Series references are 32 bits in units of 16 bytes.
inline constexpr std::uint64_t kIndexBytesMax = 16ULL * 0xFFFFFFFFULL;
/// Symbol table, one postings list, offset table: each has a 32-bit length field.
inline constexpr std::uint64_t kSectionBytesMax = 0xFFFFFFFFULL;

/// A series entry's place: file offset / 16, as postings hold it.
struct SeriesRef {
  std::uint32_t value = 0;
  [[nodiscard]] std::uint64_t offset() const { return static_cast<std::uint64_t>(value) * kSeriesAlignment; }
  friend auto operator<=>(const SeriesRef&, const SeriesRef&) = default;
};
static_assert(sizeof(SeriesRef) == 4);

/// Position of a string in the block's symbol table; 0 is always "".
struct SymbolRef {
  std::uint32_t value = 0;
  friend auto operator<=>(const SymbolRef&, const SymbolRef&) = default;
};

/// A label by its symbols.
struct SymbolPair {
  SymbolRef name;
  SymbolRef value;
  friend auto operator<=>(const SymbolPair&, const SymbolPair&) = default;
};

struct IndexToc {
  std::uint64_t symbols = 0;
  std::uint64_t series = 0;
  std::uint64_t label_indices = 0;  ///< repeats postings: 3.14 writes no label indices
  std::uint64_t label_indices_table = 0;
  std::uint64_t postings = 0;
  std::uint64_t postings_table = 0;
  friend bool operator==(const IndexToc&, const IndexToc&) = default;
};

/// Parse the last 52 bytes of an index file. @error kCorrupt  checksum.
Result<IndexToc> parse_toc(ByteView last_bytes);
/// Append the 52 bytes.
void encode_toc(const IndexToc& toc, ByteWriter& out);

/// The content of the frame at `offset`, borrowed from `file`.
/// @param section  its name for the message, such as "symbols".
/// @error kCorrupt  the frame passes the end of `file`, or the checksum is wrong.
Result<ByteView> framed_content(ByteView file, std::uint64_t offset, std::string_view section);

/// kCorrupt "read <section>: <problem>" at "byte <offset>"; the reader puts the file's name before the place.
[[nodiscard]] Error corrupt_index(std::string_view section, std::string_view problem, std::uint64_t offset);

}  // namespace promfill
