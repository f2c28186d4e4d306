// See bucket_layout.h.
#include "distribution/bucket_layout.h"

#include <limits>

namespace promfill {

template <typename N>
void add_equal_numbers(NumberedCounts<N>& counts) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (kept > 0 && counts[kept - 1].first == counts[i].first) {
      counts[kept - 1].second += counts[i].second;
    } else {
      counts[kept++] = counts[i];
    }
  }
  counts.resize(kept);
}

template void add_equal_numbers(NumberedCounts<std::int64_t>& counts);
template void add_equal_numbers(NumberedCounts<double>& counts);

bool make_differences(std::vector<std::int64_t>& counts) {
  std::int64_t before = 0;
  for (std::int64_t& count : counts) {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(count, before, &difference)) return false;
    before = std::exchange(count, difference);
  }
  return true;
}

template <typename H>
bool lay_out_buckets(
    const NumberedCounts<std::conditional_t<std::is_same_v<H, Histogram>, std::int64_t, double>>& counts,
    std::int64_t gap_max, BucketSide<H>& out) {
  out.spans.clear();
  out.buckets.clear();
  std::int64_t end = 0;  // number behind the last bucket
  for (const auto& [number, count] : counts) {
    if (count == 0) continue;
    const std::int64_t gap = number - end;
    if (gap < std::numeric_limits<std::int32_t>::min() || gap > std::numeric_limits<std::int32_t>::max()) return false;
    if (out.spans.empty() || gap > gap_max) {
      out.spans.push_back({static_cast<std::int32_t>(gap), 0});
    } else {
      out.spans.back().length += static_cast<std::uint32_t>(gap);
      out.buckets.resize(out.buckets.size() + static_cast<std::size_t>(gap));
    }
    ++out.spans.back().length;
    out.buckets.push_back(count);
    end = number + 1;
  }
  if constexpr (std::is_same_v<H, Histogram>) return make_differences(out.buckets);
  return true;
}

template bool lay_out_buckets<Histogram>(const NumberedCounts<std::int64_t>& counts, std::int64_t gap_max,
                                         BucketSide<Histogram>& out);
template bool lay_out_buckets<FloatHistogram>(const NumberedCounts<double>& counts, std::int64_t gap_max,
                                              BucketSide<FloatHistogram>& out);

}  // namespace promfill
