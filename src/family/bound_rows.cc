// See bound_rows.h.
#include "family/bound_rows.h"

#include <algorithm>
#include <span>
#include <tuple>

namespace promfill {
namespace {

bool is_same_histogram(const BoundCell& a, const BoundCell& b) {
  return a.entity == b.entity && a.time_ms == b.time_ms;
}

FamilyTrouble trouble_of(std::span<const BoundCell> buckets) {
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    const BoundCell& below = buckets[i - 1];
    const BoundCell& bucket = buckets[i];
    if (below.bound == bucket.bound && below.value != bucket.value) return FamilyTrouble::kRepeatedBound;
    if (bucket.value < below.value) return FamilyTrouble::kDecreasing;
  }
  return FamilyTrouble::kNone;
}

}  // namespace

std::vector<TroubledRow> check_bound_rows(std::vector<BoundCell>& cells) {
  std::sort(cells.begin(), cells.end(), [](const BoundCell& a, const BoundCell& b) {
    return std::tie(a.entity, a.time_ms, a.bound, a.row) < std::tie(b.entity, b.time_ms, b.bound, b.row);
  });
  std::vector<TroubledRow> troubled;
  for (std::size_t begin = 0; begin < cells.size();) {
    std::size_t end = begin + 1;
    while (end < cells.size() && is_same_histogram(cells[begin], cells[end])) ++end;
    const std::span<const BoundCell> buckets = std::span(cells).subspan(begin, end - begin);
    const FamilyTrouble trouble = trouble_of(buckets);
    for (const BoundCell& bucket : buckets) {
      if (trouble != FamilyTrouble::kNone) troubled.push_back({bucket.row, trouble, 0, 0});
    }
    begin = end;
  }
  std::sort(troubled.begin(), troubled.end(), [](const TroubledRow& a, const TroubledRow& b) { return a.row < b.row; });
  return troubled;
}

}  // namespace promfill
