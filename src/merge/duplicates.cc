// See duplicates.h.
#include "merge/duplicates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <vector>

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

}  // namespace

Result<double> resolve_duplicates(Timestamp time, std::span<const double> offered, DuplicatePolicy policy,
                                  DuplicateTally& tally) {
  PROMFILL_ASSERT(!offered.empty());
  const auto same_as_first = [bits = std::bit_cast<std::uint64_t>(offered.front())](double value) {
    return std::bit_cast<std::uint64_t>(value) == bits;
  };
  if (std::all_of(offered.begin(), offered.end(), same_as_first)) {  // rows imported twice: no need to collect
    tally.merged += offered.size() - 1;
    return offered.front();
  }
  const std::vector<double> distinct = distinct_values(offered);
  tally.merged += offered.size() - distinct.size();
  tally.conflicting += distinct.size() - 1;
  if (distinct.size() > 1 && policy == DuplicatePolicy::kFail) {
    return Error{ErrorCode::kData, "two different values for the same series and time", to_string(time),
                 "choose one with --on-duplicate keep-last, keep-first, min, max or sum"};
  }
  return fold(offered, distinct, policy);
}

}  // namespace promfill
