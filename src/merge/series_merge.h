// One series of a window out of the pieces that memory and runs hold of it: chunks pass through where they are final,
// and are decoded, merged and cut anew from the first place where something else belongs between them. Series with
// native histograms come as records, and are encoded as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "chunk/chunk_meta.h"
#include "histogram/sample_record.h"
#include "histogram/series_encoder.h"
#include "merge/duplicates.h"
#include "merge/staleness.h"
#include "merge/time_order.h"
#include "promfill/sample.h"
#include "store/chunk_arena.h"

namespace promfill {

/// A chunk of a series and what it is in the sequence of offers.
struct SeriesPiece {
  ChunkView chunk;
  ChunkRole role = ChunkRole::kFinal;
  std::uint32_t generation = 0;  ///< of the shard's tables; within one, late chunks were offered after the others
  bool is_tail = false;          ///< no chunk of this window: `chunk.maxt` is the last time in the window before
};

struct SeriesMergeOptions {
  SeriesEncoding encoding{};
  DuplicatePolicy on_duplicate = DuplicatePolicy::kKeepLast;
  std::int64_t stale_after_ms = 0;       ///< a stale marker so long after a sample that no other follows; 0: none
  Timestamp window_end = kTimestampMax;  ///< markers from here on are the next window's
};

class SeriesMerge {
 public:
  explicit SeriesMerge(const SeriesMergeOptions& options)
      : encoding_(options.encoding),
        policy_(options.on_duplicate),
        window_end_(options.window_end),
        staleness_(options.stale_after_ms) {}

  /// The chunks that Prometheus would make of all samples in `pieces`, in order; borrowed until the next call. None
  /// where there are only tails that need no marker.
  /// @param pieces  in order of (generation, time of writing); put into order of offers in place.
  /// @param tally  gets duplicates and what is generated; samples are the caller's to count.
  /// @error kData  conflicting values under DuplicatePolicy::kFail; kCorrupt  a chunk that doesn't decode.
  Result<std::span<const ChunkView>> merge(std::vector<SeriesPiece>& pieces, WindowTally& tally);

 private:
  void take_tail(std::vector<SeriesPiece>& pieces);
  static std::size_t count_final(std::span<const SeriesPiece> pieces);
  Status encode_from(std::span<const SeriesPiece> pieces, WindowTally& tally);
  Status encode_with_markers(std::span<const SeriesPiece> pieces, std::size_t final, WindowTally& tally);
  Status sort_and_resolve(DuplicateTally& tally);
  std::uint64_t add_markers();
  Status encode_records(std::span<const SeriesPiece> pieces, WindowTally& tally);
  Status take_zero_starts();
  std::optional<Timestamp> zero_before(Timestamp next);
  Status list_records(std::span<const SeriesPiece> pieces);
  Result<SampleRecord> resolve_records(std::span<const std::uint32_t> rows, DuplicateTally& tally) const;
  Status add_record(const SampleRecord& record, MixedSeriesEncoder& encoder);
  void keep_chunks(std::vector<EncodedChunk> chunks);

  SeriesEncoding encoding_;
  DuplicatePolicy policy_;
  Timestamp window_end_;
  Staleness staleness_;
  std::optional<SeriesPiece> tail_;
  TimeOrder order_;
  std::vector<ChunkView> views_;
  std::vector<Sample> decoded_;
  std::vector<std::int64_t> times_ms_;
  std::vector<Sample> samples_;
  std::vector<Sample> marked_;
  std::vector<double> offered_;
  std::vector<EncodedChunk> encoded_;
  struct ZeroStart {
    Timestamp time;
    Timestamp declared;  // by the sample of this time
    friend auto operator<=>(const ZeroStart&, const ZeroStart&) = default;
  };
  // Of series that have records.
  std::vector<ZeroStart> zeros_;  // by time
  std::size_t next_zero_ = 0;
  std::vector<SampleRecord> records_;
  std::vector<Bytes> float_records_;
  HistogramSample<Histogram> histogram_;
  HistogramSample<FloatHistogram> float_histogram_;
};

}  // namespace promfill
