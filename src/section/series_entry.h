// Series entry: one series' labels and chunks.
//   zero bytes up to a multiple of 16 | uvarint length of body | body | BE32 CRC-32C(body)
// Body: uvarint labels | per label: uvarint name symbol, uvarint value symbol | uvarint chunks
//   | chunk 0: varint mint, uvarint maxt - mint, uvarint ref
//   | chunk k: uvarint mint - maxt of k-1, uvarint maxt - mint, varint ref - ref of k-1
// Source: tsdb/index/index.go (Writer.AddSeries, Decoder.Series).
#pragma once

#include <span>
#include <vector>

#include "chunk/chunk_meta.h"
#include "section/index_format.h"

namespace promfill {

/// A series as the index has it, by symbols.
struct SeriesEntry {
  std::vector<SymbolPair> labels;
  std::vector<ChunkMeta> chunks;
  std::uint64_t bytes = 0;  ///< from the length field through the CRC
};

/// Encodes entries into a buffer that it keeps from one series to the next.
class SeriesEncoder {
 public:
  /// The entry with its padding, for a file that is `position` bytes long; borrowed until the next call.
  /// @param chunks  each with maxt ≥ mint, and mint above the maxt before it.
  ByteView encode(std::uint64_t position, std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks);

 private:
  Bytes buffer_;
};

/// Decode the entry at `offset` of `file`, which ends where the series section ends. Safe on any bytes.
/// @error kCorrupt  length, checksum, a symbol ≥ `symbol_count`, a time beyond 64 bits, bytes left over. The order of
/// labels
///   and chunks is not checked.
Result<SeriesEntry> decode_series_entry(ByteView file, std::uint64_t offset, std::size_t symbol_count);

}  // namespace promfill
