// See promfill/histogram.h.
#include "promfill/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <type_traits>

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

using Spans = std::span<const HistogramSpan>;

Error wrong(std::string what) { return {ErrorCode::kData, "native histogram: " + std::move(what), "", ""}; }

/// @param side  "positive" or "negative". @param first_from_zero  the first number, too, may not be negative.
Status check_spans(const char* side, Spans spans, std::size_t buckets, bool first_from_zero) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].offset < 0 && (i > 0 || first_from_zero)) {
      return wrong(std::string(side) + " span " + std::to_string(i + 1) + " has the offset " +
                   std::to_string(spans[i].offset) + ", which goes back");
    }
    total += spans[i].length;
  }
  if (total == buckets) return {};
  return wrong(std::string(side) + " spans are for " + std::to_string(total) + " buckets, and there are " +
               std::to_string(buckets));
}

Status check_bounds(const HistogramLayout& layout) {
  const std::vector<double>& bounds = layout.custom_bounds;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (std::isnan(bounds[i])) return wrong("bound " + std::to_string(i + 1) + " is NaN");
    if (i > 0 && bounds[i] <= bounds[i - 1]) return wrong("bound " + std::to_string(i + 1) + " doesn't rise");
  }
  if (!bounds.empty() && bounds.back() == std::numeric_limits<double>::infinity()) {
    return wrong("the last bound, +Inf, goes without saying");
  }
  std::uint64_t end = 0;
  for (const HistogramSpan& span : layout.positive_spans) end += static_cast<std::uint64_t>(span.offset) + span.length;
  if (end > bounds.size() + 1) {
    return wrong("the spans reach bucket " + std::to_string(end) + ", and " + std::to_string(bounds.size()) +
                 " bounds make one more bucket than they are");
  }
  return {};
}

/// The layout, against how many buckets there are and what is in the zero bucket.
Status check_layout(const HistogramLayout& layout, std::size_t positive, std::size_t negative,
                    bool zero_bucket_is_empty) {
  const bool custom = layout.schema == kCustomBoundsSchema;
  if (!custom && (layout.schema < kSchemaMin || layout.schema > kSchemaMax)) {
    return wrong("the schema " + std::to_string(layout.schema) + " is none of -4 to 8 and -53");
  }
  PROMFILL_TRY_STATUS(check_spans("positive", layout.positive_spans, positive, custom));
  if (!custom) {
    if (!layout.custom_bounds.empty()) return wrong("there are bounds, but the schema is not -53");
    return check_spans("negative", layout.negative_spans, negative, false);
  }
  PROMFILL_TRY_STATUS(check_bounds(layout));
  if (!zero_bucket_is_empty) return wrong("with bounds of its own it can't have a zero bucket");
  if (layout.zero_threshold != 0) return wrong("with bounds of its own it can't have a zero threshold");
  if (!layout.negative_spans.empty() || negative > 0)
    return wrong("with bounds of its own it can't have negative buckets");
  return {};
}

Status check_bucket(const char* side, std::size_t bucket, auto count) {
  if (count >= 0 || count != count) return {};
  return wrong(std::string(side) + " bucket " + std::to_string(bucket + 1) + " has the count " + std::to_string(count));
}

/// Adds the counts, which are differences, to `total`.
Status add_counts(const char* side, const std::vector<std::int64_t>& buckets, std::uint64_t& total) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (__builtin_add_overflow(count, buckets[i], &count)) return wrong(std::string(side) + " buckets overflow");
    PROMFILL_TRY_STATUS(check_bucket(side, i, count));
    if (__builtin_add_overflow(total, static_cast<std::uint64_t>(count), &total)) return wrong("the counts overflow");
  }
  return {};
}

/// Numbers and counts of the buckets that have some; whole numbers are differences.
template <typename Bucket>
bool same_side(Spans a_spans, const std::vector<Bucket>& a, Spans b_spans, const std::vector<Bucket>& b) {
  if (a != b) return false;
  // Equal counts in the same order; now their numbers.
  const auto starts = [](Spans spans) {
    std::vector<std::pair<std::int64_t, std::uint64_t>> runs;  // first number, length
    std::int64_t next = 0;
    for (const HistogramSpan& span : spans) {
      next += span.offset;
      if (span.length > 0) {
        if (!runs.empty() && runs.back().first + static_cast<std::int64_t>(runs.back().second) == next) {
          runs.back().second += span.length;
        } else {
          runs.emplace_back(next, span.length);
        }
      }
      next += span.length;
    }
    return runs;
  };
  return starts(a_spans) == starts(b_spans);
}

template <typename H>
bool same(const H& a, const H& b) {
  if (std::bit_cast<std::uint64_t>(a.sum) != std::bit_cast<std::uint64_t>(b.sum)) return false;
  if (a.is_stale()) return true;
  return a.count == b.count && a.zero_count == b.zero_count && a.layout.schema == b.layout.schema &&
         a.layout.zero_threshold == b.layout.zero_threshold && a.layout.custom_bounds == b.layout.custom_bounds &&
         same_side(a.layout.positive_spans, a.positive, b.layout.positive_spans, b.positive) &&
         same_side(a.layout.negative_spans, a.negative, b.layout.negative_spans, b.negative);
}

}  // namespace

Status validate(const Histogram& h) {
  if (h.is_stale()) return {};
  PROMFILL_TRY_STATUS(check_layout(h.layout, h.positive.size(), h.negative.size(), h.zero_count == 0));
  std::uint64_t total = h.zero_count;
  PROMFILL_TRY_STATUS(add_counts("negative", h.negative, total));
  PROMFILL_TRY_STATUS(add_counts("positive", h.positive, total));
  // Observations of NaN are in no bucket, and make the sum NaN.
  if (std::isnan(h.sum) ? total <= h.count : total == h.count) return {};
  return wrong("the buckets have " + std::to_string(total) + " observations, the count says " +
               std::to_string(h.count));
}

Status validate(const FloatHistogram& h) {
  if (h.is_stale()) return {};
  PROMFILL_TRY_STATUS(check_layout(h.layout, h.positive.size(), h.negative.size(), h.zero_count == 0));
  for (std::size_t i = 0; i < h.negative.size(); ++i) PROMFILL_TRY_STATUS(check_bucket("negative", i, h.negative[i]));
  for (std::size_t i = 0; i < h.positive.size(); ++i) PROMFILL_TRY_STATUS(check_bucket("positive", i, h.positive[i]));
  if (h.zero_count < 0) return wrong("the zero bucket has the count " + std::to_string(h.zero_count));
  if (h.count < 0) return wrong("the count is " + std::to_string(h.count));
  return {};
}

bool same_distribution(const Histogram& a, const Histogram& b) { return same(a, b); }
bool same_distribution(const FloatHistogram& a, const FloatHistogram& b) { return same(a, b); }

}  // namespace PROMFILL_ABI
}  // namespace promfill
