// Rows to samples: a batch of columns becomes times, entities in runs, and values, by a plan.
//
// Work is by column, never by row: labels are looked up once a run of equal rows or once a dictionary code. A batch
// whose entities come in few runs keeps its order, and values stay where the source put them. Otherwise rows are sorted
// by entity (stable: source order within one), so that each entity is one run. Rows that can't be used are judged,
// counted, taken out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "family/bound_lists.h"
#include "family/family_rows.h"
#include "mapping/entity_codes.h"
#include "mapping/plan.h"
#include "mapping/reject_record.h"
#include "mapping/series_rows.h"
#include "model/column.h"
#include "promfill/result.h"
#include "store/sample_batch.h"

namespace promfill {

/// One for each thread and plan: it holds scratch memory, and label values across batches. Not thread-safe.
class RowMapper {
 public:
  static constexpr std::uint64_t kRememberedBytes = 256 << 20;
  /// @param plan          borrowed; its time unit is decided.
  /// @param memory_bytes  of entities remembered across batches: with more, all are forgotten.
  explicit RowMapper(const Plan& plan, std::uint64_t memory_bytes = kRememberedBytes);

  /// @param used  a batch that is no longer needed: its memory serves the next.
  /// @return rows ready for ingest. Its ledger has the rows and cells offered, nulls, rejects and those out of the
  /// window.
  /// @error kCorrupt  a dictionary code without a value.
  Result<SampleBatch> map(ColumnBatch&& batch, SampleBatch used = {});

  /// Of the last batch: the row of the ColumnBatch that a row of the SampleBatch comes from.
  [[nodiscard]] std::uint32_t input_row(std::uint32_t row) const {
    if (plan_->resolves_series()) return series_rows_.input_row(row);
    return in_place_ ? row : order_[row];
  }

  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  /// Convert the times and judge every row. @return whether all are kept; else verdicts_ says which are not.
  bool judge_rows(const ColumnBatch& batch, SampleBatch& out);
  [[nodiscard]] RowVerdict judge_time(Timestamp time) const;
  void count_dropped(const ColumnBatch& batch, SampleBatch& out) const;
  void count_dropped(const ColumnBatch& batch, std::size_t row, std::uint32_t entity, SampleBatch& out) const;
  [[nodiscard]] Error unknown_column(const UnknownColumn& column) const;
  void forget_entities();
  /// Count what is offered, and apply the policies on NaN and inexact integers to the metrics' columns.
  void screen_values(ColumnBatch& batch, SampleBatch& out) const;
  /// Put the columns of families' series behind the others, as they are offered.
  void append_families(ColumnBatch& batch, SampleBatch& out);
  /// Put the columns of native histograms behind those. Rows that are none are bad cells of them.
  void append_records(ColumnBatch& batch, bool all_kept, SampleBatch& out);
  void append_made(MadeRecords made, ColumnBatch& batch, SampleBatch& out);
  void reject_records(const ColumnBatch& batch, SampleBatch& out);
  [[nodiscard]] bool makes_records() const { return !natives_.empty() || !plan_->started().empty(); }
  [[nodiscard]] std::size_t made_metric(std::size_t number) const;
  /// Hold them against each other, when what is offered has been counted.
  void check_families(ColumnBatch& batch, SampleBatch& out);
  [[nodiscard]] std::vector<TroubledRow> troubled_bound_rows(const ColumnBatch& batch, const PlannedFamily& family,
                                                             const SampleBatch& out) const;
  [[nodiscard]] Reject explain(const ColumnBatch& batch, const PlannedFamily& family,
                               const TroubledRow& troubled) const;
  /// Lines that are no rows, and cells of metrics that are no numbers.
  void count_bad(const ColumnBatch& batch, SampleBatch& out) const;
  void reject(Reject&& why, SampleBatch& out) const;
  [[nodiscard]] Reject explain(const ColumnBatch& batch, std::size_t row, std::uint64_t cells) const;

  /// Give the entities of kept rows their places in the batch, and decide the order of rows.
  void arrange(SampleBatch& out, bool all_kept);
  std::uint32_t place_entity(std::uint32_t entity, SampleBatch& out);
  void place_runs_as_they_come(SampleBatch& out);
  void place_runs_by_entity(SampleBatch& out);
  void order_rows(SampleBatch& out, bool all_kept);

  void add_values(ColumnBatch&& batch, SampleBatch& out) const;
  [[nodiscard]] std::size_t run_end(std::size_t run) const;

  const Plan* plan_;
  std::uint64_t memory_bytes_;
  EntityCodes entities_;
  SeriesRows series_rows_;                           // used where the plan resolves series
  std::vector<TroubledRow> bound_rows_;              // of the family being checked
  std::vector<NativeHistogramReader> natives_;       // of the plan
  std::vector<std::int64_t> row_times_ms_;           // of the batch, where starts are held against them
  std::vector<std::vector<BadRecord>> bad_records_;  // of the batch, by native, then by started metric
  std::vector<BoundLists> lists_;                    // by family
  std::vector<FamilyRows> families_;                 // of the plan
  ReadTimes read_times_;                             // of the batch, where the plan has a reader
  std::shared_ptr<const void> numbering_;
  std::size_t rows_ = 0;                       // of the batch in hand
  std::span<const std::uint32_t> run_starts_;  // runs of rows that are equal in all labels
  std::span<const std::uint32_t> run_entities_;
  std::vector<RowVerdict> verdicts_;        // by row; valid when not all rows are kept
  std::vector<std::uint32_t> run_kept_;     // rows that each run keeps
  std::vector<std::uint32_t> run_places_;   // of each run's entity among SampleBatch::entities
  std::vector<std::uint32_t> run_targets_;  // output row of each run's first kept row
  std::vector<std::uint32_t> places_;       // by entity number; good where place_batches_ is batch_number_
  std::vector<std::uint32_t> place_batches_;
  std::uint32_t batch_number_ = 0;
  std::vector<std::uint32_t> order_;  // input row of each output row; empty: as they came
  bool in_place_ = true;              // order_ is not used
  std::vector<std::int64_t> ordered_times_ms_;
};

}  // namespace promfill
