// Spans of native histograms as the numbers of their buckets, and what lies between two sets of them.
// Source: tsdb/chunkenc/histogram_meta.go (bucketIterator, expandSpansBothWays, adjustForInserts).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "promfill/histogram.h"

namespace promfill {

using HistogramSpans = std::span<const HistogramSpan>;

/// Buckets of all spans.
[[nodiscard]] std::uint64_t count_buckets(HistogramSpans spans);

/// The numbers of the buckets in their order. They rise, unless an offset after the first is negative, which
/// validate() refuses.
[[nodiscard]] std::vector<std::int64_t> bucket_numbers(HistogramSpans spans);

/// Spans of rising numbers in the notation that has one form for each set: as few as there can be.
[[nodiscard]] std::vector<HistogramSpan> spans_of(std::span<const std::int64_t> numbers);

/// Buckets of `old_spans` and of `new_spans`, held against each other.
struct BucketChange {
  std::vector<std::int64_t> all;         ///< numbers of both, rising
  std::vector<std::uint32_t> old_place;  ///< in `all`, of each old bucket
  std::vector<std::uint32_t> new_place;  ///< in `all`, of each new bucket

  BucketChange(HistogramSpans old_spans, HistogramSpans new_spans);
  /// Some bucket is new.
  [[nodiscard]] bool appear() const { return all.size() > old_place.size(); }
  /// Some bucket is there no more.
  [[nodiscard]] bool vanish() const { return all.size() > new_place.size(); }
};

/// Buckets in a layout of `size` ones: each at its place, nothing elsewhere. Whole numbers are differences to the
/// bucket before, as in Histogram, here and there.
[[nodiscard]] std::vector<std::int64_t> spread_buckets(std::span<const std::int64_t> buckets,
                                                       std::span<const std::uint32_t> places, std::size_t size);
[[nodiscard]] std::vector<double> spread_buckets(std::span<const double> buckets, std::span<const std::uint32_t> places,
                                                 std::size_t size);

}  // namespace promfill
