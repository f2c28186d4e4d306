// One series' samples of one block, of whatever kinds, into the chunks that Prometheus's head cuts. What has floats
// alone goes faster through xor_appender.h.
// Source: tsdb/head_append.go (memSeries.append, appendHistogram, appendFloatHistogram), tsdb/querier.go.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "chunk/chunk_meta.h"
#include "chunk/xor2_chunk.h"
#include "histogram/histogram_appender.h"
#include "promfill/sample.h"

namespace promfill {

struct SeriesEncoding {
  std::int64_t chunk_range_ms = 0;             ///< R = 2 × block duration
  ChunkEncoding floats = ChunkEncoding::kXor;  ///< kXor or kXor2
  bool histogram_start_times = false;
};

class MixedSeriesEncoder {
 public:
  explicit MixedSeriesEncoder(const SeriesEncoding& encoding);

  /// The series' samples before these, in another block, ended with a chunk of this encoding. To be called first.
  void follow(ChunkEncoding before);
  /// The next sample: valid, later than the one before (asserted). A stale float right after a histogram ends that
  /// histogram: it becomes a stale one of its kind.
  void add(const Sample& sample);
  /// Encodings that have no place for a start time leave it out.
  void add(const StartedSample& sample);
  void add(const HistogramSample<Histogram>& sample);
  void add(const HistogramSample<FloatHistogram>& sample);
  /// All chunks, in order.
  [[nodiscard]] std::vector<EncodedChunk> finish() &&;

 private:
  enum class Kind : std::uint8_t { kNone, kFloats, kIntegers, kFloatHistograms };
  void turn_to(Kind kind);

  std::int64_t range_ms_;
  ChunkEncoding float_encoding_;
  Kind last_ = Kind::kNone;
  HistogramAppender<Histogram> integers_;
  HistogramAppender<FloatHistogram> floats_;
  void encode_run();

  // Floats in a row wait here until they are all known.
  std::vector<Sample> run_;
  std::vector<Timestamp> starts_;  // theirs; empty while none has one
  std::vector<EncodedChunk> chunks_;
};

/// @param samples  n ≥ 1, valid, strictly increasing times (asserted), as of MixedSeriesEncoder::add.
[[nodiscard]] std::vector<EncodedChunk> encode_mixed_series(std::span<const AnySample> samples,
                                                            const SeriesEncoding& encoding);

}  // namespace promfill
