// Counts of numbered buckets as spans and lists of them: what histograms that come otherwise become.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "promfill/histogram.h"

namespace promfill {

template <typename N>
using NumberedCounts = std::vector<std::pair<std::int64_t, N>>;  ///< bucket number, count; numbers rise

/// One side of a histogram.
template <typename H>
struct BucketSide {
  std::vector<HistogramSpan> spans;
  decltype(H::positive) buckets;  ///< as H has them: whole numbers are differences
};

/// Empty buckets are left out where `gap_max` + 1 or more lie beside each other: a span costs as much as two of them.
/// @return nothing  numbers beyond 32 bits.
template <typename H>
bool lay_out_buckets(
    const NumberedCounts<std::conditional_t<std::is_same_v<H, Histogram>, std::int64_t, double>>& counts,
    std::int64_t gap_max, BucketSide<H>& out);

/// A bucket of OpenTelemetry's exponential histograms, whose number i is of values in (base^i, base^(i+1)], as ours, in
/// a scale that is coarser by `steps`: each step makes one bucket of two.
/// Source: OpenTelemetry's data model, "Exponential Buckets" and "Downscaling".
[[nodiscard]] constexpr std::int64_t number_of_otel_bucket(std::int64_t number, std::int32_t steps) {
  return (number >> steps) + 1;
}

/// Counts whose numbers became equal are added.
template <typename N>
void add_equal_numbers(NumberedCounts<N>& counts);

/// Absolute counts as differences to the one before. @return false: overflow.
bool make_differences(std::vector<std::int64_t>& counts);

}  // namespace promfill
