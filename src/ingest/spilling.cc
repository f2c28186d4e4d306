// Ingest's memory: when a shard spills, and the runs that come of it.
#include <algorithm>
#include <limits>

#include "ingest/ingest.h"
#include "ingest/shard.h"
#include "merge/run_merge.h"
#include "resource/process_usage.h"

namespace promfill {
namespace {

constexpr std::int64_t kEnded = std::numeric_limits<std::int64_t>::max();

}  // namespace

/// Spill when memory is short. Held rows are sorted and encoded first, which makes a fifth of them: that may do.
Status Ingest::relieve(Shard& shard) {
  if (options_.scratch.empty()) return budget_->exhausted() ? Status(over_limit()) : Status();
  const std::uint64_t limit = budget_->limit_bytes();
  if (tables_are_too_large(shard)) return spill(shard, true);
  const std::uint64_t worthwhile = std::max<std::uint64_t>(options_.spill_bytes_min, limit / (16 * shards_.size()));
  if (!budget_->above_soft_mark()) return {};
  if (shard.spillable_bytes() < worthwhile) {
    if (!budget_->exhausted()) return {};
    if (shard.spillable_bytes() >= options_.spill_bytes_min) return spill(shard, false);
    return nothing_to_spill() ? Status(over_limit()) : Status();
  }
  PROMFILL_TRY_STATUS(settle(shard, kEnded, false));
  shard.charge.resize(shard.memory_bytes());
  if (budget_->used_bytes() < limit / 2) return {};
  return spill(shard, false);
}

/// Giving tables up takes half as much again, for sorting their series, and every shard may do it at once: that has to
/// fit. Where other things fill the memory, tables are given up while they are small, but not for nothing.
bool Ingest::tables_are_too_large(const Shard& shard) const {
  const std::uint64_t limit = budget_->limit_bytes();
  const std::uint64_t tables = shard.store->table_bytes();
  if (tables > limit / 3 / shards_.size()) return true;
  return tables > limit / 8 / shards_.size() && budget_->used_bytes() + tables * shards_.size() / 2 > limit / 3 * 2;
}

/// Whether no shard has anything left that would bring memory below the limit.
bool Ingest::nothing_to_spill() const {
  std::uint64_t spillable = 0;
  {
    const std::scoped_lock lock(mutex_);
    spillable += sealed_bytes_;  // on its way out
  }
  for (const std::unique_ptr<Shard>& shard : shards_) spillable += shard->spillable.load(std::memory_order_relaxed);
  return budget_->used_bytes() > budget_->limit_bytes() + spillable;
}

Error Ingest::over_limit() const {
  constexpr std::uint64_t kMiB = 1 << 20;
  return {ErrorCode::kLimit,
          "the job needs more memory than its limit of " + std::to_string(budget_->limit_bytes()) + " bytes", "",
          "give it --memory-limit " + std::to_string(budget_->used_bytes() / 3 * 4 / kMiB + 1) + "MiB or more"};
}

/// Write closed chunks and held rows as a run and forget them; with the tables also open chunks, and begin anew.
Status Ingest::spill(Shard& shard, bool give_up_tables) {
  // Open chunks refer to records, which lie among the closed ones: all of it goes.
  give_up_tables = give_up_tables || !record_kinds_.empty();
  PROMFILL_TRY_STATUS(settle(shard, kEnded, false));
  BundleStore& store = *shard.store;
  refresh_catalog(shard);
  const std::string path = join_path(options_.scratch, options_.run_prefix + std::to_string(runs_written_++));
  PROMFILL_TRY(RunWriter writer, RunWriter::create(*options_.fs, path, shard.generation));
  const SeriesCatalog& catalog = shard.catalog->catalog;
  for (const std::string_view symbol : catalog.symbols()) PROMFILL_TRY_STATUS(writer.add_symbol(symbol));
  PROMFILL_TRY_STATUS(writer.end_symbols());
  const auto chunks = give_up_tables ? StoredWindow::Chunks::kAll : StoredWindow::Chunks::kClosed;
  for (StoreWindow* window : store.windows()) {
    StoredWindow stored(*window, shard.catalog, shard.generation, chunks);
    PROMFILL_TRY_STATUS(writer.add_window(window->number, [&] { return stored.walk(); }));
  }
  if (give_up_tables) {
    CatalogCursor series(catalog);
    PROMFILL_TRY_STATUS(writer.add_series(series));
  }
  PROMFILL_TRY(const std::shared_ptr<const Run> run, std::move(writer).finish());
  spilled_bytes_ += run->bytes();
  for (const Run::Window& window : run->windows()) shard.runs[window.number].push_back(run);
  if (give_up_tables) {
    shard.given_up.push_back(run);
    for (const StoreWindow* window : store.windows()) shard.keep_tally(*window);
    shard.store = shard.new_store(options_, kinds_, record_kinds_);
    shard.known_codes.clear();
    shard.catalog.reset();
    ++shard.generation;
    return_freed_memory();
  } else {
    store.drop_closed_chunks();
  }
  shard.charge.resize(shard.memory_bytes());
  shard.runs_written.push_back(run);
  return merge_levels(shard);
}

/// Where the latest runs are enough of one level, make one of the next of them.
Status Ingest::merge_levels(Shard& shard) {
  while (true) {
    std::vector<std::shared_ptr<const Run>> needed;  // others have gone with the last window that they had
    for (const std::weak_ptr<const Run>& run : shard.runs_written) {
      if (auto one = run.lock()) needed.push_back(std::move(one));
    }
    shard.runs_written.assign(needed.begin(), needed.end());
    if (needed.size() < kRunsPerLevel) return {};
    const auto latest = std::span(needed).last(kRunsPerLevel);
    if (latest.front()->level() != latest.back()->level()) return {};
    PROMFILL_TRY_STATUS(merge_latest(shard, latest));
  }
}

Status Ingest::merge_latest(Shard& shard, std::span<const std::shared_ptr<const Run>> latest) {
  const auto is_merged = [&](const std::shared_ptr<const Run>& run) {
    return std::find(latest.begin(), latest.end(), run) != latest.end();
  };
  std::vector<std::int64_t> windows;
  for (const auto& [number, runs] : shard.runs) {
    if (is_merged(runs.back())) windows.push_back(number);
  }
  shard.runs_written.resize(shard.runs_written.size() - latest.size());
  const std::size_t given_up = std::erase_if(shard.given_up, is_merged);
  if (windows.empty() && given_up == 0) return {};  // writers have the rest
  const std::string path = join_path(options_.scratch, options_.run_prefix + std::to_string(runs_written_++));
  PROMFILL_TRY(const std::shared_ptr<const Run> merged, merge_runs(*options_.fs, path, latest, windows));
  spilled_bytes_ += merged->bytes();
  for (const std::int64_t number : windows) {
    std::vector<std::shared_ptr<const Run>>& runs = shard.runs[number];
    std::erase_if(runs, is_merged);
    runs.push_back(merged);
  }
  if (given_up > 0) shard.given_up.push_back(merged);
  shard.runs_written.push_back(merged);
  return {};
}

}  // namespace promfill
