// See ingest.h.
#include "ingest/ingest.h"

#include <algorithm>
#include <limits>
#include <set>

#include "ingest/shard.h"
#include "merge/run_merge.h"

namespace promfill {
namespace {

constexpr std::uint32_t kUnresolved = 0xffffffff;
/// A wider table's metrics are dealt with in several bundles.
constexpr std::size_t kBundleMetricsMax = 1024;
constexpr std::int64_t kEnded = std::numeric_limits<std::int64_t>::max();

}  // namespace

Ingest::Ingest(const IngestOptions& options, std::vector<MetricDef> metrics, MemoryBudget& budget)
    : options_(options), metrics_(std::move(metrics)), budget_(&budget) {
  PROMFILL_ASSERT(options.shards > 0 && options.block_duration.ms > 0);
  std::map<std::pair<std::uint32_t, bool>, std::uint32_t> kind_of_bundle;
  for (std::uint32_t m = 0; m < metrics_.size(); ++m) {
    const auto next = static_cast<std::uint32_t>(kinds_.size());
    const std::pair bundle(metrics_[m].bundle, metrics_[m].holds_records);
    std::uint32_t& kind = kind_of_bundle.try_emplace(bundle, next).first->second;
    if (kind != next && kinds_[kind].size() == kBundleMetricsMax) kind = next;
    if (kind == next) {
      kinds_.emplace_back();
      if (metrics_[m].holds_records) record_kinds_.push_back(kind);
    }
    places_.push_back({kind, static_cast<std::uint32_t>(kinds_[kind].size())});
    kinds_[kind].push_back(m);
  }
  for (std::uint32_t i = 0; i < options.shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(i, options, kinds_, record_kinds_, pool_, budget));
  }
  if (options.earlier.any()) seal_earlier_runs();
  snapshot_runs_ = options.earlier.runs;
}

/// They are parts of their windows from the beginning; what comes now is of later generations.
void Ingest::seal_earlier_runs() {
  const EarlierWork& earlier = options_.earlier;
  const std::int64_t d = options_.block_duration.ms;
  std::uint32_t generation = 0;
  std::map<std::int64_t, SealedWindow::Part> parts;
  for (const std::shared_ptr<const Run>& run : earlier.runs) {
    generation = std::max(generation, run->generation());
    for (const Run::Window& window : run->windows()) {
      if (!is_written(window.number * d)) parts[window.number].runs.push_back(run);
    }
  }
  for (const EarlierWork::Window& window : earlier.begun) {
    const auto at = parts.find(window.number);
    if (at != parts.end()) at->second.tally = window.tally;
  }
  for (auto& [number, part] : parts) {
    SealedWindow& sealing = sealing_[number];
    sealing.range = {{number * d}, {(number + 1) * d}};
    sealing.number = number;
    sealing.parts_.push_back(std::move(part));
  }
  for (const std::unique_ptr<Shard>& shard : shards_) shard->generation = generation + 1;
}

bool Ingest::is_written(std::int64_t time_ms) const {
  const std::vector<EarlierWork::Window>& written = options_.earlier.written;
  const std::int64_t number = window_number(time_ms, options_.block_duration.ms);
  const auto at = std::lower_bound(written.begin(), written.end(), number,
                                   [](const EarlierWork::Window& window, std::int64_t n) { return window.number < n; });
  return at != written.end() && at->number == number;
}

Ingest::~Ingest() = default;

// ---- rows

Status Ingest::append(std::uint32_t shard_id, const SampleBatch& batch) {
  Shard& shard = *shards_[shard_id];
  if (options_.writers_run_beside) wait_for_writers();
  if (shard_id == 0) shard.judged += batch.judged;
  if (shard.finished_below_ms != kTimestampMin.ms) PROMFILL_TRY_STATUS(refuse_finished(shard, batch));
  map_columns(shard, batch);
  resolve_entities(shard, batch);
  for (const std::uint32_t kind : shard.kinds) append_runs(shard, batch, kind);
  shard.charge.resize(shard.memory_bytes());
  shard.spillable.store(shard.spillable_bytes(), std::memory_order_relaxed);
  shard.series.store(shard.store->series_seen(), std::memory_order_relaxed);
  PROMFILL_TRY_STATUS(check_series(series_seen()));
  return relieve(shard);
}

/// Those that are in memory, so not more than there are; series() knows them all.
std::uint64_t Ingest::series_seen() const {
  std::uint64_t series = 0;
  for (const std::unique_ptr<Shard>& shard : shards_) series += shard->series.load(std::memory_order_relaxed);
  return series;
}

