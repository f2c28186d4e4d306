// See symbol_union.h.
#include "merge/symbol_union.h"

#include <algorithm>
#include <optional>

namespace promfill {
namespace {

class SpanCursor final : public SymbolCursor {
 public:
  explicit SpanCursor(std::span<const std::string_view> symbols) : symbols_(symbols) {}
  Result<std::optional<std::string_view>> next() override {
    if (at_ == symbols_.size()) return std::optional<std::string_view>();
    return std::optional(symbols_[at_++]);
  }

 private:
  std::span<const std::string_view> symbols_;
  std::size_t at_ = 0;
};

/// Walks all lists at once; calls visit(number, text, lists that have it) for each symbol.
template <typename Visit>
Status merge(std::span<const SymbolList* const> lists, Visit visit) {
  std::vector<std::unique_ptr<SymbolCursor>> cursors;
  std::vector<std::optional<std::string_view>> heads;
  for (const SymbolList* list : lists) {
    cursors.push_back(list->walk());
    PROMFILL_TRY(heads.emplace_back(), cursors.back()->next());
  }
  // A heap of lists, the least symbol in front; of equal ones the first list.
  const auto comes_behind = [&](std::size_t a, std::size_t b) {
    const int order = heads[a]->compare(*heads[b]);
    return order != 0 ? order > 0 : a > b;
  };
  std::vector<std::size_t> line;
  const auto wait_in_line = [&](std::size_t list) {
    if (!heads[list]) return;
    line.push_back(list);
    std::push_heap(line.begin(), line.end(), comes_behind);
  };
  for (std::size_t i = 0; i < heads.size(); ++i) wait_in_line(i);
  std::vector<std::size_t> holders;
  for (std::uint32_t number = 0; !line.empty(); ++number) {
    holders.clear();
    while (!line.empty() && (holders.empty() || *heads[line.front()] == *heads[holders.front()])) {
      std::pop_heap(line.begin(), line.end(), comes_behind);
      holders.push_back(line.back());
      line.pop_back();
    }
    PROMFILL_TRY_STATUS(visit(number, *heads[holders.front()], holders));
    for (const std::size_t i : holders) {
      PROMFILL_TRY(heads[i], cursors[i]->next());
      wait_in_line(i);
    }
  }
  return {};
}

}  // namespace

std::unique_ptr<SymbolCursor> SymbolSpan::walk() const { return std::make_unique<SpanCursor>(symbols_); }

Result<SymbolUnion> SymbolUnion::build(std::vector<const SymbolList*> lists) {
  SymbolUnion all;
  all.lists_ = std::move(lists);
  all.numbers_.resize(all.lists_.size());
  for (std::size_t i = 0; i < all.lists_.size(); ++i) all.numbers_[i].reserve(all.lists_[i]->size());
  const auto visit = [&](std::uint32_t number, std::string_view, std::span<const std::size_t> holders) -> Status {
    for (const std::size_t i : holders) all.numbers_[i].push_back(number);
    all.size_ = number + 1;
    return {};
  };
  PROMFILL_TRY_STATUS(merge(all.lists_, visit));
  return all;
}

Status SymbolUnion::for_each(const std::function<Status(std::uint32_t, std::string_view)>& visit) const {
  return merge(lists_, [&](std::uint32_t number, std::string_view text, std::span<const std::size_t>) {
    return visit(number, text);
  });
}

std::uint64_t SymbolUnion::memory_bytes() const {
  std::uint64_t bytes = 0;
  for (const std::vector<std::uint32_t>& numbers : numbers_) bytes += numbers.capacity() * sizeof(std::uint32_t);
  return bytes;
}

}  // namespace promfill
