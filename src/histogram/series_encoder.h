// One series' samples of one block, of whatever kinds, into the chunks that Prometheus's head cuts. What has floats
// alone goes faster through xor_appender.h.
// Source: tsdb/head_append.go (memSeries.append, appendHistogram, appendFloatHistogram), tsdb/querier.go.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "chunk/chunk_meta.h"
#include "histogram/histogram_appender.h"
#include "promfill/sample.h"

namespace promfill {

struct SeriesEncoding {
  std::int64_t chunk_range_ms = 0;             ///< R = 2 × block duration
  ChunkEncoding floats = ChunkEncoding::kXor;  ///< kXor or kXor2
  bool histogram_start_times = false;
};

/// @param samples  n ≥ 1, valid, strictly increasing times (asserted). A stale float right after a histogram ends that
///                 histogram: it becomes a stale one of its kind.
[[nodiscard]] std::vector<EncodedChunk> encode_mixed_series(std::span<const AnySample> samples,
                                                            const SeriesEncoding& encoding);

}  // namespace promfill
