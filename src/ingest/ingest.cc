// See ingest.h.
#include "ingest/ingest.h"

#include <algorithm>
#include <limits>

namespace promfill {
namespace {

constexpr std::uint32_t kUnresolved = 0xffffffff;
/// A wider table's metrics are dealt with in several bundles.
constexpr std::size_t kBundleMetricsMax = 1024;
constexpr std::int64_t kEnded = std::numeric_limits<std::int64_t>::max();

}  // namespace

struct Ingest::Shard {
  Shard(Duration block_duration, std::span<const std::vector<std::uint32_t>> bundles, PagePool& pool,
        MemoryBudget& budget)
      : store(block_duration, bundles, pool), charge(budget), columns(bundles.size()) {}

  BundleStore store;
  MemoryCharge charge;
  Ledger judged;  // kept by shard 0 for all
  DuplicateTally duplicates;
  std::int64_t advanced_to = std::numeric_limits<std::int64_t>::min();  // window number; under Ingest's mutex
  std::shared_ptr<const SharedCatalog> catalog;
  std::uint32_t generation = 0;

  // Of the batch being appended.
  std::vector<std::uint32_t> entity_ids;                     // kUnresolved where not looked up yet
  std::vector<std::vector<const MetricColumn*>> columns;     // by kind of bundle, then metric
  std::vector<std::uint32_t> kinds;                          // that the batch has
  struct Run {
    std::uint32_t bundle = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  std::vector<Run> runs;  // of this shard
};

Ingest::Ingest(const IngestOptions& options, std::vector<MetricDef> metrics, MemoryBudget& budget)
    : options_(options), metrics_(std::move(metrics)), budget_(&budget) {
  PROMFILL_ASSERT(options.shards > 0 && options.block_duration.ms > 0);
  std::map<std::uint32_t, std::uint32_t> kind_of_bundle;
  for (std::uint32_t m = 0; m < metrics_.size(); ++m) {
    const auto next = static_cast<std::uint32_t>(kinds_.size());
    std::uint32_t& kind = kind_of_bundle.try_emplace(metrics_[m].bundle, next).first->second;
    if (kind != next && kinds_[kind].size() == kBundleMetricsMax) kind = next;
    if (kind == next) kinds_.emplace_back();
    places_.push_back({kind, static_cast<std::uint32_t>(kinds_[kind].size())});
    kinds_[kind].push_back(m);
  }
  for (std::uint32_t i = 0; i < options.shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(options.block_duration, kinds_, pool_, budget));
  }
}

Ingest::~Ingest() = default;

// ---- rows

Status Ingest::append(std::uint32_t shard_id, const SampleBatch& batch) {
  Shard& shard = *shards_[shard_id];
  if (shard_id == 0) shard.judged += batch.judged;
  map_columns(shard, batch);
  shard.entity_ids.assign(batch.entities.size(), kUnresolved);
  for (const std::uint32_t kind : shard.kinds) append_runs(shard, batch, kind);
  shard.charge.resize(shard.store.memory_bytes());
  if (budget_->exhausted()) {
    return Error{ErrorCode::kLimit,
                 "the job needs more memory than its limit of " + std::to_string(budget_->limit_bytes()) + " bytes", "",
                 "import a shorter time range at once with --min-time and --max-time"};
  }
  return {};
}

void Ingest::map_columns(Shard& shard, const SampleBatch& batch) const {
  for (const std::uint32_t kind : shard.kinds) shard.columns[kind].clear();
  shard.kinds.clear();
  for (const MetricColumn& column : batch.metrics) {
    const Place place = places_[column.metric];
    std::vector<const MetricColumn*>& columns = shard.columns[place.kind];
    if (columns.empty()) {
      columns.assign(kinds_[place.kind].size(), nullptr);
      shard.kinds.push_back(place.kind);
    }
    columns[place.slot] = &column;
  }
}

void Ingest::append_runs(Shard& shard, const SampleBatch& batch, std::uint32_t kind) const {
  const std::uint32_t shard_id = static_cast<std::uint32_t>(
      std::find_if(shards_.begin(), shards_.end(), [&](const auto& one) { return one.get() == &shard; }) -
      shards_.begin());
  shard.runs.clear();
  for (const EntityRun& run : batch.runs) {
    const BatchEntity& entity = batch.entities[run.entity];
    if (shard_of(entity.hash) != shard_id) continue;
    std::uint32_t& id = shard.entity_ids[run.entity];
    if (id == kUnresolved) id = shard.store.entity(batch.key(entity), entity.hash);
    shard.runs.push_back({shard.store.bundle(id, kind), run.begin, run.end});
  }
  // With very many series each row's appenders are somewhere else in memory: have them on their way some rows before.
  constexpr std::size_t kWindowAhead = 8;
  constexpr std::size_t kBundleAhead = 16;
  const std::vector<Shard::Run>& runs = shard.runs;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (i + kBundleAhead < runs.size()) shard.store.prefetch_bundle(runs[i + kBundleAhead].bundle);
    if (i + kWindowAhead < runs.size()) shard.store.prefetch_window(runs[i + kWindowAhead].bundle);
    shard.store.append(runs[i].bundle, batch.times_ms, shard.columns[kind], runs[i].begin, runs[i].end);
  }
}

