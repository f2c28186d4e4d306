// Rows of records to samples: the counterpart of RowMapper (mapping/row_mapper.h), by a compiled schema in place of a
// mapping of columns, with the same verdicts.
//
// Rows become columns block by block, so that a block of them is in cache while each of its members is read. Labels are
// looked up once a run of rows that are equal in them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "encoding/byte_writer.h"
#include "family/family_rows.h"
#include "model/column.h"
#include "promfill/record_type.h"
#include "promfill/result.h"
#include "record/record_entities.h"
#include "record/record_plan.h"
#include "record/row_arrangement.h"
#include "store/sample_batch.h"

namespace promfill {

/// Consecutive rows of a table.
struct RecordRows {
  const void* rows = nullptr;  ///< the table's
  std::size_t first = 0;
  std::size_t count = 0;
  std::int64_t first_row = 1;           ///< of its type in the job, counted from 1, for messages
  bool rows_stay = false;               ///< while `owner` lives, or where there is none as long as the job
  std::shared_ptr<const void> owner{};  ///< of the rows
};

/// One for each thread and type: it holds scratch memory, and entities across batches. Not thread-safe.
class RecordMapper {
 public:
  /// @param plan          borrowed.
  /// @param memory_bytes  of entities remembered across batches: with more, all are forgotten.
  RecordMapper(const RecordPlan& plan, std::uint64_t memory_bytes);

  /// @param used  a batch that is no longer needed: its memory serves the next.
  /// @return rows ready for ingest. Its ledger has the rows and cells offered, nulls, rejects and those out of the
  ///         window.
  /// @error kData  what the record's own code throws.
  Result<SampleBatch> map(const RecordRows& rows, SampleBatch used);

  /// Samples at the starts that rows of the last batch told of: to be ingested beside it.
  std::optional<SampleBatch> take_zero_starts();

  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  enum class Verdict : std::uint8_t;
  void forget();
  ColumnView read_times(const RecordRows& rows);
  Status find_entities(const RecordRows& rows);
  Status sink_labels(const RecordRows& rows, std::size_t row);
  bool judge_rows(const RecordRows& rows, const ColumnView& times, SampleBatch& out);
  [[nodiscard]] Verdict judge_time(Timestamp time) const;
  void count_dropped(const RecordRows& rows, const ColumnView& times, SampleBatch& out);
  [[nodiscard]] Reject explain(const RecordRows& rows, std::size_t row, const ColumnView& times, std::uint64_t cells);
  [[nodiscard]] std::uint32_t entity_of_row(std::size_t row) const;
  void arrange(const RecordRows& rows, bool all_kept, SampleBatch& out);
  void add_values(const RecordRows& rows, SampleBatch& out);
  struct Refusal;
  void add_samples(const RecordRows& rows, std::size_t metric, SampleBatch& out);
  void add_family(const RecordRows& rows, std::size_t metric, SampleBatch& out);
  void refuse(const RecordRows& rows, std::size_t row, const RecordType::Metric& metric, Refusal why, SampleBatch& out);
  Refusal encode(const RecordType::AnyValue& value, Timestamp time, ByteWriter& bodies) const;
  void note_starts(std::size_t metric, const SampleBatch& batch);
  bool lend_values(const RecordRows& rows, std::size_t metric, SampleBatch& out) const;

  const RecordPlan* plan_;
  std::uint64_t memory_bytes_;
  RecordEntities entities_;
  std::shared_ptr<const void> numbering_;
  LabelSink sink_;
  std::string last_labels_;
  std::vector<std::uint8_t> changed_;  // by row
  std::vector<LabelRun> runs_;
  std::vector<std::int64_t> raw_times_;  // or doubles
  std::vector<std::uint8_t> time_validity_;
  std::vector<Verdict> verdicts_;      // by row; valid when not all rows are kept
  std::vector<std::uint8_t> dropped_;  // by row; likewise
  RowArrangement arrangement_;
  std::vector<std::int64_t> ordered_times_ms_;
  std::map<std::size_t, FamilyRows> families_;  // by metric
  std::vector<double> values_;                  // scratch of family members
  struct ZeroStart {
    std::size_t metric = 0;
    BatchEntity entity;
    std::string key;
    std::int64_t start_ms = 0;
    std::int64_t declared_ms = 0;  // by the row of this time
  };
  std::vector<ZeroStart> zeros_;                                                                 // of the last batch
  std::map<std::pair<std::uint32_t, std::size_t>, std::pair<std::int64_t, std::int64_t>> told_;  // by entity and metric
};

}  // namespace promfill
