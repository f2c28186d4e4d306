// A shard's series while rows come in. One thread owns a store.
//
//   entity ─► bundle = entity × the metrics that come in the same rows ─► per window: an appender for each metric
//                └► held rows: those out of order, until they are sorted (settling.h)
//
// A row is looked up once, not once for each of its values, and its appenders lie side by side in memory.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "promfill/time.h"
#include "store/byte_table.h"
#include "store/chunk_arena.h"
#include "store/held_rows.h"
#include "store/ledger.h"
#include "store/sample_batch.h"

namespace promfill {

/// What one series has in one window: a cache line.
struct SeriesWindow {
  XorAppender open;
  ArenaChunk* newest_closed = nullptr;
  [[nodiscard]] bool empty() const { return open.samples == 0 && newest_closed == nullptr; }
};
static_assert(sizeof(SeriesWindow) == 64);

/// What one bundle has in one window; its SeriesWindows follow it in memory, one for each metric.
struct BundleWindow {
  std::int64_t highest_ms = std::numeric_limits<std::int64_t>::min();  ///< rows up to here can't be appended any more
  std::uint32_t first_series = 0;                                      ///< number of the first metric's series
  std::uint16_t metrics = 0;
  bool has_late = false;       ///< some chunk is kLate, here or spilled
  bool holds_records = false;  ///< values are addresses of records (record_at)

  [[nodiscard]] std::span<SeriesWindow> series() { return {reinterpret_cast<SeriesWindow*>(this + 1), metrics}; }
};

static_assert(sizeof(BundleWindow) == 16);

/// The body of a record by what stands for it among the values of a bundle that holds records.
[[nodiscard]] ByteView record_at(double value);

/// What a shard has in one window.
struct StoreWindow {
  StoreWindow(std::int64_t window_number, ChunkEncoding of_chunks, PagePool& pool)
      : number(window_number), encoding(of_chunks), open(pool), closed(pool) {}

  std::int64_t number;                 ///< k of [k·d, (k+1)·d)
  ChunkEncoding encoding;              ///< of all chunks, open ones too
  ChunkArena open;                     ///< bundles and buffers of open chunks
  ChunkArena closed;                   ///< closed chunks, which can be spilled
  std::vector<BundleWindow*> bundles;  ///< in order of arrival
  WindowTally tally;                   ///< of its rows so far
  /// True where no row had a value.
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::uint64_t table_bytes() const {
    return sizeof(StoreWindow) + open.memory_bytes() + bundles.capacity() * sizeof(BundleWindow*);
  }
};

/// Gives appenders of one series memory of its window.
class WindowChunkStore {
 public:
  WindowChunkStore(StoreWindow& window, SeriesWindow& series) : window_(window), series_(series) {}
  void grow(XorAppender& appender) { window_.open.grow_buffer(appender); }
  void close(XorAppender& appender) { add(appender.view(window_.encoding), ChunkRole::kFinal); }
  [[nodiscard]] ChunkEncoding encoding() const { return window_.encoding; }
  void add(const ChunkView& view, ChunkRole role) {
    ArenaChunk* const chunk = window_.closed.add(view, role);
    chunk->before = series_.newest_closed;
    series_.newest_closed = chunk;
  }

 private:
  StoreWindow& window_;
  SeriesWindow& series_;
};

class BundleStore {
 public:
  /// @param bundles  for each kind of bundle the metrics in it, as positions in the job's list.
  /// @param pool     for what grows with the rows; outlives the store and the windows taken from it.
  /// @param encoding  of chunks: kXor or kXor2.
  /// @param record_kinds  those kinds of bundle whose samples are records.
  BundleStore(Duration block_duration, std::span<const std::vector<std::uint32_t>> bundles, PagePool& pool,
              ChunkEncoding encoding = ChunkEncoding::kXor, std::span<const std::uint32_t> record_kinds = {});
  BundleStore(BundleStore&&) = delete;

  /// The entity of `key`, made if it is new.
  std::uint32_t entity(std::string_view key, std::uint64_t hash);
  /// The bundle of an entity and a kind of bundle, made if it is new.
  std::uint32_t bundle(std::uint32_t entity, std::uint32_t kind);
  /// Append rows [begin, end) of a batch in the order they were offered, or hold those that are out of order.
  void append(std::uint32_t bundle, std::span<const std::int64_t> times_ms, BundleColumns columns, std::uint32_t begin,
              std::uint32_t end);
  /// Keep a record as long as the window of `t_ms`. @return what stands for it among the values of its row.
  double keep_record(std::int64_t t_ms, ByteView body);
  [[nodiscard]] bool holds_records(std::uint32_t kind) const { return holds_records_[kind] != 0; }
  /// Whether some kind does.
  [[nodiscard]] bool holds_records() const;
  /// Have the memory that append() will touch on its way to the processor: one after the other, some rows between.
  void prefetch_entity(std::uint64_t hash) const { entities_.prefetch(hash); }
  void prefetch_bundle(std::uint32_t bundle) const { __builtin_prefetch(&bundles_[bundle]); }
  void prefetch_window(std::uint32_t bundle) const;
  void prefetch_chunks(std::uint32_t bundle) const;

