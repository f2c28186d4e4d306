// What one shard of Ingest has: its tables, what it knows of the batches that come, and the runs it wrote. Only its own
// thread touches it, but where a comment says otherwise.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "ingest/ingest.h"

namespace promfill {

struct Ingest::Shard {
  Shard(std::uint32_t number, const IngestOptions& options, std::span<const std::vector<std::uint32_t>> bundles,
        std::span<const std::uint32_t> record_kinds, PagePool& pages, MemoryBudget& budget)
      : id(number),
        pool(&pages),
        store(new_store(options, bundles, record_kinds)),
        charge(budget),
        columns(bundles.size()) {}

  std::unique_ptr<BundleStore> new_store(const IngestOptions& options,
                                         std::span<const std::vector<std::uint32_t>> bundles,
                                         std::span<const std::uint32_t> record_kinds) const {
    return std::make_unique<BundleStore>(options.block_duration, bundles, *pool, options.encoding, record_kinds);
  }
  /// What can leave memory, and what can't but by giving up the tables.
  [[nodiscard]] std::uint64_t spillable_bytes() const { return store->chunk_bytes() + store->held_bytes(); }
  void keep_tally(const StoreWindow& window) {
    if (window.tally != WindowTally()) tallies[window.number] += window.tally;
  }

  std::uint32_t id;
  PagePool* pool;
  std::unique_ptr<BundleStore> store;
  MemoryCharge charge;
  Ledger judged;                                                         // kept by shard 0 for all
  std::atomic<std::uint64_t> spillable{0};                               // for the other shards to see
  std::atomic<std::uint64_t> series{0};                                  // of this generation; the same
  std::map<std::int64_t, WindowTally> tallies;                           // by number of windows, of stores given up
  std::int64_t advanced_to = std::numeric_limits<std::int64_t>::min();   // window number; written under Ingest's mutex
  std::int64_t finished_below_ms = kTimestampMin.ms;                     // no row may come below it
  std::shared_ptr<const SharedCatalog> catalog;                          // as of the last time it was needed
  std::uint32_t generation = 0;                                          // stores given up
  std::map<std::int64_t, std::vector<std::shared_ptr<const Run>>> runs;  // by number of windows not sealed yet
  std::vector<std::weak_ptr<const Run>> runs_written;                    // those still needed, levels never rising
  std::vector<std::shared_ptr<const Run>> given_up;                      // runs that ended a generation

  /// Entities by the codes of one numbering, so that a key is hashed once and not in every batch.
  struct KnownCodes {
    std::shared_ptr<const void> numbering;  // held, so that no other can come to lie at its address
    std::vector<std::uint32_t> entity_ids;  // by code; kUnresolved where not looked up yet
  };
  std::deque<KnownCodes> known_codes;  // the latest numberings, newest first
  [[nodiscard]] std::uint64_t memory_bytes() const {
    std::uint64_t bytes = store->memory_bytes();
    for (const KnownCodes& one : known_codes) bytes += one.entity_ids.capacity() * sizeof(std::uint32_t);
    return bytes;
  }

  // Of the batch being appended.
  std::vector<std::vector<const MetricColumn*>> columns;  // by kind of bundle, then metric
  std::vector<std::uint32_t> kinds;                       // that the batch has
  struct BatchRun {
    std::uint32_t bundle = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  std::vector<BatchRun> batch_runs;  // of this shard
  struct KeptRecords {
    MetricColumn column;  // whose values stand for the records
    std::vector<double> values;
  };
  std::deque<KeptRecords> kept_records;
};

}  // namespace promfill
