// See read_order.h.
#include "backfill/read_order.h"

#include <algorithm>
#include <numeric>

namespace promfill {
namespace {

/// Positions of `spans` such that those of disjoint groups stand by time; a group is what overlaps, directly or through
/// others, and keeps its order.
std::vector<std::size_t> by_disjoint_groups(std::span<const TimeSpan> spans) {
  std::vector<std::size_t> order(spans.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return spans[a].min < spans[b].min; });
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    Timestamp reached = spans[order[begin]].max;
    while (end < order.size() && spans[order[end]].min <= reached) reached = std::max(reached, spans[order[end++]].max);
    std::sort(order.begin() + static_cast<std::ptrdiff_t>(begin), order.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end;
  }
  return order;
}

}  // namespace

std::vector<OrderedPiece> order_pieces(std::span<const std::vector<std::optional<TimeSpan>>> times) {
  std::vector<OrderedPiece> pieces;
  std::vector<TimeSpan> spans;
  bool all_known = true;
  for (std::size_t s = 0; s < times.size(); ++s) {
    for (std::size_t p = 0; p < times[s].size(); ++p) {
      pieces.push_back({s, p});
      // A piece without rows to keep can stand anywhere: at the front.
      const bool has_rows = times[s][p] && !times[s][p]->empty();
      spans.push_back(has_rows ? *times[s][p] : TimeSpan{kTimestampMin, kTimestampMin});
      all_known &= times[s][p].has_value();
    }
  }
  if (all_known) {
    std::vector<OrderedPiece> ordered;
    std::vector<TimeSpan> ordered_spans;
    for (const std::size_t i : by_disjoint_groups(spans)) {
      ordered.push_back(pieces[i]);
      ordered_spans.push_back(spans[i]);
    }
    pieces = std::move(ordered);
    spans = std::move(ordered_spans);
  }
  Timestamp later_from = kTimestampMax;
  for (std::size_t i = pieces.size(); i-- > 0;) {
    pieces[i].all_later_from = all_known ? later_from : kTimestampMin;
    later_from = std::min(later_from, spans[i].min);
  }
  if (!pieces.empty()) pieces.back().all_later_from = kTimestampMax;
  return pieces;
}

}  // namespace promfill
