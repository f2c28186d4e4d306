// Cells to samples where a plan resolves series: the rows of a batch become rows of single values, sorted by series.
//
//   in   row  host  cpu  mem          out  row  series                  value
//        0    a     1    5                 0    cpu{host="a"}           1
//        1    b     2    6                 1    cpu{host="b"}           2
//                                          2    mem{host="a"}           5 …
//
// Within a series values keep the order of rows, and within a row that of metrics, whatever entities and metrics became
// one series. Cells without a series are counted here.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mapping/entity_codes.h"
#include "mapping/plan.h"
#include "mapping/reject_record.h"
#include "mapping/series_codes.h"
#include "model/column.h"
#include "store/sample_batch.h"

namespace promfill {

/// The rows of a batch in runs of one entity. All are borrowed.
struct JudgedRuns {
  std::span<const std::uint32_t> starts;    ///< first rows
  std::span<const std::uint32_t> entities;  ///< by run
  std::span<const RowVerdict> verdicts;     ///< by row; empty: all are kept

  [[nodiscard]] RowVerdict verdict(std::size_t row) const {
    return verdicts.empty() ? RowVerdict::kKept : verdicts[row];
  }
};

class SeriesRows {
 public:
  /// @param plan  borrowed; it resolves series.
  explicit SeriesRows(const Plan& plan);

  /// Learn the entities that are new.
  void decide(const EntityCodes& entities) { codes_.decide(entities); }
  [[nodiscard]] bool has_series(std::uint32_t entity, std::size_t metric) const {
    return codes_.series_of(entity)[metric] < SeriesCodes::kNone;
  }

  /// Replace the times of `out` by those of the samples, and add entities, runs and values; count what is filtered or
  /// has no valid labels. @param out  times_ms by input row.
  void arrange(const ColumnBatch& batch, const JudgedRuns& runs, SampleBatch& out);

  [[nodiscard]] std::uint32_t input_row(std::uint32_t row) const { return order_[row]; }
  /// Of entities and their series; memory_bytes() is all.
  [[nodiscard]] std::uint64_t remembered_bytes() const { return codes_.memory_bytes(); }
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  /// Call visit(row, metric, series) for every cell of kept rows that has a value and a series, in an order that keeps
  /// that of the rows within each series.
  template <typename Visit>
  void for_each_cell(const ColumnBatch& batch, const JudgedRuns& runs, Visit visit) const;
  /// The same as records, where some metric is a native histogram.
  MetricColumn place_records(const ColumnBatch& batch, const JudgedRuns& runs, SampleBatch& out);
  MetricColumn place_values(const ColumnBatch& batch, const JudgedRuns& runs, SampleBatch& out);
  void count_lost(const ColumnBatch& batch, const JudgedRuns& runs, SampleBatch& out) const;
  void lose(const ColumnBatch& batch, std::size_t row, std::size_t metric, std::uint32_t why, SampleBatch& out) const;
  void place_series(SampleBatch& out);
  void note_start(const ColumnView& values, std::size_t row, std::uint32_t series, std::int64_t time_ms);

  const Plan* plan_;
  SeriesCodes codes_;
  std::vector<std::uint32_t> counts_;   // of the batch's cells, by series; all 0 between batches
  std::vector<std::uint32_t> present_;  // series of the batch, in order of appearance
  std::vector<std::uint32_t> order_;    // input row of each output row
  std::vector<std::int64_t> ordered_times_ms_;
  std::vector<std::uint32_t> metrics_;  // of each output row, where there are records
  bool holds_records_;
  std::vector<bool> begins_with_zero_;  // by metric
  struct ZeroStart {
    std::uint32_t series = 0;
    std::uint32_t row = 0;  // of the batch, that says it
    std::int64_t start_ms = 0;
    std::int64_t declared_ms = 0;  // the row's time
  };
  std::vector<ZeroStart> zeros_;  // of the batch
  struct ToldStart {
    std::int64_t start_ms = 0;
    std::int64_t declared_ms = 0;
  };
  std::vector<ToldStart> told_;  // by series, the last one that went out
};

}  // namespace promfill
