// See ingest.h.
#include "ingest/ingest.h"

#include <algorithm>
#include <map>

namespace promfill {
namespace {

constexpr std::uint32_t kUnresolved = 0xffffffff;

bool all_valid(const MetricColumn& column, std::uint32_t begin, std::uint32_t end) {
  if (column.validity == nullptr) return true;
  for (std::uint32_t row = begin; row < end; ++row) {
    if (!column.valid(row)) return false;
  }
  return true;
}

}  // namespace

Ingest::Shard::Shard(const IngestOptions& options, std::uint32_t metrics, MemoryBudget& budget)
    : store(options.block_duration, metrics), charge(budget) {}

Ingest::Ingest(const IngestOptions& options, std::vector<MetricDef> metrics, MemoryBudget& budget)
    : options_(options), metrics_(std::move(metrics)), budget_(&budget) {
  PROMFILL_ASSERT(options.shards > 0 && options.block_duration.ms > 0);
  for (std::uint32_t i = 0; i < options.shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(options, static_cast<std::uint32_t>(metrics_.size()), budget));
  }
}

Status Ingest::append(std::uint32_t shard_id, const SampleBatch& batch) {
  Shard& shard = *shards_[shard_id];
  if (shard_id == 0) shard.judged += batch.judged;
  shard.entity_ids.assign(batch.entities.size(), kUnresolved);
  for (const EntityRun& run : batch.runs) {
    const BatchEntity& entity = batch.entities[run.entity];
    if (shard_of(entity.hash) != shard_id) continue;
    std::uint32_t& id = shard.entity_ids[run.entity];
    if (id == kUnresolved) id = shard.store.entity(batch.key(entity), entity.hash);
    append_run_of_rows(shard, batch, run, id);
  }
  shard.charge.resize(shard.store.memory_bytes());
  if (budget_->exhausted()) {
    return Error{ErrorCode::kLimit,
                 "the job needs more memory than its limit of " + std::to_string(budget_->limit_bytes()) + " bytes", "",
                 "import a shorter time range at once with --min-time and --max-time"};
  }
  return {};
}

void Ingest::append_run_of_rows(Shard& shard, const SampleBatch& batch, const EntityRun& run, std::uint32_t entity) {
  const auto times = std::span(batch.times_ms).subspan(run.begin, run.end - run.begin);
  for (const MetricColumn& column : batch.metrics) {
    if (all_valid(column, run.begin, run.end)) {
      shard.store.append(entity, column.metric, times, column.values + run.begin);
      continue;
    }
    shard.dense_times_ms.clear();
    shard.dense_values.clear();
    for (std::uint32_t row = run.begin; row < run.end; ++row) {
      if (!column.valid(row)) continue;
      shard.dense_times_ms.push_back(batch.times_ms[row]);
      shard.dense_values.push_back(column.values[row]);
    }
    shard.store.append(entity, column.metric, shard.dense_times_ms, shard.dense_values.data());
  }
}

void Ingest::seal() {
  PROMFILL_ASSERT(!catalog_);
  std::vector<SeriesStore*> stores;
  std::map<std::int64_t, Window> by_number;
  const std::int64_t d = options_.block_duration.ms;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    stores.push_back(&shards_[i]->store);
    for (StoreWindow& window : shards_[i]->store.windows()) {
      Window& merged = by_number[window.number];
      merged.range = {{window.number * d}, {(window.number + 1) * d}};
      merged.parts.push_back({i, &window});
    }
  }
  for (auto& [number, window] : by_number) windows_.push_back(std::move(window));
  catalog_ = SeriesCatalog::build(stores, metrics_);
}

Result<WrittenBlock> Ingest::write_window(std::size_t i, FileSystem& fs, const std::string& directory, Ulid ulid,
                                          const BlockWriterOptions& options) {
  PROMFILL_ASSERT(catalog_);
  PROMFILL_TRY(BlockWriter writer, BlockWriter::create(fs, directory, ulid, options));
  WindowTally tally;
  PROMFILL_TRY_STATUS(promfill::write_window(windows_[i].parts, *catalog_, 2 * options_.block_duration.ms,
                                             options_.on_duplicate, writer, tally));
  PROMFILL_TRY(WrittenBlock block, std::move(writer).finish());
  PROMFILL_ASSERT(block.meta.stats.samples == tally.samples);
  const std::scoped_lock lock(tally_mutex_);
  tally_.samples += tally.samples;
  tally_.duplicates.merged += tally.duplicates.merged;
  tally_.duplicates.conflicting += tally.duplicates.conflicting;
  return block;
}

Ledger Ingest::ledger() const {
  Ledger ledger = shards_[0]->judged;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    ledger.duplicates_merged += shard->store.duplicates_merged();
    ledger.late_samples += shard->store.late_samples();
  }
  const std::scoped_lock lock(tally_mutex_);
  ledger.duplicates_merged += tally_.duplicates.merged;
  ledger.duplicates_conflicting += tally_.duplicates.conflicting;
  ledger.written = tally_.samples;
  return ledger;
}

}  // namespace promfill
