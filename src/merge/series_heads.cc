// See series_heads.h. The sequences wait in a heap: with little memory there may be hundreds of runs.
#include "merge/series_heads.h"

#include <algorithm>
#include <compare>

namespace promfill {

Status SeriesHeads::add(std::unique_ptr<SeriesCursor> cursor, std::span<const std::uint32_t> numbers) {
  Head head{std::move(cursor), numbers, {}};
  PROMFILL_TRY_STATUS(advance(head));
  heads_.push_back(std::move(head));
  wait_in_line(heads_.size() - 1);
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

/// Whether head `a` comes behind head `b`; of equal series the one added first comes first.
bool SeriesHeads::comes_behind(std::size_t a, std::size_t b) const {
  const std::vector<SymbolPair>& x = heads_[a].labels;
  const std::vector<SymbolPair>& y = heads_[b].labels;
  const std::strong_ordering order = std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
  return order != 0 ? order > 0 : a > b;
}

void SeriesHeads::wait_in_line(std::size_t head) {
  if (heads_[head].labels.empty()) return;  // at its end
  line_.push_back(head);
  std::push_heap(line_.begin(), line_.end(), [this](std::size_t a, std::size_t b) { return comes_behind(a, b); });
}

Result<bool> SeriesHeads::next() {
  for (const std::size_t i : holders_) {
    PROMFILL_TRY_STATUS(advance(heads_[i]));
    wait_in_line(i);
  }
  holders_.clear();
  while (!line_.empty() && (holders_.empty() || heads_[line_.front()].labels == heads_[holders_.front()].labels)) {
    std::pop_heap(line_.begin(), line_.end(), [this](std::size_t a, std::size_t b) { return comes_behind(a, b); });
    holders_.push_back(line_.back());
    line_.pop_back();
  }
  return !holders_.empty();
}

Status SeriesHeads::add_pieces(std::vector<SeriesPiece>& out) {
  for (const std::size_t i : holders_) PROMFILL_TRY_STATUS(heads_[i].cursor->add_pieces(out));
  return {};
}

}  // namespace promfill