// ---- windows

Status Ingest::advance(std::uint32_t shard_id, Timestamp time) {
  Shard& shard = *shards_[shard_id];
  const bool ended = time == kTimestampMax;
  const std::int64_t d = options_.block_duration.ms;
  const std::int64_t end_number = ended ? kEnded : window_number(time.ms, d);
  if (end_number <= shard.advanced_to) return {};  // only this thread writes it
  PROMFILL_TRY_STATUS(settle(shard, ended ? kEnded : end_number * d));
  seal(shard, shard_id, end_number);
  shard.charge.resize(shard.store.memory_bytes());
  return {};
}

Status Ingest::settle(Shard& shard, std::int64_t end_ms) {
  Settling settling(shard.store, {options_.on_duplicate, /*final=*/true});
  for (std::uint32_t b = 0; b < shard.store.bundles().size(); ++b) {
    if (!shard.store.bundles()[b].held) continue;
    if (Status status = settling.settle(b, end_ms, shard.duplicates); !status) {
      Error error = std::move(status).error();
      error.where = series_text(shard, b, settling.failed_metric()) + " at " + error.where;
      return error;
    }
  }
  return {};
}

std::string Ingest::series_text(const Shard& shard, std::uint32_t bundle, std::uint32_t slot) const {
  const BundleStore::Bundle& described = shard.store.bundles()[bundle];
  std::vector<Label> labels = decode_entity_key(shard.store.entity_key(described.entity));
  for (const Label& label : metrics_[kinds_[described.kind][slot]].labels) labels.push_back(label);
  const Result<Labels> made = Labels::create(std::move(labels));
  return made ? made->text() : made.error().text();
}

void Ingest::seal(Shard& shard, std::uint32_t shard_id, std::int64_t end_number) {
  std::vector<std::unique_ptr<StoreWindow>> windows = shard.store.take_windows(end_number);
  if (!windows.empty() && (!shard.catalog || shard.catalog->catalog.series_known() != shard.store.series() ||
                           shard.catalog->catalog.size() != shard.store.series_seen())) {
    shard.catalog = std::make_shared<const SharedCatalog>(SeriesCatalog::build(shard.store, metrics_));
  }
  const std::scoped_lock lock(mutex_);
  const std::int64_t d = options_.block_duration.ms;
  for (std::unique_ptr<StoreWindow>& window : windows) {
    SealedWindow& sealing = sealing_[window->number];
    sealing.range = {{window->number * d}, {(window->number + 1) * d}};
    sealing.parts_.push_back({shard_id, std::move(window), shard.catalog, shard.generation});
  }
  shard.advanced_to = end_number;
  std::int64_t all_advanced = kEnded;
  for (const std::unique_ptr<Shard>& one : shards_) all_advanced = std::min(all_advanced, one->advanced_to);
  while (!sealing_.empty() && (all_advanced == kEnded || sealing_.begin()->first < all_advanced)) {
    SealedWindow& window = sealing_.begin()->second;
    std::sort(window.parts_.begin(), window.parts_.end(),
              [](const SealedWindow::Part& a, const SealedWindow::Part& b) { return a.shard < b.shard; });
    sealed_.push_back(std::move(window));
    ++windows_sealed_;
    sealing_.erase(sealing_.begin());
  }
  sealed_changed_.notify_all();
}