Status Ingest::check_series(std::uint64_t series) const {
  if (series <= options_.series_max) return {};
  return Error{ErrorCode::kLimit, "the job has more than " + std::to_string(options_.series_max) + " series", "",
               "import it in parts, or " + hint_to_raise(&Limits::series, 2 * options_.series_max)};
}

/// When sealed windows fill a quarter of the memory, reading on would only make runs of what comes.
void Ingest::wait_for_writers() {
  std::unique_lock lock(mutex_);
  sealed_changed_.wait(lock, [this] { return cancelled_ || sealed_bytes_ <= budget_->limit_bytes() / 4; });
}

/// A row of a window that was sealed can't be stored any more.
Status Ingest::refuse_finished(const Shard& shard, const SampleBatch& batch) const {
  const auto at = std::find_if(batch.times_ms.begin(), batch.times_ms.end(),
                               [&](std::int64_t t) { return t < shard.finished_below_ms; });
  if (at == batch.times_ms.end()) return {};
  return Error{ErrorCode::kData,
               "a row at " + to_string(Timestamp{*at}) + " comes after all rows below " +
                   to_string(Timestamp{shard.finished_below_ms}) + " were said to be read",
               "", "leave out --sorted; without it, the file's statistics are wrong: write it anew"};
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

/// Look up the shard's entities of the batch: known_codes.front() has them afterwards.
void Ingest::resolve_entities(Shard& shard, const SampleBatch& batch) const {
  constexpr std::size_t kNumberingsMax = 16;
  std::deque<Shard::KnownCodes>& known = shard.known_codes;
  const auto at = std::find_if(known.begin(), known.end(),
                               [&](const Shard::KnownCodes& one) { return one.numbering == batch.numbering; });
  if (at == known.end() || batch.numbering == nullptr) {
    if (at != known.end()) known.erase(at);
    known.push_front({batch.numbering, {}});
    if (known.size() > kNumberingsMax) known.pop_back();
  } else if (at != known.begin()) {
    std::swap(*at, known.front());
  }
  std::vector<std::uint32_t>& ids = known.front().entity_ids;
  constexpr std::size_t kAhead = 8;
  for (std::size_t e = 0; e < batch.entities.size(); ++e) {
    if (e + kAhead < batch.entities.size()) shard.store->prefetch_entity(batch.entities[e + kAhead].hash);
    const BatchEntity& entity = batch.entities[e];
    if (shard_of(entity.hash) != shard.id) continue;
    const std::size_t code = batch.numbering ? entity.code : e;
    if (code >= ids.size()) ids.resize(std::max(code + 1, 2 * ids.size()), kUnresolved);
    if (ids[code] == kUnresolved) ids[code] = shard.store->entity(batch.key(entity), entity.hash);
  }
}

void Ingest::append_runs(Shard& shard, const SampleBatch& batch, std::uint32_t kind) const {
  shard.batch_runs.clear();
  const std::vector<std::uint32_t>& ids = shard.known_codes.front().entity_ids;
  const bool by_code = batch.numbering != nullptr;
  for (const EntityRun& run : batch.runs) {
    const BatchEntity& entity = batch.entities[run.entity];
    if (shard_of(entity.hash) != shard.id) continue;
    const std::uint32_t id = ids[by_code ? entity.code : run.entity];
    add_batch_run(shard, batch, shard.store->bundle(id, kind), run);
  }
  if (shard.store->holds_records(kind)) keep_records(shard, batch, kind);
  // With very many series each row's appenders are somewhere else in memory, and their chunks are again: have them on
  // their way some rows before, each step when the one that it follows has come.
  constexpr std::size_t kChunksAhead = 8;
  constexpr std::size_t kWindowAhead = 16;
  constexpr std::size_t kBundleAhead = 24;
  const std::vector<Shard::BatchRun>& runs = shard.batch_runs;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (i + kBundleAhead < runs.size()) shard.store->prefetch_bundle(runs[i + kBundleAhead].bundle);
    if (i + kWindowAhead < runs.size()) shard.store->prefetch_window(runs[i + kWindowAhead].bundle);
    if (i + kChunksAhead < runs.size()) shard.store->prefetch_chunks(runs[i + kChunksAhead].bundle);
    shard.store->append(runs[i].bundle, batch.times_ms, shard.columns[kind], runs[i].begin, runs[i].end);
  }
}

