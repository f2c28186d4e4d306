// See duplicates.h.
#include "ingest/duplicates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace promfill {
namespace {

/// The values of `group` without bit-equal repetitions, in the order they were first offered.
std::vector<double> distinct_values(std::span<const double> group) {
  std::vector<double> distinct;
  for (const double value : group) {
    const auto same_bits = [bits = std::bit_cast<std::uint64_t>(value)](double other) {
      return std::bit_cast<std::uint64_t>(other) == bits;
    };
    if (std::none_of(distinct.begin(), distinct.end(), same_bits)) distinct.push_back(value);
  }
  return distinct;
}

/// `a` unless `b` is a number and a is not, or `b` wins by `less`.
template <typename Less>
double prefer(double a, double b, Less less) {
  if (std::isnan(b)) return a;
  return std::isnan(a) || less(b, a) ? b : a;
}

double fold(std::span<const double> offered, std::span<const double> distinct, DuplicatePolicy policy) {
  if (policy == DuplicatePolicy::kKeepLast) return offered.back();
  double result = distinct.front();
  for (const double value : distinct.subspan(1)) {
    if (policy == DuplicatePolicy::kMin) result = prefer(result, value, std::less<>());
    if (policy == DuplicatePolicy::kMax) result = prefer(result, value, std::greater<>());
    if (policy == DuplicatePolicy::kSum) result += value;
  }
  return result;
}

/// One sample out of all values offered for a time.
Result<Sample> resolve(Timestamp time, std::span<const double> offered, DuplicatePolicy policy, DuplicateTally& tally) {
  const std::vector<double> distinct = distinct_values(offered);
  tally.merged += offered.size() - distinct.size();
  tally.conflicting += distinct.size() - 1;
  if (distinct.size() > 1 && policy == DuplicatePolicy::kFail) {
    return Error{ErrorCode::kData, "two different values for the same series and time", to_string(time),
                 "choose one with --on-duplicate keep-last, keep-first, min, max or sum"};
  }
  return Sample{time, fold(offered, distinct, policy)};
}

}  // namespace

Result<std::vector<Sample>> merge_late_samples(std::span<const Sample> base, std::vector<Sample>& late,
                                               DuplicatePolicy policy, DuplicateTally& tally) {
  std::stable_sort(late.begin(), late.end(), [](const Sample& a, const Sample& b) { return a.time < b.time; });
  std::vector<Sample> merged;
  merged.reserve(base.size() + late.size());
  std::vector<double> group;
  std::size_t b = 0;
  for (std::size_t l = 0; l < late.size();) {
    const Timestamp time = late[l].time;
    while (b < base.size() && base[b].time < time) merged.push_back(base[b++]);
    group.clear();
    if (b < base.size() && base[b].time == time) group.push_back(base[b++].value);
    while (l < late.size() && late[l].time == time) group.push_back(late[l++].value);
    if (group.size() == 1) {
      merged.push_back({time, group.front()});
      continue;
    }
    PROMFILL_TRY(const Sample sample, resolve(time, group, policy, tally));
    merged.push_back(sample);
  }
  merged.insert(merged.end(), base.begin() + static_cast<std::ptrdiff_t>(b), base.end());
  return merged;
}

}  // namespace promfill
