// See held_rows.h.
#include "store/held_rows.h"

#include <algorithm>

namespace promfill {

void HeldRows::add(std::span<const std::int64_t> times_ms, BundleColumns columns, std::uint32_t begin,
                   std::uint32_t end) {
  for (std::uint32_t row = begin; row < end; ++row) {
    min_ms_ = std::min(min_ms_, times_ms[row]);
    max_ms_ = std::max(max_ms_, times_ms[row]);
  }
  rows_ += end - begin;
  while (begin < end) {
    if (pages_.empty() || pages_.back().rows == pages_.back().capacity) add_page(end - begin);
    Page& page = pages_.back();
    const std::uint32_t part_end = begin + std::min(end - begin, page.capacity - page.rows);
    std::copy(times_ms.begin() + begin, times_ms.begin() + part_end, page.times() + page.rows);
    for (std::uint32_t m = 0; m < metrics_; ++m) copy_column(page, m, columns[m], begin, part_end);
    page.rows += part_end - begin;
    begin = part_end;
  }
}

void HeldRows::copy_column(Page& page, std::uint32_t metric, const MetricColumn* column, std::uint32_t begin,
                           std::uint32_t end) {
  double* const values = page.values_of(metric) + page.rows;
  if (column == nullptr) {
    std::fill_n(values, end - begin, 0.0);
  } else {
    std::copy(column->values + begin, column->values + end, values);
    if (column->validity == nullptr && page.validity.empty()) return;
  }
  if (page.validity.empty()) {
    page.validity.assign(std::size_t{page.capacity} * metrics_, 1);  // those before had all
    memory_bytes_ += page.validity.size();
  }
  std::uint8_t* const validity = page.validity.data() + std::size_t{page.capacity} * metric + page.rows;
  for (std::uint32_t row = begin; row < end; ++row) {
    validity[row - begin] = static_cast<std::uint8_t>(column != nullptr && column->valid(row));
  }
}

void HeldRows::add_page(std::uint32_t rows) {
  constexpr std::uint32_t kRowsMin = 4;
  const std::uint64_t row_bytes = 8 * (std::uint64_t{metrics_} + 1);
  const auto rows_max = static_cast<std::uint32_t>(std::max<std::uint64_t>(kRowsMin, kPageBytesMax / row_bytes));
  const std::uint32_t twice = pages_.empty() ? kRowsMin : 2 * pages_.back().capacity;
  Page page;
  page.capacity = std::min(std::max(rows, twice), rows_max);
  std::uint64_t bytes = page.capacity * row_bytes;
  if (bytes < PagePool::kPieceBytesMin) {
    page.small = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
  } else {
    bytes = PagePool::rounded(bytes);
    page.pooled = PooledPiece(*pool_, bytes);
    page.capacity = static_cast<std::uint32_t>(bytes / row_bytes);
  }
  memory_bytes_ += sizeof(Page) + bytes;
  pages_.push_back(std::move(page));
}

void HeldRows::copy_times(std::vector<std::int64_t>& out) const {
  out.resize(rows_);
  auto at = out.begin();
  for (const Page& page : pages_) at = std::copy_n(page.times(), page.rows, at);
}

void HeldRows::copy_values(std::uint32_t metric, std::vector<double>& out) const {
  out.resize(rows_);
  auto at = out.begin();
  for (const Page& page : pages_) at = std::copy_n(page.values_of(metric), page.rows, at);
}

bool HeldRows::copy_validity(std::uint32_t metric, std::vector<std::uint8_t>& out) const {
  const auto is_valid = [](std::uint8_t valid) { return valid != 0; };
  const auto all_valid = [&](const Page& page) {
    const auto begin = page.validity.begin() + static_cast<std::ptrdiff_t>(std::size_t{page.capacity} * metric);
    return page.validity.empty() || std::all_of(begin, begin + page.rows, is_valid);
  };
  if (std::all_of(pages_.begin(), pages_.end(), all_valid)) return false;
  out.clear();
  for (const Page& page : pages_) {
    if (page.validity.empty()) {
      out.insert(out.end(), page.rows, 1);
    } else {
      const auto begin = page.validity.begin() + static_cast<std::ptrdiff_t>(std::size_t{page.capacity} * metric);
      out.insert(out.end(), begin, begin + page.rows);
    }
  }
  return true;
}

}  // namespace promfill
