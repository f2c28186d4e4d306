#include "family/bound_lists.h"

#include <algorithm>
#include <optional>

#include "family/bound.h"

namespace promfill {
namespace {

double number_at(const ColumnView& column, std::int64_t at) {
  if (column.kind == ColumnKind::kInt64) return static_cast<double>(column.int64s()[at]);
  if (column.kind == ColumnKind::kUint64) return static_cast<double>(column.uint64s()[at]);
  PROMFILL_ASSERT(column.kind == ColumnKind::kDouble);
  return column.doubles()[at];
}

/// Nothing where it is null or no number.
std::optional<double> bound_at(const ColumnView& column, std::int64_t at) {
  if (!column.valid(at)) return std::nullopt;
  if (column.kind == ColumnKind::kUtf8) return parse_bound(column.text(at));
  if (column.kind != ColumnKind::kDictionary) return number_at(column, at);
  const std::int32_t entry = column.codes()[at];
  return column.dictionary->valid(entry) ? parse_bound(column.dictionary->text(entry)) : std::nullopt;
}

void set_bit(std::uint8_t* bits, std::size_t row) {
  bits[row / 8] = static_cast<std::uint8_t>(bits[row / 8] | (1U << (row % 8)));
}

}  // namespace

BoundLists::BoundLists(std::span<const FamilySeries> series) {
  for (const FamilySeries& one : series) {
    if (one.role == SeriesRole::kBound && !one.is_generated) bounds_.push_back(one.bound);
  }
}

void BoundLists::read(const ColumnView& lists, std::size_t rows, SampleBatch& out) {
  columns_.assign(bounds_.size(), {});
  values_.clear();
  validity_.clear();
  troubled_.clear();
  for (ColumnView& column : columns_) {
    std::vector<double>& values = out.take_values();
    values.assign(rows, 0);
    column.kind = ColumnKind::kDouble;
    column.values = values_.emplace_back(values.data());
    column.validity = validity_.emplace_back(out.owned_validity.emplace_back((rows + 7) / 8).data());
    column.null_count = static_cast<std::int64_t>(rows);
  }
  for (std::size_t row = 0; row < rows; ++row) {
    if (!lists.valid(static_cast<std::int64_t>(row))) continue;
    seen_.assign(bounds_.size(), 0);
    const FamilyTrouble trouble = lists.kind == ColumnKind::kList ? read_list(lists, row) : read_pairs(lists, row);
    if (trouble != FamilyTrouble::kNone) troubled_.push_back({static_cast<std::uint32_t>(row), trouble, 0, 0});
    for (std::size_t b = 0; b < bounds_.size(); ++b) {
      if (trouble == FamilyTrouble::kNone && seen_[b] == 0) continue;
      if (trouble != FamilyTrouble::kNone) values_[b][row] = 0;
      set_bit(validity_[b], row);
      --columns_[b].null_count;
    }
  }
}

FamilyTrouble BoundLists::read_list(const ColumnView& lists, std::size_t row) {
  const std::int32_t* const ends = lists.offsets + lists.offset + row;
  if (static_cast<std::size_t>(ends[1] - ends[0]) != bounds_.size()) return FamilyTrouble::kListLength;
  for (std::size_t b = 0; b < bounds_.size(); ++b) {
    const std::int64_t at = ends[0] + static_cast<std::int64_t>(b);
    if (!lists.items->valid(at)) continue;
    seen_[b] = 1;
    values_[b][row] = number_at(*lists.items, at);
  }
  return FamilyTrouble::kNone;
}

FamilyTrouble BoundLists::read_pairs(const ColumnView& lists, std::size_t row) {
  const std::int32_t* const ends = lists.offsets + lists.offset + row;
  for (std::int64_t at = ends[0]; at < ends[1]; ++at) {
    const std::optional<double> bound = bound_at(*lists.items, at);
    const auto found = bound ? std::lower_bound(bounds_.begin(), bounds_.end(), *bound) : bounds_.end();
    if (found == bounds_.end() || *found != *bound) return FamilyTrouble::kUnknownBound;
    const auto b = static_cast<std::size_t>(found - bounds_.begin());
    if (seen_[b] != 0) return FamilyTrouble::kRepeatedBound;
    if (!lists.seconds->valid(at)) continue;
    seen_[b] = 1;
    values_[b][row] = number_at(*lists.seconds, at);
  }
  return FamilyTrouble::kNone;
}

}  // namespace promfill
