// XOR chunk (encoding 1): Gorilla's delta-of-delta times and XORed values, bit by bit as Prometheus writes them.
// Bytes: docs/format/chunks.md; source: tsdb/chunkenc/xor.go; Gorilla, VLDB 2015, section 4.1.
//
// Encoder and decoder are twins: what the one asserts, the other checks.
#pragma once

#include <span>
#include <vector>

#include "chunk/chunk_meta.h"
#include "encoding/bit_reader.h"
#include "promfill/result.h"
#include "promfill/sample.h"

namespace promfill {

/// Encode `samples` as a single chunk, without regard to the cut rule.
/// @param samples  1 … 65535, strictly increasing times (asserted).
[[nodiscard]] Bytes encode_xor_chunk(std::span<const Sample> samples);

/// Encode one series' samples of one block as Prometheus cuts them.
/// @param samples         n ≥ 1, strictly increasing times (asserted).
/// @param chunk_range_ms  R = 2 × block duration.
/// @param encoding        kXor or kXor2.
[[nodiscard]] std::vector<EncodedChunk> encode_series_chunks(std::span<const Sample> samples,
                                                             std::int64_t chunk_range_ms,
                                                             ChunkEncoding encoding = ChunkEncoding::kXor);

/// Walks an XOR chunk; safe on any bytes.
class XorChunkDecoder {
 public:
  /// @param data  a chunk's bytes from the sample count on; borrowed until the decoder goes.
  explicit XorChunkDecoder(ByteView data);

  /// The next sample; false at the end or at damage, which status() tells apart.
  bool next(Sample& out);
  [[nodiscard]] std::uint32_t samples_total() const { return total_; }
  /// @error kCorrupt  the bytes ended before the samples did.
  [[nodiscard]] Status status() const;

 private:
  void read_value();

  BitReader bits_;
  std::uint32_t total_ = 0;
  std::uint32_t read_ = 0;
  std::int64_t time_ = 0;
  std::uint64_t delta_ = 0;
  std::uint64_t value_ = 0;
  unsigned trailing_ = 0;
  unsigned significant_ = 0;  // 0: no window yet
  bool damaged_ = false;      // a code that the encoder never writes
};

/// Append every sample of a chunk to `out`. @error kCorrupt
Status decode_xor_chunk(ByteView data, std::vector<Sample>& out);

/// The sample count in a chunk's header, for any encoding. @error kCorrupt  shorter than its header.
Result<std::uint32_t> chunk_sample_count(ChunkEncoding encoding, ByteView data);

}  // namespace promfill
