// See bucket_numbers.h.
#include "histogram/bucket_numbers.h"

#include <algorithm>
#include <utility>

#include "chunk/cut_rule.h"

namespace promfill {

std::uint64_t count_buckets(HistogramSpans spans) {
  std::uint64_t count = 0;
  for (const HistogramSpan& span : spans) count += span.length;
  return count;
}

std::vector<std::int64_t> bucket_numbers(HistogramSpans spans) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(count_buckets(spans));
  std::int64_t next = 0;
  for (const HistogramSpan& span : spans) {
    next += span.offset;
    for (std::uint32_t i = 0; i < span.length; ++i) numbers.push_back(next++);
  }
  return numbers;
}

std::vector<HistogramSpan> spans_of(std::span<const std::int64_t> numbers) {
  std::vector<HistogramSpan> spans;
  std::int64_t end = 0;
  for (const std::int64_t number : numbers) {
    if (spans.empty() || number != end) spans.push_back({static_cast<std::int32_t>(number - end), 0});
    ++spans.back().length;
    end = number + 1;
  }
  return spans;
}

BucketChange::BucketChange(HistogramSpans old_spans, HistogramSpans new_spans) {
  const std::vector<std::int64_t> before = bucket_numbers(old_spans);
  const std::vector<std::int64_t> after = bucket_numbers(new_spans);
  old_place.reserve(before.size());
  new_place.reserve(after.size());
  all.reserve(std::max(before.size(), after.size()));
  for (std::size_t b = 0, a = 0; b < before.size() || a < after.size();) {
    const bool take_before = b < before.size() && (a == after.size() || before[b] <= after[a]);
    const bool take_after = a < after.size() && (b == before.size() || after[a] <= before[b]);
    const auto place = static_cast<std::uint32_t>(all.size());
    all.push_back(take_before ? before[b] : after[a]);
    if (take_before) {
      old_place.push_back(place);
      ++b;
    }
    if (take_after) {
      new_place.push_back(place);
      ++a;
    }
  }
}

std::vector<std::int64_t> spread_buckets(std::span<const std::int64_t> buckets, std::span<const std::uint32_t> places,
                                         std::size_t size) {
  std::vector<std::int64_t> spread(size);
  std::int64_t count = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    count = wrapping_add(count, buckets[i]);
    spread[places[i]] = count;
  }
  std::int64_t before = 0;
  for (std::int64_t& one : spread) one = wrapping_sub(one, std::exchange(before, one));
  return spread;
}

std::vector<double> spread_buckets(std::span<const double> buckets, std::span<const std::uint32_t> places,
                                   std::size_t size) {
  std::vector<double> spread(size);
  for (std::size_t i = 0; i < buckets.size(); ++i) spread[places[i]] = buckets[i];
  return spread;
}

}  // namespace promfill