/// Records go into the memory of their windows; what stands for each takes its place among the values.
void Ingest::keep_records(Shard& shard, const SampleBatch& batch, std::uint32_t kind) const {
  shard.kept_records.clear();
  for (const MetricColumn*& column : shard.columns[kind]) {
    if (column == nullptr) continue;
    PROMFILL_ASSERT(column->records != nullptr);
    Shard::KeptRecords& kept = shard.kept_records.emplace_back();
    kept.values.resize(batch.times_ms.size());
    for (const Shard::BatchRun& run : shard.batch_runs) {
      for (std::uint32_t row = run.begin; row < run.end; ++row) {
        if (!column->valid(row)) continue;
        kept.values[row] = shard.store->keep_record(batch.times_ms[row], column->records->body(row));
      }
    }
    kept.column = *column;
    kept.column.values = kept.values.data();
    column = &kept.column;
  }
}

/// The run's rows, without those of windows that an earlier process wrote.
void Ingest::add_batch_run(Shard& shard, const SampleBatch& batch, std::uint32_t bundle, const EntityRun& run) const {
  if (options_.earlier.written.empty()) {
    shard.batch_runs.push_back({bundle, run.begin, run.end});
    return;
  }
  for (std::uint32_t begin = run.begin; begin < run.end;) {
    std::uint32_t end = begin;
    while (end < run.end && !is_written(batch.times_ms[end])) ++end;
    if (end > begin) shard.batch_runs.push_back({bundle, begin, end});
    begin = end + 1;
  }
}

void Ingest::refresh_catalog(Shard& shard) const {
  if (shard.catalog && shard.catalog->catalog.series_known() == shard.store->series() &&
      shard.catalog->catalog.size() == shard.store->series_seen()) {
    return;
  }
  shard.catalog.reset();
  shard.catalog = std::make_shared<const SharedCatalog>(SeriesCatalog::build(*shard.store, metrics_));
}

// ---- checkpoints

Status Ingest::checkpoint(std::uint32_t shard_id) {
  Shard& shard = *shards_[shard_id];
  return shard.store->series() == 0 ? Status() : spill(shard, true);
}

IngestSnapshot Ingest::snapshot() {
  IngestSnapshot snapshot;
  snapshot.judged = shards_[0]->judged;
  std::vector<std::shared_ptr<const Run>> runs = options_.earlier.runs;
  std::map<std::int64_t, WindowTally> begun;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    // The last snapshot may hold others, whose windows are written.
    std::set<std::shared_ptr<const Run>> needed(shard->given_up.begin(), shard->given_up.end());
    for (const auto& [number, of_window] : shard->runs) needed.insert(of_window.begin(), of_window.end());
    for (const std::weak_ptr<const Run>& run : shard->runs_written) {
      if (auto one = run.lock(); one && needed.contains(one)) runs.push_back(std::move(one));
    }
    for (const auto& [number, tally] : shard->tallies) begun[number] += tally;
  }
  const std::scoped_lock lock(mutex_);
  for (const auto& [number, window] : sealing_) {
    for (const SealedWindow::Part& part : window.parts_) begun[number] += part.tally;
  }
  for (const std::shared_ptr<const Run>& run : runs) {
    snapshot.runs.push_back(run->path().substr(run->path().find_last_of('/') + 1));
  }
  for (const auto& [number, tally] : begun) snapshot.begun.push_back({number, tally});
  snapshot_runs_ = std::move(runs);
  return snapshot;
}

void Ingest::leave_runs() const {
  for (const std::shared_ptr<const Run>& run : snapshot_runs_) run->keep();
}

// ---- windows

Status Ingest::advance(std::uint32_t shard_id, Timestamp time) {
  Shard& shard = *shards_[shard_id];
  const bool ended = time == kTimestampMax;
  const std::int64_t d = options_.block_duration.ms;
  if (time < kStorableMin) return {};
  const std::int64_t end_number = ended ? kEnded : window_number(time.ms, d);
  if (end_number <= shard.advanced_to) return {};  // only this thread writes it
  if (!ended) shard.finished_below_ms = end_number * d;
  if (ended && shard.generation > 0) {
    PROMFILL_TRY_STATUS(spill(shard, true));  // merging needs the memory
  } else {
    PROMFILL_TRY_STATUS(settle(shard, ended ? kEnded : end_number * d, shard.generation == 0));
  }
  seal(shard, end_number);
  return {};
}

Status Ingest::settle(Shard& shard, std::int64_t end_ms, bool final) {
  Settling settling(*shard.store, {options_.on_duplicate, final});
  for (std::uint32_t b = 0; b < shard.store->bundles().size(); ++b) {
    if (!shard.store->bundles()[b].held) continue;
    if (Status status = settling.settle(b, end_ms); !status) {
      Error error = std::move(status).error();
      error.where = series_text(shard, b, settling.failed_metric()) + " at " + error.where;
      return error;
    }
  }
  return {};
}

