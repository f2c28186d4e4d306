// Rows to blocks: the engine between mapping and the blocks on disk.
//
//   Ingest ingest({.block_duration = …, .shards = 2, …}, metrics, budget);
//   shard threads:   ingest.append(shard, batch)     every batch to every shard, in source order
//                    ingest.advance(shard, time)     no row below `time` comes any more; at the end, the largest time
//   worker threads:  while (auto window = ingest.next_window()) ingest.write_window(*window, …)
//
// A shard takes the entities whose hash is its own and leaves the rest, so shards share nothing and need no lock. A
// window is sealed, and can be written while others are still read, when every shard has advanced beyond its end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "block/block_files_writer.h"
#include "ingest/settling.h"
#include "merge/block_tails.h"
#include "merge/run_file.h"
#include "merge/window_series.h"
#include "merge/window_writer.h"
#include "promfill/limits.h"
#include "promfill/options.h"
#include "resource/memory_budget.h"
#include "resource/page_pool.h"
#include "store/bundle_store.h"
#include "store/ledger.h"
#include "store/sample_batch.h"

namespace promfill {

/// What an earlier process of the same job has done: its rows are not offered again, or are passed over.
struct EarlierWork {
  struct Window {
    std::int64_t number = 0;
    WindowTally tally;
  };
  std::vector<Window> written;                             ///< by number; rows that lie in these are passed over
  std::vector<std::shared_ptr<const Run>> written_series;  ///< of them, without chunks
  std::vector<std::shared_ptr<const Run>> runs;  ///< in order of writing; what they have of other windows counts
  std::vector<Window> begun;                     ///< of rows in `runs`, by number

  [[nodiscard]] bool any() const { return !written.empty() || !runs.empty(); }
};

/// All that ingest holds, so that another process can go on with it as EarlierWork, and the windows written so far.
struct IngestSnapshot {
  std::vector<std::string> runs;  ///< names of files, in order of writing
  std::vector<EarlierWork::Window> begun;
  Ledger judged;
};

struct IngestOptions {
  Duration block_duration;
  DuplicatePolicy on_duplicate = DuplicatePolicy::kKeepLast;
  std::uint32_t shards = 1;
  FileSystem* fs = nullptr;                 ///< for `scratch`
  std::uint64_t spill_bytes_min = 1 << 20;  ///< less is not worth a file
  bool writers_run_beside = false;          ///< other threads write windows meanwhile: append() may wait for them
  std::uint64_t series_max = Limits().series;
  std::string scratch{};            ///< directory for what doesn't fit memory; empty: exceeding the budget is an error
  std::string run_prefix = "run-";  ///< of their names
  EarlierWork earlier{};
  ChunkEncoding encoding = ChunkEncoding::kXor;  ///< of floats: kXor or kXor2
  bool histogram_start_times = false;            ///< keep those of native histograms
  std::int64_t stale_after_ms = 0;               ///< as SeriesMergeOptions has it; at most a block
};

/// A window that no row comes for any more, on its way to be written.
class SealedWindow {
 public:
  TimeRange range;          ///< aligned, [k·d, (k+1)·d)
  std::int64_t number = 0;  ///< k

  /// Whether there is nothing to write.
  [[nodiscard]] bool empty() const { return parts_.empty() && (tails_ == nullptr || tails_->empty()); }

 private:
  friend class Ingest;
  struct Part {
    std::uint32_t shard = 0;
    std::vector<std::shared_ptr<const Run>> runs;  // oldest first
    std::unique_ptr<StoreWindow> store;            // null: all of it is in runs
    std::shared_ptr<const SharedCatalog> catalog;
    std::uint32_t generation = 0;
    WindowTally tally;
  };
  std::vector<Part> parts_;
  std::unique_ptr<BlockTails> tails_;
  std::vector<MemoryCharge> charges_;
  std::uint64_t bytes_ = 0;
};

struct WrittenWindow {
  WrittenBlock block;
  WindowTally tally;
};

class Ingest {
 public:
  /// @param metrics  what SampleBatch::metrics refers to; label sets pairwise different.
  Ingest(const IngestOptions& options, std::vector<MetricDef> metrics, MemoryBudget& budget);
  ~Ingest();

  [[nodiscard]] std::uint32_t shards() const { return static_cast<std::uint32_t>(shards_.size()); }

  /// Take the shard's share of a batch. One thread at a time per shard; every shard must see the batches in source
  /// order.
  /// Above the budget's soft mark, or when its tables pass their share, the shard spills to `scratch`.
  /// @error kData  a row below what the shard advanced to; kLimit  the budget can't be kept all the same; kNoSpace, kIo
  /// of the spilled files.
  Status append(std::uint32_t shard, const SampleBatch& batch);

  /// No row below `time` comes to this shard any more. With the largest time there is, none comes at all.
  /// @error kData  conflicting values under DuplicatePolicy::kFail; of spilling as append().
  Status advance(std::uint32_t shard, Timestamp time);

