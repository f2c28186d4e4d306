// Offers the cells of the sources to the check of one part: batches are mapped, and each metric of a run of rows is
// looked up among the part's series once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audit/audit_part.h"
#include "audit/cell_check.h"
#include "audit/loaded_samples.h"
#include "mapping/row_mapper.h"
#include "store/sample_batch.h"

namespace promfill {

class SourceCells {
 public:
  /// All are borrowed. @param remembered_bytes  of entities and their series.
  SourceCells(const Plan& plan, std::uint32_t source, std::span<const MetricDef> metrics, const AuditPart& part,
              const LoadedSamples& samples, CellCheck& check, std::uint64_t remembered_bytes);

  /// Map a batch and offer what the part has of it. @error as RowMapper; kCorrupt  a row outside of `expected`.
  /// @param expected  times of the rows that are kept, by the source's statistics, which parts rely on.
  Status offer(ColumnBatch&& columns, const TimeSpan& expected);

  /// Of the batch that was offered last.
  [[nodiscard]] const Ledger& judged() const { return batch_.judged; }
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  static constexpr std::uint32_t kUnknown = 0xffffffff;
  static constexpr std::uint32_t kElsewhere = 0xfffffffe;  // of another part
  static constexpr std::uint32_t kNowhere = 0xfffffffd;    // of this part, but not in the blocks

  /// The number of the series in the part, or one of the constants above but kUnknown.
  std::uint32_t series_of(const BatchEntity& entity, std::uint32_t metric);
  void build_key(const BatchEntity& entity, std::uint32_t metric);
  void offer_run(const EntityRun& run, const MetricColumn& column, std::int64_t first_row);

  const Plan& plan_;
  std::uint32_t source_;
  std::span<const MetricDef> metrics_;
  const AuditPart& part_;
  const LoadedSamples& samples_;
  CellCheck& check_;
  RowMapper mapper_;
  SampleBatch batch_;
  std::shared_ptr<const void> numbering_;  // that series_ is for
  std::vector<std::uint32_t> series_;      // by code of the entity, then metric
  std::string key_;                        // of the series looked up last
};

}  // namespace promfill
