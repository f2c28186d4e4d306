// See row_arrangement.h.
#include "record/row_arrangement.h"

#include <algorithm>
#include <numeric>

namespace promfill {
namespace {

/// Runs shorter than this on average are worth sorting: ingest pays for each run, sorting for each row.
constexpr std::size_t kRowsPerRunMin = 16;

}  // namespace

void RowArrangement::begin_batch(std::span<const LabelRun> runs, std::size_t entities) {
  if (++batch_ == 0) {
    std::fill(entity_batches_.begin(), entity_batches_.end(), 0);
    batch_ = 1;
  }
  if (entities < entity_batches_.size()) std::fill(entity_batches_.begin(), entity_batches_.end(), 0);
  entity_places_.resize(entities);
  entity_batches_.resize(entities);
  kept_.resize(runs.size());
  places_.resize(runs.size());
  targets_.resize(runs.size());
}

std::uint32_t RowArrangement::count_kept(std::uint32_t begin, std::uint32_t end,
                                         std::span<const std::uint8_t> dropped) {
  if (dropped.empty()) return end - begin;
  const auto rows = dropped.subspan(begin, end - begin);
  return static_cast<std::uint32_t>(std::count(rows.begin(), rows.end(), std::uint8_t{0}));
}

void RowArrangement::finish(std::uint32_t rows, std::span<const LabelRun> runs, std::span<const std::uint8_t> dropped,
                            SampleBatch& out) {
  rows_ = std::accumulate(kept_.begin(), kept_.end(), std::size_t{0});
  const bool sort = runs.size() * kRowsPerRunMin > rows && out.entities.size() < runs.size();
  in_place_ = dropped.empty() && !sort;
  if (sort) {
    place_by_entity(runs.size(), out);
  } else {
    place_as_they_come(runs.size(), out);
  }
  if (in_place_) return;
  order_.resize(rows_);
  for (std::size_t run = 0; run < runs.size(); ++run) {
    std::uint32_t* target = order_.data() + targets_[run];
    const std::uint32_t end = run + 1 < runs.size() ? runs[run + 1].begin : rows;
    for (std::uint32_t row = runs[run].begin; row < end; ++row) {
      if (dropped.empty() || dropped[row] == 0) *target++ = row;
    }
  }
}

void RowArrangement::place_as_they_come(std::size_t runs, SampleBatch& out) {
  std::uint32_t row = 0;
  for (std::size_t run = 0; run < runs; ++run) {
    targets_[run] = row;
    if (kept_[run] == 0) continue;
    out.runs.push_back({places_[run], row, row + kept_[run]});
    row += kept_[run];
  }
}

/// A counting sort: rows of each entity, then where each entity begins, then where each run of it goes.
void RowArrangement::place_by_entity(std::size_t runs, SampleBatch& out) {
  out.runs.resize(out.entities.size());
  for (std::size_t run = 0; run < runs; ++run) {
    if (kept_[run] > 0) out.runs[places_[run]].end += kept_[run];
  }
  std::uint32_t row = 0;
  for (std::size_t entity = 0; entity < out.runs.size(); ++entity) {
    const std::uint32_t rows = out.runs[entity].end;
    out.runs[entity] = {static_cast<std::uint32_t>(entity), row, row};
    row += rows;
  }
  for (std::size_t run = 0; run < runs; ++run) {
    targets_[run] = 0;
    if (kept_[run] == 0) continue;
    std::uint32_t& end = out.runs[places_[run]].end;
    targets_[run] = end;
    end += kept_[run];
  }
}

std::uint64_t RowArrangement::memory_bytes() const {
  std::uint64_t numbers = 0;
  for (const auto* one : {&kept_, &places_, &targets_, &entity_places_, &entity_batches_, &order_}) {
    numbers += one->capacity();
  }
  return numbers * sizeof(std::uint32_t);
}

}  // namespace promfill
