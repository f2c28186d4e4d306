// Rows to blocks: the engine between mapping and the blocks on disk.
//
//   Ingest ingest({.block_duration = …, .shards = 2, …}, metrics, budget);
//   shard threads:   ingest.append(shard, batch)   every batch to every shard, in source order
//   one thread:      ingest.seal()
//   worker threads:  ingest.write_window(i, …)     any order, at the same time
//
// A shard takes the entities whose hash is its own and leaves the rest, so shards share nothing and need no lock.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "block/block_writer.h"
#include "ingest/ledger.h"
#include "ingest/sample_batch.h"
#include "ingest/series_catalog.h"
#include "ingest/series_store.h"
#include "ingest/window_writer.h"
#include "promfill/options.h"
#include "resource/memory_budget.h"

namespace promfill {

struct IngestOptions {
  Duration block_duration;
  DuplicatePolicy on_duplicate = DuplicatePolicy::kKeepLast;
  std::uint32_t shards = 1;
};

class Ingest {
 public:
  /// @param metrics  what SampleBatch::metrics refers to; label sets pairwise different.
  Ingest(const IngestOptions& options, std::vector<MetricDef> metrics, MemoryBudget& budget);

  [[nodiscard]] std::uint32_t shards() const { return static_cast<std::uint32_t>(shards_.size()); }

  /// Take the shard's share of a batch. One thread at a time per shard; every shard must see the batches in source
  /// order.
  /// @error kLimit  the memory budget is exhausted.
  Status append(std::uint32_t shard, const SampleBatch& batch);

  /// No more batches come: put series and windows in order.
  void seal();

  struct Window {
    TimeRange range;  ///< aligned, [k·d, (k+1)·d)
    std::vector<WindowPart> parts;
  };
  /// In order of time; each has at least one sample.
  [[nodiscard]] std::span<const Window> windows() const { return windows_; }
  [[nodiscard]] std::size_t series() const { return catalog_ ? catalog_->size() : 0; }

  /// Write window `i` as a block into `directory`, which is made. Different windows may be written at the same time.
  Result<WrittenBlock> write_window(std::size_t i, FileSystem& fs, const std::string& directory, Ulid ulid,
                                    const BlockWriterOptions& options = {});

  /// What became of everything offered so far; balances once every window is written.
  [[nodiscard]] Ledger ledger() const;

 private:
  struct Shard {
    Shard(const IngestOptions& options, std::uint32_t metrics, MemoryBudget& budget);
    SeriesStore store;
    MemoryCharge charge;
    Ledger judged;                             // kept by shard 0 for all
    std::vector<std::uint32_t> entity_ids;     // of the batch being appended; kUnresolved where not looked up yet
    std::vector<std::int64_t> dense_times_ms;  // of a run with nulls, without them
    std::vector<double> dense_values;
  };
  [[nodiscard]] std::uint32_t shard_of(std::uint64_t hash) const {
    return static_cast<std::uint32_t>(((hash >> 40) * shards_.size()) >> 24);
  }
  static void append_run_of_rows(Shard& shard, const SampleBatch& batch, const EntityRun& run, std::uint32_t entity);

  IngestOptions options_;
  std::vector<MetricDef> metrics_;
  std::vector<std::unique_ptr<Shard>> shards_;  // apart in memory: each is written by its own thread
  MemoryBudget* budget_;
  std::optional<SeriesCatalog> catalog_;
  std::vector<Window> windows_;
  mutable std::mutex tally_mutex_;
  WindowTally tally_;
};

}  // namespace promfill
