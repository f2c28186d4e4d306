// See series_heads.h. The sequences are few, so the least is found by looking at all.
#include "merge/series_heads.h"

#include <algorithm>
#include <compare>

namespace promfill {

Status SeriesHeads::add(std::unique_ptr<SeriesCursor> cursor, std::span<const std::uint32_t> numbers) {
  Head head{std::move(cursor), numbers, {}};
  PROMFILL_TRY_STATUS(advance(head));
  heads_.push_back(std::move(head));
  return {};
}

Status SeriesHeads::advance(Head& head) {
  head.labels.clear();
  PROMFILL_TRY(const bool more, head.cursor->next());
  if (!more) return {};
  for (const SymbolPair& pair : head.cursor->labels()) {
    head.labels.push_back({{head.numbers[pair.name.value]}, {head.numbers[pair.value.value]}});
  }
  return {};
}

Result<bool> SeriesHeads::next() {
  for (const std::size_t i : holders_) PROMFILL_TRY_STATUS(advance(heads_[i]));
  holders_.clear();
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const std::vector<SymbolPair>& labels = heads_[i].labels;
    if (labels.empty()) continue;
    if (!holders_.empty()) {
      const std::vector<SymbolPair>& least = heads_[holders_.front()].labels;
      const std::strong_ordering order =
          std::lexicographical_compare_three_way(labels.begin(), labels.end(), least.begin(), least.end());
      if (order > 0) continue;
      if (order < 0) holders_.clear();
    }
    holders_.push_back(i);
  }
  return !holders_.empty();
}

Status SeriesHeads::add_pieces(std::vector<SeriesPiece>& out) {
  for (const std::size_t i : holders_) PROMFILL_TRY_STATUS(heads_[i].cursor->add_pieces(out));
  return {};
}

Result<std::uint64_t> count_distinct_series(std::span<const std::shared_ptr<const Run>> runs) {
  std::vector<const SymbolList*> lists;
  for (const std::shared_ptr<const Run>& run : runs) lists.push_back(run.get());
  PROMFILL_TRY(const SymbolUnion symbols, SymbolUnion::build(std::move(lists)));
  SeriesHeads heads;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    PROMFILL_TRY_STATUS(heads.add(runs[i]->walk_series(), symbols.numbers(i)));
  }
  for (std::uint64_t count = 0;; ++count) {
    PROMFILL_TRY(const bool more, heads.next());
    if (!more) return count;
  }
}

}  // namespace promfill
