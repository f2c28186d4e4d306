// The order of a batch's rows: as they came, without those that are dropped, or sorted by entity where entities change
// from row to row (stable: source order within one), so that each entity is one run.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "store/sample_batch.h"

namespace promfill {

/// Rows that are equal in all labels, one behind the other.
struct LabelRun {
  std::uint32_t begin = 0;   ///< its first row; it ends where the next begins
  std::uint32_t entity = 0;  ///< number
};

class RowArrangement {
 public:
  /// Decide the order of the rows that are kept, and fill in `out`'s runs.
  /// @param rows      of the batch; runs cover them.
  /// @param dropped   by row; empty: none is.
  /// @param entities  how many numbers there are.
  /// @param place     of an entity, called at its first row that is kept: adds it to out.entities.
  template <typename Place>
  void arrange(std::uint32_t rows, std::span<const LabelRun> runs, std::span<const std::uint8_t> dropped,
               std::size_t entities, SampleBatch& out, Place place) {
    begin_batch(runs, entities);
    for (std::size_t run = 0; run < runs.size(); ++run) {
      const std::uint32_t end = run + 1 < runs.size() ? runs[run + 1].begin : rows;
      kept_[run] = count_kept(runs[run].begin, end, dropped);
      if (kept_[run] > 0) places_[run] = place_of(runs[run].entity, out, place);
    }
    finish(rows, runs, dropped, out);
  }

  /// Input row of each output row; null: all as they came.
  [[nodiscard]] const std::uint32_t* order() const { return in_place_ ? nullptr : order_.data(); }
  [[nodiscard]] std::size_t rows() const { return rows_; }  ///< that are kept
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  void begin_batch(std::span<const LabelRun> runs, std::size_t entities);
  static std::uint32_t count_kept(std::uint32_t begin, std::uint32_t end, std::span<const std::uint8_t> dropped);
  void finish(std::uint32_t rows, std::span<const LabelRun> runs, std::span<const std::uint8_t> dropped,
              SampleBatch& out);
  void place_as_they_come(std::size_t runs, SampleBatch& out);
  void place_by_entity(std::size_t runs, SampleBatch& out);

  template <typename Place>
  std::uint32_t place_of(std::uint32_t entity, SampleBatch& out, Place& place) {
    if (entity_batches_[entity] != batch_) {
      entity_batches_[entity] = batch_;
      entity_places_[entity] = static_cast<std::uint32_t>(out.entities.size());
      place(entity);
    }
    return entity_places_[entity];
  }

  std::vector<std::uint32_t> kept_;           // rows of each run
  std::vector<std::uint32_t> places_;         // of each run's entity in the batch
  std::vector<std::uint32_t> targets_;        // output row of each run's first kept row
  std::vector<std::uint32_t> entity_places_;  // by entity; good where entity_batches_ is batch_
  std::vector<std::uint32_t> entity_batches_;
  std::uint32_t batch_ = 0;
  std::vector<std::uint32_t> order_;
  bool in_place_ = true;
  std::size_t rows_ = 0;
};

}  // namespace promfill