  /// The next sealed window, in order of time; waits for one. Nothing when all shards have ended and no window is left,
  /// or after cancel().
  std::optional<SealedWindow> next_window();
  /// How many windows were sealed so far.
  [[nodiscard]] std::uint64_t windows_sealed() const;
  /// Whether every window was given out, and none comes any more.
  [[nodiscard]] bool ended() const;
  /// A window in which no row lies; series of the window before may end in it.
  [[nodiscard]] SealedWindow window_without_rows(std::int64_t number) const;
  /// Let `window` know the block of the window before it: for stale markers.
  Status follow(SealedWindow& window, FileSystem& fs, const std::string& block) const;
  /// Wake whoever waits.
  void cancel();

  /// Write a window as a block into `directory`, which is made. Different windows may be written at the same time.
  Result<WrittenWindow> write_window(SealedWindow window, FileSystem& fs, const std::string& directory, Ulid ulid,
                                     const BlockFilesOptions& options = {});

  /// Put all that the shard holds into runs.
  Status checkpoint(std::uint32_t shard);
  /// Once every shard has come to the same place, has had its checkpoint() and waits, and every sealed window is
  /// written. The runs stay until the next snapshot.
  IngestSnapshot snapshot();
  /// Leave the runs of the last snapshot to another process.
  void leave_runs() const;

  /// Count rows that an earlier process judged. One thread, the one of shard 0.
  void add_judged(const Ledger& judged);

  /// Found in a block that write_window() made.
  void add_counter_resets(std::uint64_t resets);
  /// For what is read of a block beside.
  [[nodiscard]] MemoryBudget& budget() const { return *budget_; }

  /// Series that had samples; once every shard has ended. @error kCorrupt  a run is damaged.
  /// @error kLimit  more than IngestOptions::series_max.
  [[nodiscard]] Result<std::uint64_t> series() const;
  [[nodiscard]] std::uint64_t spilled_bytes() const { return spilled_bytes_; }
  /// What became of everything offered so far; balances once every window is written.
  [[nodiscard]] Ledger ledger() const;

 private:
  struct Shard;
  [[nodiscard]] std::uint32_t shard_of(std::uint64_t hash) const {
    return static_cast<std::uint32_t>(((hash >> 40) * shards_.size()) >> 24);
  }
  void wait_for_writers();
  Status refuse_finished(const Shard& shard, const SampleBatch& batch) const;
  void map_columns(Shard& shard, const SampleBatch& batch) const;
  void resolve_entities(Shard& shard, const SampleBatch& batch) const;
  void keep_records(Shard& shard, const SampleBatch& batch, std::uint32_t kind) const;
  void append_runs(Shard& shard, const SampleBatch& batch, std::uint32_t kind) const;
  void add_batch_run(Shard& shard, const SampleBatch& batch, std::uint32_t bundle, const EntityRun& run) const;
  [[nodiscard]] bool is_written(std::int64_t time_ms) const;
  void seal_earlier_runs();
  Status settle(Shard& shard, std::int64_t end_ms, bool final);
  [[nodiscard]] std::string series_text(const Shard& shard, std::uint32_t bundle, std::uint32_t slot) const;
  void refresh_catalog(Shard& shard) const;
  Status relieve(Shard& shard);
  [[nodiscard]] bool tables_are_too_large(const Shard& shard) const;
  Status spill(Shard& shard, bool give_up_tables);
  Status merge_levels(Shard& shard);
  Status merge_latest(Shard& shard, std::span<const std::shared_ptr<const Run>> latest);
  [[nodiscard]] Result<std::uint64_t> count_series() const;
  [[nodiscard]] Status check_series(std::uint64_t series) const;
  [[nodiscard]] std::uint64_t series_seen() const;
  [[nodiscard]] bool nothing_to_spill() const;
  [[nodiscard]] Error over_limit() const;
  void seal(Shard& shard, std::int64_t end_number);
  Result<std::shared_ptr<const SymbolUnion>> symbols_of(std::span<const std::unique_ptr<WindowSeries>> sources,
                                                        const SealedWindow& window);

  IngestOptions options_;
  std::vector<MetricDef> metrics_;
  std::vector<std::vector<std::uint32_t>> kinds_;  // of bundles: their metrics
  std::vector<std::uint32_t> record_kinds_;        // those whose samples are records
  struct Place {
    std::uint32_t kind = 0;
    std::uint32_t slot = 0;
  };
  std::vector<Place> places_;                   // by metric
  PagePool pool_;                               // before what takes from it
  std::vector<std::unique_ptr<Shard>> shards_;  // apart in memory: each is written by its own thread
  MemoryBudget* budget_;
  std::atomic<std::uint64_t> spilled_bytes_{0};
  std::atomic<std::uint32_t> runs_written_{0};

  mutable std::mutex mutex_;  // of all below
  std::condition_variable sealed_changed_;
  std::map<std::int64_t, SealedWindow> sealing_;  // by number; some shards have yet to advance
  std::deque<SealedWindow> sealed_;
  std::uint64_t windows_sealed_ = 0;
  std::uint64_t sealed_bytes_ = 0;  // of windows sealed and not written yet
  bool cancelled_ = false;
  WindowTally tally_;
  std::vector<std::shared_ptr<const Run>> snapshot_runs_;
  struct CachedUnion {
    std::vector<std::shared_ptr<const void>> made_of;
    std::shared_ptr<const SymbolUnion> symbols;
  };
  CachedUnion cached_union_;
};

}  // namespace promfill
