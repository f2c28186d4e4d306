// One series of a window out of the pieces that memory and runs hold of it: chunks pass through where they are final,
// and are decoded, merged and cut anew from the first place where something else belongs between them. Series with
// native histograms come as records, and are encoded as a whole.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "chunk/chunk_meta.h"
#include "histogram/sample_record.h"
#include "histogram/series_encoder.h"
#include "merge/duplicates.h"
#include "merge/time_order.h"
#include "promfill/sample.h"
#include "store/chunk_arena.h"

namespace promfill {

/// A chunk of a series and what it is in the sequence of offers.
struct SeriesPiece {
  ChunkView chunk;
  ChunkRole role = ChunkRole::kFinal;
  std::uint32_t generation = 0;  ///< of the shard's tables; within one, late chunks were offered after the others
};

class SeriesMerge {
 public:
  SeriesMerge(const SeriesEncoding& encoding, DuplicatePolicy policy) : encoding_(encoding), policy_(policy) {}

  /// The chunks that Prometheus would make of all samples in `pieces`, in order; borrowed until the next call.
  /// @param pieces  in order of (generation, time of writing); put into order of offers in place.
  /// @error kData  conflicting values under DuplicatePolicy::kFail; kCorrupt  a chunk that doesn't decode.
  Result<std::span<const ChunkView>> merge(std::vector<SeriesPiece>& pieces, DuplicateTally& tally);

 private:
  Status encode_from(std::span<const SeriesPiece> pieces, DuplicateTally& tally);
  Status sort_and_resolve(DuplicateTally& tally);
  Status encode_records(std::span<const SeriesPiece> pieces, DuplicateTally& tally);
  Status list_records(std::span<const SeriesPiece> pieces);
  Result<SampleRecord> resolve_records(std::span<const std::uint32_t> rows, DuplicateTally& tally) const;
  Status add_record(const SampleRecord& record, MixedSeriesEncoder& encoder);

  SeriesEncoding encoding_;
  DuplicatePolicy policy_;
  TimeOrder order_;
  std::vector<ChunkView> views_;
  std::vector<Sample> decoded_;
  std::vector<std::int64_t> times_ms_;
  std::vector<Sample> samples_;
  std::vector<double> offered_;
  std::vector<EncodedChunk> encoded_;
  // Of series that have records.
  std::vector<SampleRecord> records_;
  std::vector<Bytes> float_records_;
  HistogramSample<Histogram> histogram_;
  HistogramSample<FloatHistogram> float_histogram_;
};

}  // namespace promfill
