// Native histograms: one sample is a whole distribution. Meaning and limits: Prometheus's native-histogram
// specification; source: model/histogram of Prometheus 3.14 (histogram.go, float_histogram.go, generic.go).
//
// A bucket's number is its place on an exponential scale: with schema s, bucket i of the positive side holds values in
// (base^(i-1), base^i], base = 2^(2^-s). With custom bounds (kCustomBoundsSchema), bucket i holds what lies between the
// bounds i-1 and i. Spans say which numbers the stored buckets have: the first offset is the first bucket's number,
// each later one the gap to the end of the span before.
#pragma once

#include <bit>
#include <cstdint>
#include <variant>
#include <vector>

#include "promfill/result.h"
#include "promfill/sample.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// A run of buckets with consecutive numbers.
struct HistogramSpan {
  std::int32_t offset = 0;   ///< of the first one's number: from 0, and after the first span from the end of the last
  std::uint32_t length = 0;  ///< how many
  /// Whether both say the same.
  friend bool operator==(const HistogramSpan&, const HistogramSpan&) = default;
};

/// What a sample's source knows about whether the counts fell since the sample before.
enum class CounterReset : std::uint8_t {
  kUnknown,
  kReset,
  kNotReset,
  kGauge,  ///< counts may fall: there are no resets
};

inline constexpr std::int32_t kSchemaMin = -4;            ///< the coarsest exponential scale
inline constexpr std::int32_t kSchemaMax = 8;             ///< the finest
inline constexpr std::int32_t kCustomBoundsSchema = -53;  ///< buckets between bounds of their own

/// Which buckets a histogram has.
struct HistogramLayout {
  std::int32_t schema = 0;                      ///< kSchemaMin … kSchemaMax, or kCustomBoundsSchema
  double zero_threshold = 0;                    ///< values of at most this size are in the zero bucket
  std::vector<HistogramSpan> positive_spans{};  ///< numbers of the buckets above zero
  std::vector<HistogramSpan> negative_spans{};  ///< numbers of the buckets below zero, by their values' size
  std::vector<double> custom_bounds{};          ///< rising; only with kCustomBoundsSchema, without the last, +Inf
};

/// @tparam Count   of observations.
/// @tparam Bucket  of a bucket: a count for FloatHistogram; for Histogram the difference to the bucket before.
template <typename Count, typename Bucket>
struct BasicHistogram {
  CounterReset counter_reset = CounterReset::kUnknown;  ///< since the sample before
  HistogramLayout layout{};                             ///< which buckets there are
  Count count = 0;                                      ///< of all observations
  Count zero_count = 0;                                 ///< of those in the zero bucket
  double sum = 0;                                       ///< of the observed values; the stale NaN: the series has ended
  std::vector<Bucket> positive{};                       ///< in the order of their spans
  std::vector<Bucket> negative{};                       ///< in the order of their spans

  /// Whether this sample is a staleness marker: nothing but the sum is looked at then.
  [[nodiscard]] bool is_stale() const { return std::bit_cast<std::uint64_t>(sum) == kStaleNanBits; }
};

/// Counts are whole numbers.
using Histogram = BasicHistogram<std::uint64_t, std::int64_t>;
/// Counts are any numbers, as rates and averages of histograms have them.
using FloatHistogram = BasicHistogram<double, double>;

/// A histogram at one time.
/// @tparam H  Histogram or FloatHistogram.
template <typename H>
struct HistogramSample {
  Timestamp time{};   ///< of the sample
  Timestamp start{};  ///< when the counting began; 0: not known
  H histogram{};      ///< all that was observed since
};

/// A sample of any kind. The samples of one series may be of several.
using AnySample = std::variant<Sample, HistogramSample<Histogram>, HistogramSample<FloatHistogram>>;

/// Whether Prometheus would take it. @error kData  what is wrong, in few words.
Status validate(const Histogram& histogram);
/// The same. Counts of floats need not add up.
Status validate(const FloatHistogram& histogram);

/// The same distribution in the notation that has one form for each: without empty spans, with no two spans that touch.
/// Two samples of one series and time are the same if these are.
[[nodiscard]] bool same_distribution(const Histogram& a, const Histogram& b);
/// The same.
[[nodiscard]] bool same_distribution(const FloatHistogram& a, const FloatHistogram& b);

}  // namespace PROMFILL_ABI
}  // namespace promfill
