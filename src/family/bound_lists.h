// A column of lists as columns: each row's list has a value for each bound, in their order; or it has pairs of a bound
// and a value (maps, lists of structs of two), in any order.
//
//   bounds 1 10 +Inf     [3, 5, 9] → 3 | 5 | 9     {10: 5, 1: 3} → 3 | 5 | null
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "family/family_rows.h"
#include "family/family_series.h"
#include "model/column.h"
#include "store/sample_batch.h"

namespace promfill {

class BoundLists {
 public:
  /// @param series  of a family whose bounds are in lists; borrowed.
  explicit BoundLists(std::span<const FamilySeries> series);

  /// Read the lists of a batch. Values become doubles; a list that doesn't fit the bounds is trouble, and its values
  /// stand as 0 until its row is taken out. @param lists  kList, or kPairs. @param out  gets the columns' memory.
  void read(const ColumnView& lists, std::size_t rows, SampleBatch& out);

  /// Of the last batch, by bound.
  [[nodiscard]] std::span<const ColumnView> columns() const { return columns_; }
  /// Of the last batch, rising by row; their cells are not counted.
  [[nodiscard]] std::span<const TroubledRow> troubled() const { return troubled_; }

 private:
  FamilyTrouble read_list(const ColumnView& lists, std::size_t row);
  FamilyTrouble read_pairs(const ColumnView& lists, std::size_t row);

  std::vector<double> bounds_;
  std::vector<ColumnView> columns_;
  std::vector<double*> values_;          // of columns_
  std::vector<std::uint8_t*> validity_;  // of columns_
  std::vector<std::uint8_t> seen_;       // by bound
  std::vector<TroubledRow> troubled_;
};

}  // namespace promfill