std::string Ingest::series_text(const Shard& shard, std::uint32_t bundle, std::uint32_t slot) const {
  const BundleStore::Bundle& described = shard.store->bundles()[bundle];
  std::vector<Label> labels = decode_entity_key(shard.store->entity_key(described.entity));
  for (const Label& label : metrics_[kinds_[described.kind][slot]].labels) labels.push_back(label);
  const Result<Labels> made = Labels::create(std::move(labels));
  return made ? made->text() : made.error().text();
}

void Ingest::seal(Shard& shard, std::int64_t end_number) {
  std::map<std::int64_t, SealedWindow::Part> parts;
  const auto part = [&](std::int64_t number) -> SealedWindow::Part& {
    SealedWindow::Part& one = parts[number];
    one.shard = shard.id;
    one.generation = shard.generation;
    return one;
  };
  std::vector<std::unique_ptr<StoreWindow>> windows = shard.store->take_windows(end_number);
  if (!windows.empty()) refresh_catalog(shard);
  for (std::unique_ptr<StoreWindow>& window : windows) {
    if (window->empty()) {  // all is in runs, or there is nothing: a block without samples is none
      shard.keep_tally(*window);
      continue;
    }
    SealedWindow::Part& one = part(window->number);
    one.catalog = shard.catalog;
    one.tally = window->tally;
    one.store = std::move(window);
  }
  const auto end = shard.runs.lower_bound(end_number);
  for (auto at = shard.runs.begin(); at != end; ++at) part(at->first).runs = std::move(at->second);
  shard.runs.erase(shard.runs.begin(), end);
  const auto tallies_end = shard.tallies.lower_bound(end_number);
  for (auto at = shard.tallies.begin(); at != tallies_end; ++at) part(at->first).tally += at->second;
  shard.tallies.erase(shard.tallies.begin(), tallies_end);
  shard.charge.resize(shard.memory_bytes());

  const std::scoped_lock lock(mutex_);
  const std::int64_t d = options_.block_duration.ms;
  for (auto& [number, one] : parts) {
    SealedWindow& sealing = sealing_[number];
    sealing.range = {{number * d}, {(number + 1) * d}};
    sealing.number = number;
    if (one.store) {
      const std::uint64_t bytes = one.store->table_bytes() + one.store->closed.memory_bytes();
      sealing.charges_.emplace_back(*budget_).resize(bytes);
      sealing.bytes_ += bytes;
    }
    sealing.parts_.push_back(std::move(one));
  }
  shard.advanced_to = end_number;
  std::int64_t all_advanced = kEnded;
  for (const std::unique_ptr<Shard>& one : shards_) all_advanced = std::min(all_advanced, one->advanced_to);
  while (!sealing_.empty() && (all_advanced == kEnded || sealing_.begin()->first < all_advanced)) {
    SealedWindow& window = sealing_.begin()->second;
    std::stable_sort(window.parts_.begin(), window.parts_.end(),  // an earlier process's runs are there first
                     [](const SealedWindow::Part& a, const SealedWindow::Part& b) { return a.shard < b.shard; });
    sealed_bytes_ += window.bytes_;
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

bool Ingest::ended() const {
  const std::scoped_lock lock(mutex_);
  return !cancelled_ && sealed_.empty() &&
         std::all_of(shards_.begin(), shards_.end(), [](const auto& one) { return one->advanced_to == kEnded; });
}

SealedWindow Ingest::window_without_rows(std::int64_t number) const {
  const std::int64_t d = options_.block_duration.ms;
  SealedWindow window;
  window.range = {{number * d}, {(number + 1) * d}};
  window.number = number;
  return window;
}

Status Ingest::follow(SealedWindow& window, FileSystem& fs, const std::string& block) const {
  PROMFILL_TRY(window.tails_, BlockTails::open(fs, block, {window.range.min.ms - options_.stale_after_ms}));
  window.charges_.emplace_back(*budget_).resize(window.tails_->memory_bytes());
  return {};
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

Result<WrittenWindow> Ingest::write_window(SealedWindow window, FileSystem& fs, const std::string& directory, Ulid ulid,
                                           const BlockFilesOptions& options) {
  std::vector<std::unique_ptr<WindowSeries>> sources;
  for (const SealedWindow::Part& part : window.parts_) {
    for (const std::shared_ptr<const Run>& run : part.runs) {
      sources.push_back(std::make_unique<RunWindow>(run, *run->window(window.number)));
    }
    if (part.store) sources.push_back(std::make_unique<StoredWindow>(*part.store, part.catalog, part.generation));
  }
  if (window.tails_ != nullptr) sources.push_back(std::move(window.tails_));
  PROMFILL_TRY(const std::shared_ptr<const SymbolUnion> symbols, symbols_of(sources, window));
  std::vector<WindowSeries*> pointers;
  for (const auto& source : sources) pointers.push_back(source.get());
  PROMFILL_TRY(BlockFilesWriter writer, BlockFilesWriter::create(fs, directory, ulid, options));
  WindowTally tally;
  PROMFILL_TRY_STATUS(promfill::write_window(pointers, *symbols,
                                             {.encoding = {.chunk_range_ms = 2 * options_.block_duration.ms,
                                                           .floats = options_.encoding,
                                                           .histogram_start_times = options_.histogram_start_times},
                                              .on_duplicate = options_.on_duplicate,
                                              .stale_after_ms = options_.stale_after_ms,
                                              .window_end = window.range.max},
                                             writer, tally));
  PROMFILL_ASSERT(tally.late_samples == 0);
  const std::uint64_t samples = tally.samples;
  for (const SealedWindow::Part& part : window.parts_) tally += part.tally;
  sources.clear();
  window.parts_.clear();
  window.charges_.clear();
  {
    const std::scoped_lock lock(mutex_);
    sealed_bytes_ -= window.bytes_;
    if (sealed_.empty()) cached_union_ = {};  // it keeps runs, and their files, that nobody may need any more
  }
  sealed_changed_.notify_all();
  PROMFILL_TRY(WrittenBlock block, std::move(writer).finish());
  PROMFILL_ASSERT(block.meta.stats.samples == samples && tally.samples == samples);
  const std::scoped_lock lock(mutex_);
  tally_ += tally;
  return WrittenWindow{std::move(block), tally};
}

/// The union of the symbols of all sources. Windows that were sealed with the same catalogs and runs share one.
Result<std::shared_ptr<const SymbolUnion>> Ingest::symbols_of(std::span<const std::unique_ptr<WindowSeries>> sources,
                                                              const SealedWindow& window) {
  std::vector<std::shared_ptr<const void>> made_of;
  for (const SealedWindow::Part& part : window.parts_) {
    made_of.insert(made_of.end(), part.runs.begin(), part.runs.end());
    if (part.store) made_of.push_back(part.catalog);
  }
  const bool is_shared = made_of.size() == sources.size();  // else the block before has symbols of its own
  if (is_shared) {
    const std::scoped_lock lock(mutex_);
    if (cached_union_.symbols && cached_union_.made_of == made_of) return cached_union_.symbols;
  }
  std::vector<const SymbolList*> lists;
  for (const auto& source : sources) lists.push_back(&source->symbols());
  PROMFILL_TRY(SymbolUnion made, SymbolUnion::build(std::move(lists)));
  auto symbols = std::make_shared<const SymbolUnion>(std::move(made));
  if (!is_shared) return std::shared_ptr<const SymbolUnion>(symbols);
  const std::scoped_lock lock(mutex_);
  cached_union_ = {std::move(made_of), symbols};
  return std::shared_ptr<const SymbolUnion>(symbols);
}

// ---- counts

void Ingest::add_judged(const Ledger& judged) { shards_[0]->judged += judged; }

void Ingest::add_counter_resets(std::uint64_t resets) {
  const std::scoped_lock lock(mutex_);
  tally_.counter_resets += resets;
}

Result<std::uint64_t> Ingest::series() const {
  PROMFILL_TRY(const std::uint64_t series, count_series());
  PROMFILL_TRY_STATUS(check_series(series));
  return series;
}

Result<std::uint64_t> Ingest::count_series() const {
  if (options_.earlier.any()) {  // all of it is in runs, of whichever shards
    std::vector<std::shared_ptr<const Run>> runs = options_.earlier.runs;
    runs.insert(runs.end(), options_.earlier.written_series.begin(), options_.earlier.written_series.end());
    for (const auto& shard : shards_) runs.insert(runs.end(), shard->given_up.begin(), shard->given_up.end());
    return count_distinct_series(runs);
  }
  std::uint64_t series = 0;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    if (shard->given_up.empty()) {
      series += shard->store->series_seen();
      continue;
    }
    PROMFILL_TRY(const std::uint64_t distinct, count_distinct_series(shard->given_up));
    series += distinct;
  }
  return series;
}

Ledger Ingest::ledger() const {
  Ledger ledger = shards_[0]->judged;
  const std::scoped_lock lock(mutex_);
  WindowTally tally = tally_;
  for (const EarlierWork::Window& window : options_.earlier.written) tally += window.tally;
  add_windows(tally, ledger);
  return ledger;
}

}  // namespace promfill
