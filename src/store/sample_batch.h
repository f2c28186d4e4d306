// What mapping hands to ingest: rows that have a time and an entity, grouped into runs of one entity, their metrics as
// columns. Every row here is usable; nulls, rejects and rows outside the window were judged and counted before.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/bytes.h"
#include "promfill/labels.h"
#include "promfill/sample.h"
#include "resource/memory_budget.h"
#include "store/ledger.h"

namespace promfill {

/// A metric of the job: what its series have in common beside their entity. `labels` holds __name__ and constants.
struct MetricDef {
  Labels labels;
  MetricType type = MetricType::kGauge;
  /// Metrics with the same number come in the same rows, or at least mostly: they are looked up and sorted together.
  std::uint32_t bundle = 0;
  bool holds_records = false;  ///< its samples may be native histograms; they come as RecordColumns
};

/// A set of label values that occurs in a batch. The key is the canonical form (encode_entity_key) of its labels: equal
/// labels give equal keys, whatever columns they came from.
struct BatchEntity {
  std::uint64_t hash = 0;  ///< of the key; decides the shard
  std::uint32_t key_begin = 0;
  std::uint32_t key_end = 0;
  std::uint32_t code = 0;  ///< the same for the same key in all batches of one SampleBatch::numbering
};

/// Rows [begin, end) of the batch belong to one entity; an entity may have several runs, in source order.
struct EntityRun {
  std::uint32_t entity = 0;  ///< position in SampleBatch::entities
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// Samples of any kind, row by row, as bodies of records (histogram/sample_record.h).
struct RecordColumn {
  std::vector<std::uint64_t> ends;  ///< in `bodies`, of each row's; it begins where the one before ends
  Bytes bodies;

  [[nodiscard]] ByteView body(std::uint32_t row) const {
    const std::uint64_t begin = row == 0 ? 0 : ends[row - 1];
    return ByteView(bodies).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(ends[row] - begin));
  }
};

/// One metric's values, row by row.
struct MetricColumn {
  std::uint32_t metric = 0;                ///< position in the job's list of MetricDef
  const double* values = nullptr;          ///< one for each row of the batch
  const std::uint8_t* validity = nullptr;  ///< bitmap, low bit first; null: every row has a value
  std::uint32_t validity_offset = 0;       ///< bits to skip
  const RecordColumn* records = nullptr;   ///< instead of values, of a metric that holds records

  [[nodiscard]] bool valid(std::uint32_t row) const {
    const std::uint32_t bit = row + validity_offset;
    return validity == nullptr || ((validity[bit >> 3] >> (bit & 7)) & 1) != 0;
  }
};

struct SampleBatch {
  std::vector<std::int64_t> times_ms;  ///< row by row, within kStorableMin … kStorableMax
  std::string keys;
  std::vector<BatchEntity> entities;
  std::shared_ptr<const void> numbering{};  ///< of the entities' codes; null: they have none
  std::vector<EntityRun> runs;              ///< cover the rows without gap
  std::vector<MetricColumn> metrics;
  std::vector<std::vector<double>> owned_values;  ///< behind metrics[i].values where they were converted or reordered
  std::size_t owned_values_used = 0;              ///< of a batch used again
  std::vector<std::vector<std::uint8_t>> owned_validity;
  std::vector<std::unique_ptr<RecordColumn>> owned_records;  ///< behind metrics[i].records
  std::shared_ptr<const void> owner;                         ///< behind the values that point into the source's memory
  Ledger judged;  ///< rows and cells offered, and the verdicts reached so far
  std::vector<Reject> rejects;
  MemoryCharge charge{};  ///< for memory_bytes(), kept by who hands batches out

  /// Forget the rows and keep the memory, for the next ones.
  void reset();
  /// Memory for one more column of values: what it holds is of no interest, nor its size.
  std::vector<double>& take_values();

  /// Of its own: what `owner` holds is the source's.
  [[nodiscard]] std::uint64_t memory_bytes() const;

  [[nodiscard]] std::string_view key(const BatchEntity& entity) const {
    return std::string_view(keys).substr(entity.key_begin, entity.key_end - entity.key_begin);
  }
};

/// Append the canonical key of an entity: for each label in name order, uvarint length and bytes of name and value.
/// @param labels  sorted by name, no empty values.
void encode_entity_key(std::span<const Label> labels, std::string& out);
/// The same label by label, in name order.
void encode_entity_label(std::string_view name, std::string_view value, std::string& out);
/// The labels behind a key. Keys are our own, so damage is a bug and asserted.
std::vector<Label> decode_entity_key(std::string_view key);
[[nodiscard]] std::uint64_t hash_entity_key(std::string_view key);

}  // namespace promfill
