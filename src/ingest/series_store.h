// A shard's series: entities by key, series = entity × metric, and for each series and window an open chunk, closed
// chunks and late samples. One thread owns a store while rows are appended; afterwards windows may be read from several
// threads.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "ingest/byte_table.h"
#include "ingest/chunk_arena.h"
#include "ingest/duplicates.h"
#include "ingest/sample_batch.h"
#include "promfill/time.h"

namespace promfill {

/// What one series has in one window.
struct SeriesWindow {
  XorAppender open;
  ArenaChunk* first_closed = nullptr;
  ArenaChunk* last_closed = nullptr;
  std::uint32_t series = 0;  ///< in the shard
  std::uint32_t late = 0;    ///< 1 + position in StoreWindow::late; 0: none
};

/// What a shard has in one window.
struct StoreWindow {
  explicit StoreWindow(std::int64_t window_number) : number(window_number) {}

  std::int64_t number;  ///< k of [k·d, (k+1)·d)
  ChunkArena arena;
  std::deque<SeriesWindow> series;        ///< in order of arrival; a deque, because they are pointed at
  std::vector<std::vector<Sample>> late;  ///< in the order they were offered
};

class SeriesStore {
 public:
  SeriesStore(Duration block_duration, std::uint32_t metrics);

  /// The entity of `key`, made if it is new.
  std::uint32_t entity(std::string_view key, std::uint64_t hash);
  /// Append samples of one series in the order they were offered.
  void append(std::uint32_t entity, std::uint32_t metric, std::span<const std::int64_t> times_ms, const double* values);

  struct Series {
    std::uint32_t entity = 0;
    std::uint32_t metric = 0;
    StoreWindow* window = nullptr;    ///< that the last sample went to
    SeriesWindow* current = nullptr;  ///< of this series in it
  };
  [[nodiscard]] std::span<const Series> series() const { return series_; }
  [[nodiscard]] std::uint32_t entities() const { return entities_.size(); }
  [[nodiscard]] std::string_view entity_key(std::uint32_t entity) const { return entities_[entity]; }
  /// Not in order of time.
  [[nodiscard]] std::deque<StoreWindow>& windows() { return windows_; }
  [[nodiscard]] std::uint64_t late_samples() const { return late_samples_; }
  [[nodiscard]] std::uint64_t duplicates_merged() const { return duplicates_merged_; }
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  /// Point series.window and series.current at the window of `t_ms`.
  void enter_window(std::uint32_t series_id, std::int64_t t_ms);
  StoreWindow& window(std::int64_t number);
  void append_late(Series& series, Sample sample);

  Duration block_duration_;
  std::uint32_t metrics_;
  ByteTable entities_;
  std::vector<std::uint32_t> series_of_;  // entity × metric → series, kNone where there is none yet
  std::vector<Series> series_;
  std::deque<StoreWindow> windows_;
  /// (window number) → window, and (series, window) → SeriesWindow for windows other than the current one.
  class WindowIndex {
   public:
    StoreWindow* find(std::int64_t number) const;
    void add(StoreWindow* window);

   private:
    std::vector<StoreWindow*> by_number_;  // sorted
  };
  WindowIndex window_index_;
  class SeriesWindowIndex {
   public:
    SeriesWindow* find(std::uint32_t series, const StoreWindow* window) const;
    void add(SeriesWindow* entry, const StoreWindow* window);
    [[nodiscard]] std::uint64_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

   private:
    struct Slot {
      const StoreWindow* window = nullptr;
      SeriesWindow* entry = nullptr;
    };
    [[nodiscard]] std::size_t slot_of(std::uint32_t series, const StoreWindow* window) const;
    std::vector<Slot> slots_;
    std::size_t used_ = 0;
  };
  SeriesWindowIndex series_windows_;
  std::uint64_t late_samples_ = 0;
  std::uint64_t late_bytes_ = 0;
  std::uint64_t duplicates_merged_ = 0;
};

/// Floor division: window number of a time, negative before 1970.
[[nodiscard]] constexpr std::int64_t window_number(std::int64_t t_ms, std::int64_t duration_ms) {
  const std::int64_t q = t_ms / duration_ms;
  return q - (t_ms % duration_ms < 0 ? 1 : 0);
}

}  // namespace promfill