  struct Bundle {
    std::uint32_t entity = 0;
    std::uint32_t kind = 0;
    std::uint32_t first_series = 0;    ///< number of its first metric's series; the others follow
    StoreWindow* window = nullptr;     ///< that the last row went to
    BundleWindow* current = nullptr;   ///< of this bundle in it
    std::unique_ptr<HeldRows> held{};  ///< null: none
  };
  [[nodiscard]] std::span<Bundle> bundles() { return bundles_; }
  [[nodiscard]] std::span<const Bundle> bundles() const { return bundles_; }
  [[nodiscard]] std::span<const std::uint32_t> metrics_of(std::uint32_t kind) const { return kinds_[kind]; }
  [[nodiscard]] std::uint32_t series() const { return static_cast<std::uint32_t>(seen_.size()); }
  /// Whether the series has, or had, a sample.
  [[nodiscard]] bool seen(std::uint32_t series) const { return seen_[series] != 0; }
  [[nodiscard]] std::uint32_t entities() const { return entities_.size(); }
  [[nodiscard]] std::string_view entity_key(std::uint32_t entity) const { return entities_[entity]; }

  /// The bundle's place in the window of `t_ms`, made if it isn't there; it becomes the bundle's current one.
  BundleWindow& enter_window(std::uint32_t bundle, std::int64_t t_ms);
  /// Append rows in order after the window's highest; `columns` as in append().
  void append_rising(Bundle& bundle, std::span<const std::int64_t> times_ms, BundleColumns columns, std::uint32_t begin,
                     std::uint32_t end);
  /// Append samples to the series of this number, all above its last and within the window.
  void append_series(StoreWindow& window, SeriesWindow& series, std::uint32_t number,
                     std::span<const std::int64_t> times_ms, const double* values);
  /// Mark a series as having samples, where they are put into its window from outside.
  void see(std::uint32_t series) {
    series_seen_ += 1U - seen_[series];
    seen_[series] = 1;
  }
  [[nodiscard]] std::uint32_t series_seen() const { return series_seen_; }

  /// Windows in order of time; those below `end_number` are taken out, and no row comes for them any more.
  std::vector<std::unique_ptr<StoreWindow>> take_windows(std::int64_t end_number);
  [[nodiscard]] std::vector<StoreWindow*> windows() const;
  /// Forget the closed chunks of all windows, which were written elsewhere.
  void drop_closed_chunks();

  [[nodiscard]] Duration block_duration() const { return block_duration_; }
  [[nodiscard]] ChunkEncoding encoding() const { return encoding_; }
  [[nodiscard]] std::uint64_t held_bytes() const { return held_bytes_; }
  /// The rows that a bundle holds; it holds none afterwards.
  std::unique_ptr<HeldRows> take_held(Bundle& bundle);
  /// Hold rows that were taken before.
  void hold_again(Bundle& bundle, std::span<const std::int64_t> times_ms, BundleColumns columns);
  /// What stays when all closed chunks and held rows are gone: tables, and open chunks with their buffers.
  [[nodiscard]] std::uint64_t table_bytes() const;
  /// What can be spilled.
  [[nodiscard]] std::uint64_t chunk_bytes() const;
  [[nodiscard]] std::uint64_t memory_bytes() const { return table_bytes() + chunk_bytes() + held_bytes_; }

 private:
  std::size_t append_or_hold(Bundle& bundle, std::uint32_t id, std::span<const std::int64_t> times_ms,
                             BundleColumns columns, std::uint32_t begin, std::uint32_t end);
  void hold(Bundle& bundle, std::span<const std::int64_t> times_ms, BundleColumns columns, std::uint32_t begin,
            std::uint32_t end);
  [[nodiscard]] bool repeats_last(const Bundle& bundle, std::int64_t t_ms, BundleColumns columns, std::uint32_t row);
  StoreWindow& window(std::int64_t number);

  Duration block_duration_;
  ChunkEncoding encoding_;
  PagePool* pool_;
  std::vector<std::vector<std::uint32_t>> kinds_;
  std::vector<std::uint8_t> holds_records_;  // by kind
  ByteTable entities_;
  std::vector<std::uint32_t> bundle_of_;  // entity × kind → bundle, kNone where there is none yet
  std::vector<Bundle> bundles_;
  std::vector<std::uint8_t> seen_;  // by series number
  std::uint32_t series_seen_ = 0;
  std::vector<std::unique_ptr<StoreWindow>> windows_;  // by number

  /// (bundle by its first series, window) → BundleWindow for windows that a bundle has left: jobs of one window keep it
  /// empty.
  class LeftWindows {
   public:
    [[nodiscard]] BundleWindow* find(std::uint32_t first_series, std::int64_t window) const;
    void add(BundleWindow* entry, std::int64_t window);
    /// Forget windows below `end`.
    void drop_below(std::int64_t end);
    [[nodiscard]] std::uint64_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

   private:
    struct Slot {
      std::int64_t window = 0;
      BundleWindow* entry = nullptr;
    };
    [[nodiscard]] std::size_t slot_of(std::uint32_t first_series, std::int64_t window) const;
    void rehash(std::size_t slots, std::int64_t keep_from);
    std::vector<Slot> slots_;
    std::size_t used_ = 0;
  };
  LeftWindows left_windows_;
  std::vector<std::int64_t> dense_times_ms_;  // of rows with nulls, without them
  std::vector<double> dense_values_;
  std::uint64_t held_bytes_ = 0;
};

/// Floor division: window number of a time, negative before 1970.
[[nodiscard]] constexpr std::int64_t window_number(std::int64_t t_ms, std::int64_t duration_ms) {
  const std::int64_t q = t_ms / duration_ms;
  return q - (t_ms % duration_ms < 0 ? 1 : 0);
}

}  // namespace promfill
