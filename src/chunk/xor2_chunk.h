// XOR2 chunks as a whole, with start times; the encode loop for samples without them is append_run<Xor2Codec>.
// Bytes: docs/format/chunks.md; source: tsdb/chunkenc/xor2.go, st.go.
#pragma once

#include <span>
#include <vector>

#include "chunk/chunk_meta.h"
#include "chunk/start_times.h"
#include "chunk/xored_value.h"
#include "encoding/bit_reader.h"
#include "promfill/result.h"
#include "promfill/sample.h"

namespace promfill {

/// A float and when the counting that it tells of began; 0: not known.
struct StartedSample {
  Sample sample;
  Timestamp start{};
  friend bool operator==(const StartedSample&, const StartedSample&) = default;
};

/// Encode `samples` as a single chunk, without regard to the cut rule.
/// @param samples  1 … 65535, strictly increasing times (asserted).
[[nodiscard]] Bytes encode_xor2_chunk(std::span<const StartedSample> samples);

/// Encode one series' samples of one block into the chunks that Prometheus's head cuts.
/// @param samples  n ≥ 1, strictly increasing times (asserted). @param chunk_range_ms  R = 2 × block duration.
[[nodiscard]] std::vector<EncodedChunk> encode_started_chunks(std::span<const StartedSample> samples,
                                                              std::int64_t chunk_range_ms);

/// Walks an XOR2 chunk; safe on any bytes.
class Xor2ChunkDecoder {
 public:
  /// @param data  a chunk's bytes from the sample count on; borrowed until the decoder goes.
  explicit Xor2ChunkDecoder(ByteView data);

  /// The next sample; false at the end or at damage, which status() tells apart.
  bool next(StartedSample& out);
  [[nodiscard]] std::uint32_t samples_total() const { return total_; }
  /// @error kCorrupt
  [[nodiscard]] Status status() const;

 private:
  std::uint64_t read_sample();
  std::uint64_t read_value();

  BitReader bits_;
  std::uint32_t total_ = 0;
  std::uint32_t read_ = 0;
  std::int64_t time_ms_ = 0;
  std::uint64_t delta_ = 0;
  XoredValue value_;
  StartTimeReader starts_;
  bool damaged_ = false;
};

/// Append every sample of a chunk of floats, kXor or kXor2, to `out`. @error kCorrupt
Status decode_float_chunk(ChunkEncoding encoding, ByteView data, std::vector<Sample>& out);

}  // namespace promfill