std::optional<SealedWindow> Ingest::next_window() {
  std::unique_lock lock(mutex_);
  const auto all_ended = [this] {
    return std::all_of(shards_.begin(), shards_.end(), [](const auto& one) { return one->advanced_to == kEnded; });
  };
  sealed_changed_.wait(lock, [&] { return cancelled_ || !sealed_.empty() || all_ended(); });
  if (cancelled_ || sealed_.empty()) return std::nullopt;
  std::optional<SealedWindow> window(std::move(sealed_.front()));
  sealed_.pop_front();
  return window;
}

std::uint64_t Ingest::windows_sealed() const {
  const std::scoped_lock lock(mutex_);
  return windows_sealed_;
}

void Ingest::cancel() {
  const std::scoped_lock lock(mutex_);
  cancelled_ = true;
  sealed_changed_.notify_all();
}

Result<WrittenBlock> Ingest::write_window(SealedWindow window, FileSystem& fs, const std::string& directory, Ulid ulid,
                                          const BlockWriterOptions& options) {
  std::vector<std::unique_ptr<WindowSeries>> sources;
  for (const SealedWindow::Part& part : window.parts_) {
    sources.push_back(std::make_unique<StoredWindow>(*part.store, part.catalog, part.generation));
  }
  Status status;
  const std::shared_ptr<const SymbolUnion> symbols = symbols_of(sources, window, status);
  PROMFILL_TRY_STATUS(status);
  std::vector<WindowSeries*> pointers;
  for (const auto& source : sources) pointers.push_back(source.get());
  PROMFILL_TRY(BlockWriter writer, BlockWriter::create(fs, directory, ulid, options));
  WindowTally tally;
  PROMFILL_TRY_STATUS(promfill::write_window(pointers, *symbols, {2 * options_.block_duration.ms, options_.on_duplicate},
                                             writer, tally));
  sources.clear();
  window.parts_.clear();
  PROMFILL_TRY(WrittenBlock block, std::move(writer).finish());
  PROMFILL_ASSERT(block.meta.stats.samples == tally.samples);
  const std::scoped_lock lock(mutex_);
  tally_.samples += tally.samples;
  tally_.duplicates.merged += tally.duplicates.merged;
  tally_.duplicates.conflicting += tally.duplicates.conflicting;
  return block;
}

/// The union of the symbols of all sources. Windows that were sealed with the same catalogs share one.
std::shared_ptr<const SymbolUnion> Ingest::symbols_of(std::span<const std::unique_ptr<WindowSeries>> sources,
                                                      const SealedWindow& window, Status& status) {
  std::vector<std::shared_ptr<const SharedCatalog>> catalogs;
  for (const SealedWindow::Part& part : window.parts_) catalogs.push_back(part.catalog);
  {
    const std::scoped_lock lock(mutex_);
    if (cached_union_.symbols && cached_union_.catalogs == catalogs) return cached_union_.symbols;
  }
  std::vector<const SymbolList*> lists;
  for (const auto& source : sources) lists.push_back(&source->symbols());
  Result<SymbolUnion> made = SymbolUnion::build(std::move(lists));
  if (!made) {
    status = std::move(made).error();
    return nullptr;
  }
  auto symbols = std::make_shared<const SymbolUnion>(*std::move(made));
  const std::scoped_lock lock(mutex_);
  cached_union_ = {std::move(catalogs), symbols};
  return symbols;
}

// ---- counts

std::uint64_t Ingest::series() const {
  std::uint64_t series = 0;
  for (const std::unique_ptr<Shard>& shard : shards_) series += shard->store.series_seen();
  return series;
}

Ledger Ingest::ledger() const {
  Ledger ledger = shards_[0]->judged;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    ledger.duplicates_merged += shard->store.duplicates_merged() + shard->duplicates.merged;
    ledger.duplicates_conflicting += shard->duplicates.conflicting;
    ledger.late_samples += shard->store.late_samples();
  }
  const std::scoped_lock lock(mutex_);
  ledger.duplicates_merged += tally_.duplicates.merged;
  ledger.duplicates_conflicting += tally_.duplicates.conflicting;
  ledger.written = tally_.samples;
  return ledger;
}

}  // namespace promfill
