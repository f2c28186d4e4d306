// What the rest of the world knows of a chunk: where it lies, which times it covers, how it is encoded.
// Bytes: docs/format/chunks.md (Prometheus tsdb/docs/format/chunks.md).
#pragma once

#include <compare>
#include <cstdint>

#include "encoding/big_endian.h"
#include "encoding/bytes.h"
#include "promfill/options.h"
#include "promfill/sample.h"
#include "promfill/time.h"

namespace promfill {

/// The encoding byte of a chunk record (tsdb/chunkenc/chunk.go, Encoding).
enum class ChunkEncoding : std::uint8_t {
  kXor = 1,
  kHistogram = 2,
  kFloatHistogram = 3,
  kXor2 = 4,
  kHistogramSt = 5,
  kFloatHistogramSt = 6,
  kRecords = 15,  ///< ours, in memory and runs alone (histogram/sample_record.h)
};

[[nodiscard]] constexpr ChunkEncoding encoding_of(FloatEncoding encoding) {
  return encoding == FloatEncoding::kXor2 ? ChunkEncoding::kXor2 : ChunkEncoding::kXor;
}

/// Floats and not native histograms.
[[nodiscard]] constexpr bool holds_floats(ChunkEncoding encoding) {
  return encoding == ChunkEncoding::kXor || encoding == ChunkEncoding::kXor2;
}

/// Samples of a chunk in a block.
[[nodiscard]] inline std::uint32_t sample_count(ChunkEncoding encoding, ByteView data) {
  const bool has_start_times = encoding == ChunkEncoding::kHistogramSt || encoding == ChunkEncoding::kFloatHistogramSt;
  return load_be16(data.data()) & (has_start_times ? 0x3fffU : 0xffffU);
}

/// segment << 32 | offset of the record's length field; segments count from 0 (file 000001).
struct ChunkRef {
  std::uint64_t value = 0;

  static ChunkRef at(std::uint32_t segment, std::uint32_t offset) {
    return {(static_cast<std::uint64_t>(segment) << 32) | offset};
  }
  [[nodiscard]] std::uint32_t segment() const { return static_cast<std::uint32_t>(value >> 32); }
  [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(value); }
  friend auto operator<=>(const ChunkRef&, const ChunkRef&) = default;
};
static_assert(sizeof(ChunkRef) == 8);

/// A chunk as the index lists it. Closed range: both are times of samples.
struct ChunkMeta {
  ChunkRef ref;
  Timestamp mint;
  Timestamp maxt;
  friend bool operator==(const ChunkMeta&, const ChunkMeta&) = default;
};

/// An encoded chunk in memory, borrowed. The first two bytes of `data` are the number of samples (the low 14 bits of
/// them in the two ST encodings).
struct ChunkView {
  ChunkEncoding encoding = ChunkEncoding::kXor;
  Timestamp mint;
  Timestamp maxt;
  ByteView data;
};

/// The same, owned.
struct EncodedChunk {
  ChunkEncoding encoding = ChunkEncoding::kXor;
  Timestamp mint;
  Timestamp maxt;
  Bytes data;
  [[nodiscard]] ChunkView view() const { return {encoding, mint, maxt, data}; }
};

}  // namespace promfill
