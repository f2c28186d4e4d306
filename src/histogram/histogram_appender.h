// Appends one series' native histograms in order of time, and cuts chunks where Prometheus's head cuts: where counts
// fall, where buckets don't fit, where a chunk is long enough.
// Source: tsdb/chunkenc/histogram.go (AppendHistogram, appendable, appendableGauge, recode), float_histogram.go,
// tsdb/head_append.go (histogramsAppendPreprocessor).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "chunk/chunk_meta.h"
#include "histogram/bucket_numbers.h"
#include "histogram/histogram_chunk.h"

namespace promfill {

/// A chunk of this many bytes is as long as it should be; twice that ends it.
inline constexpr std::size_t kHistogramChunkBytes = 1024;
/// Below this many samples a chunk ends only with its range.
inline constexpr std::uint32_t kHistogramChunkSamplesMin = 10;

template <typename H>
class HistogramAppender {
 public:
  /// @param range_ms  R = 2 × block duration, of the cut rule.
  HistogramAppender(std::int64_t range_ms, bool with_start_times) : range_ms_(range_ms), writer_(with_start_times) {}

  /// @pre valid, later than the last. Chunks that are complete go to `closed`.
  void append(const HistogramSample<H>& sample, std::vector<EncodedChunk>& closed);
  /// A sample of another kind follows: the open chunk is complete.
  void close(std::vector<EncodedChunk>& closed);
  /// The series ends: as the last chunk of a head it is written once more, which makes it forget what it knew of
  /// counter resets.
  void finish(std::vector<EncodedChunk>& closed);

 private:
  /// What a sample means to the open chunk.
  enum class Fit : std::uint8_t {
    kAppend,    ///< it fits, perhaps with other buckets
    kNotReset,  ///< a new chunk, with this header
    kReset,
    kUnknown,
  };
  /// Buckets of the open chunk against the sample's, where they are not the same.
  struct Change {
    BucketChange positive;
    BucketChange negative;
    [[nodiscard]] bool appear() const { return positive.appear() || negative.appear(); }
    [[nodiscard]] bool vanish() const { return positive.vanish() || negative.vanish(); }
  };

  [[nodiscard]] bool is_time_to_cut(std::int64_t t_ms);
  [[nodiscard]] Fit fit(const H& h) const;
  [[nodiscard]] Fit fit_gauge(const H& h) const;
  [[nodiscard]] bool has_other_scale(const H& h) const;
  [[nodiscard]] std::optional<Change> change(const H& h) const;
  [[nodiscard]] bool counts_fall(const H& h) const;
  [[nodiscard]] CounterResetHeader first_header(const H& h, bool follows) const;
  void begin(CounterResetHeader header, const HistogramSample<H>& sample);
  void append_changed(HistogramSample<H> sample, const Change& change);

  std::int64_t range_ms_;
  std::int64_t next_at_ms_ = 0;
  bool predicted_ = false;
  bool open_ = false;
  HistogramChunkWriter<H> writer_;
};

extern template class HistogramAppender<Histogram>;
extern template class HistogramAppender<FloatHistogram>;

}  // namespace promfill
