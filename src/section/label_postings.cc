// Columns of label uses and their order; see label_postings.h.
#include "section/label_postings.h"

#include <array>
#include <utility>

namespace promfill {

void LabelPostings::Uses::reserve(std::size_t count) {
  if (count <= size) return;
  begin.reset();  // first, so that the old memory is not held beside the new
  begin = std::make_unique_for_overwrite<Use[]>(count);
  size = count;
}

std::uint32_t LabelPostings::find_column(SymbolRef name) {
  const auto [place, is_new] = column_of_name_.emplace(name.value, static_cast<std::uint32_t>(columns_.size()));
  if (is_new) {
    columns_.emplace_back().name = name;
    columns_bytes_ += kColumnBytes;
  }
  return place->second;
}

void LabelPostings::grow(Column& column) {
  Uses& chunk = column.chunks.emplace_back();
  chunk.reserve(std::clamp(column.capacity, kChunkUsesMin, kChunkUsesMax));
  column.next = chunk.begin.get();
  column.end = column.next + chunk.size;
  column.capacity += chunk.size;
  columns_bytes_ += chunk.size * sizeof(Use);
  column_bytes_max_ = std::max(column_bytes_max_, column.capacity * sizeof(Use));
}

void LabelPostings::spill(ScratchFile& scratch) {
  ScratchStream run;
  PostingsRunWriter lists(run, scratch);
  if (!drain_columns(lists)) return;
  run.close(scratch);
  runs_.push_back(std::move(run));
}

std::span<const LabelPostings::Use> LabelPostings::sort(Column& column) {
  const std::size_t size = column.size();
  sorted_.reserve(size);
  Use* out = sorted_.begin.get();
  for (Uses& chunk : column.chunks) {
    const std::size_t used = std::min(chunk.size, size - static_cast<std::size_t>(out - sorted_.begin.get()));
    out = std::copy_n(chunk.begin.get(), used, out);
    chunk = {};
  }
  column.chunks.clear();

  const std::span<const Use> uses(sorted_.begin.get(), size);
  std::uint32_t value_min = uses.front().value;
  std::uint32_t value_max = value_min;
  bool in_order = true;  // as the first names of series are
  for (const Use& use : uses) {
    in_order &= use.value >= value_max;
    value_min = std::min(value_min, use.value);
    value_max = std::max(value_max, use.value);
  }
  if (!in_order) sort_by_radix(size, value_min, value_max);
  return {sorted_.begin.get(), size};
}

// Stable, least digit first: series stay in order within a value. A digit of 8 bits writes to as many places at once as
// the first cache has room for, whatever the order of the values.
void LabelPostings::sort_by_radix(std::size_t size, std::uint32_t value_min, std::uint32_t value_max) {
  constexpr std::size_t kDigits = 4;
  constexpr unsigned kDigitBits = 8;
  constexpr std::uint32_t kDigitMask = (1U << kDigitBits) - 1;
  std::array<std::array<std::uint32_t, 1U << kDigitBits>, kDigits> counts{};
  for (const Use& use : std::span(sorted_.begin.get(), size)) {
    const std::uint32_t value = use.value - value_min;
    for (std::size_t digit = 0; digit < kDigits; ++digit) ++counts[digit][(value >> (kDigitBits * digit)) & kDigitMask];
  }
  sorting_.reserve(size);
  for (std::size_t digit = 0; digit < kDigits && ((value_max - value_min) >> (kDigitBits * digit)) != 0; ++digit) {
    std::uint32_t begin = 0;
    for (std::uint32_t& count : counts[digit]) begin += std::exchange(count, begin);
    for (const Use& use : std::span(sorted_.begin.get(), size)) {
      sorting_.begin[counts[digit][((use.value - value_min) >> (kDigitBits * digit)) & kDigitMask]++] = use;
    }
    std::swap(sorting_, sorted_);
  }
}

}  // namespace promfill
