// The rows of one classic histogram or summary: its columns held against each other, counts of single buckets added up.
//
//   le="0.1"  le="1.0"  le="+Inf"  count
//       3         5          9        9      good
//       3         2          9        9      decreasing_buckets
//       3         5          9        8      count_mismatch
//
// A row with trouble loses all its values of this histogram; its other metrics stay. A value that is null is no
// trouble, but where counts of single buckets are added up. A row whose values are all stale markers is good.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "family/family_series.h"
#include "model/column.h"
#include "store/sample_batch.h"

namespace promfill {

enum class FamilyTrouble : std::uint8_t {
  kNone,
  kNotFinite,      ///< a count that is NaN or infinite
  kNegative,       ///< a count
  kDecreasing,     ///< a bucket counts less than one below it, or the count less than a bucket
  kCountMismatch,  ///< the count is not that of the bucket +Inf
  kMissingBucket,  ///< null, where counts of single buckets are added up
  kListLength,     ///< a list has another number of values than there are bounds
  kUnknownBound,   ///< a map has one that the mapping doesn't have
  kRepeatedBound,  ///< a map has one twice
};

/// Key of Ledger::rejected_by_reason.
[[nodiscard]] std::string_view reason_of(FamilyTrouble trouble);

struct TroubledRow {
  std::uint32_t row = 0;
  FamilyTrouble trouble = FamilyTrouble::kNone;
  std::uint32_t series = 0;  ///< by whose value it was found, by position in the family
  std::uint32_t cells = 0;   ///< values that are lost, without completed ones
};

/// Checks the batches of one family. Not thread-safe.
class FamilyRows {
 public:
  /// @param series  as family_series gives them; borrowed.
  explicit FamilyRows(std::span<const FamilySeries> series);

  /// @param columns  by series; those completed are copies of what they are completed from. Rows with trouble become
  ///                 null in all of them, counts of single buckets become cumulative.
  /// @param out      gets the memory of what is not the source's.
  /// @param known    rows that have trouble anyway.
  /// @return rising by row; borrowed until the next call.
  std::span<const TroubledRow> check(std::span<ColumnView> columns, std::size_t rows, SampleBatch& out,
                                     std::span<const TroubledRow> known = {});

 private:
  void check_buckets(std::span<ColumnView> columns, std::size_t rows, SampleBatch& out);
  void check_cumulative(std::uint32_t series, const ColumnView& column, std::size_t rows);
  void add_up(std::uint32_t series, ColumnView& column, std::size_t rows, SampleBatch& out);
  void check_count(std::uint32_t series, const ColumnView& column, const ColumnView* infinity, std::size_t rows);
  void note(std::size_t row, FamilyTrouble trouble, std::uint32_t series);
  void forgive_stale(std::span<const ColumnView> columns);
  void find_missing(std::span<const ColumnView> columns, std::size_t rows);
  const double* doubles_of(const ColumnView& column, std::size_t rows, std::vector<double>& scratch) const;

  std::span<const FamilySeries> series_;
  bool is_histogram_;
  bool cumulative_;
  std::vector<double> below_;  // by row: what the buckets so far count
  std::vector<double> values_;
  std::vector<double> other_values_;
  std::vector<FamilyTrouble> troubles_;     // by row, the first; empty while there is none
  std::vector<std::uint32_t> troubled_by_;  // by row
  std::vector<TroubledRow> troubled_;
};

}  // namespace promfill
