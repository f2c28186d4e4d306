// See series_store.h.
#include "ingest/series_store.h"

#include <algorithm>

namespace promfill {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

/// Takes buffers from a window's arena and links closed chunks to their series.
class ArenaStore {
 public:
  ArenaStore(ChunkArena& arena, SeriesWindow& series) : arena_(arena), series_(series) {}
  void grow(XorAppender& appender) { arena_.grow_buffer(appender); }
  void close(XorAppender& appender) {
    ArenaChunk* const chunk = arena_.add(appender.view());
    if (series_.last_closed == nullptr) {
      series_.first_closed = chunk;
    } else {
      series_.last_closed->next = chunk;
    }
    series_.last_closed = chunk;
  }

 private:
  ChunkArena& arena_;
  SeriesWindow& series_;
};

std::uint64_t mix(std::uint64_t x) {  // a multiplicative hash is enough: pointers and dense numbers
  x *= 0x9e3779b97f4a7c15;
  return x ^ (x >> 32);
}

}  // namespace

SeriesStore::SeriesStore(Duration block_duration, std::uint32_t metrics)
    : block_duration_(block_duration), metrics_(metrics) {}

std::uint32_t SeriesStore::entity(std::string_view key, std::uint64_t hash) {
  const std::uint32_t id = entities_.intern(key, hash);
  if (series_of_.size() <= std::size_t{id} * metrics_) series_of_.resize((std::size_t{id} + 1) * metrics_, kNone);
  return id;
}

void SeriesStore::append(std::uint32_t entity, std::uint32_t metric, std::span<const std::int64_t> times_ms,
                         const double* values) {
  if (times_ms.empty()) return;
  std::uint32_t& id = series_of_[std::size_t{entity} * metrics_ + metric];
  if (id == kNone) {
    PROMFILL_ASSERT(series_.size() < kNone);
    id = static_cast<std::uint32_t>(series_.size());
    series_.push_back({entity, metric, nullptr, nullptr});
  }
  const std::int64_t d = block_duration_.ms;
  Series& series = series_[id];
  for (std::size_t i = 0; i < times_ms.size();) {
    const std::int64_t t = times_ms[i];
    if (series.window == nullptr || t < series.window->number * d || t - series.window->number * d >= d) {
      enter_window(id, t);
    }
    ArenaStore store(series.window->arena, *series.current);
    const std::size_t appended = append_run(series.current->open, times_ms.subspan(i), values + i,
                                            (series.window->number + 1) * d, 2 * d, store);
    i += appended;
    if (appended == 0) {
      append_late(series, {{t}, values[i]});
      ++i;
    }
  }
}

void SeriesStore::append_late(Series& series, Sample sample) {
  SeriesWindow& entry = *series.current;
  // The very value that was appended last, offered again. With late samples about, their order must be kept for the
  // policy.
  if (entry.late == 0 && sample == Sample{{entry.open.last_ms}, std::bit_cast<double>(entry.open.value_bits)}) {
    ++duplicates_merged_;
    return;
  }
  if (entry.late == 0) {
    series.window->late.emplace_back();
    entry.late = static_cast<std::uint32_t>(series.window->late.size());
  }
  std::vector<Sample>& late = series.window->late[entry.late - 1];
  const std::size_t before = late.capacity();
  late.push_back(sample);
  late_bytes_ += (late.capacity() - before) * sizeof(Sample);
  ++late_samples_;
}

void SeriesStore::enter_window(std::uint32_t series_id, std::int64_t t_ms) {
  // Room for the window and for the chunk range of twice its length, without overflow; kStorableMin … kStorableMax has
  // it.
  PROMFILL_ASSERT(t_ms >= kTimestampMin.ms + 2 * block_duration_.ms &&
                  t_ms <= kTimestampMax.ms - 2 * block_duration_.ms);
  StoreWindow& entered = window(window_number(t_ms, block_duration_.ms));
  SeriesWindow* entry = series_windows_.find(series_id, &entered);
  if (entry == nullptr) {
    entry = &entered.series.emplace_back();
    entry->series = series_id;
    series_windows_.add(entry, &entered);
  }
  series_[series_id].window = &entered;
  series_[series_id].current = entry;
}

StoreWindow& SeriesStore::window(std::int64_t number) {
  if (StoreWindow* const found = window_index_.find(number)) return *found;
  StoreWindow& added = windows_.emplace_back(number);
  window_index_.add(&added);
  return added;
}

std::uint64_t SeriesStore::memory_bytes() const {
  std::uint64_t bytes = entities_.memory_bytes() + series_of_.capacity() * sizeof(std::uint32_t) +
                        series_.capacity() * sizeof(Series) + series_windows_.memory_bytes() + late_bytes_;
  for (const StoreWindow& one : windows_) {
    bytes += sizeof(StoreWindow) + one.arena.memory_bytes() + one.series.size() * sizeof(SeriesWindow);
  }
  return bytes;
}

StoreWindow* SeriesStore::WindowIndex::find(std::int64_t number) const {
  const auto at = std::lower_bound(by_number_.begin(), by_number_.end(), number,
                                   [](const StoreWindow* window, std::int64_t n) { return window->number < n; });
  return at != by_number_.end() && (*at)->number == number ? *at : nullptr;
}

void SeriesStore::WindowIndex::add(StoreWindow* window) {
  const auto at = std::lower_bound(by_number_.begin(), by_number_.end(), window->number,
                                   [](const StoreWindow* other, std::int64_t n) { return other->number < n; });
  by_number_.insert(at, window);
}

std::size_t SeriesStore::SeriesWindowIndex::slot_of(std::uint32_t series, const StoreWindow* window) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = mix(reinterpret_cast<std::uintptr_t>(window) + (std::uint64_t{series} << 32)) & mask;;
       i = (i + 1) & mask) {
    if (slots_[i].entry == nullptr || (slots_[i].window == window && slots_[i].entry->series == series)) return i;
  }
}

SeriesWindow* SeriesStore::SeriesWindowIndex::find(std::uint32_t series, const StoreWindow* window) const {
  return slots_.empty() ? nullptr : slots_[slot_of(series, window)].entry;
}

void SeriesStore::SeriesWindowIndex::add(SeriesWindow* entry, const StoreWindow* window) {
  if (slots_.size() < (used_ + 1) * 2) {
    std::vector<Slot> old(std::max<std::size_t>(64, slots_.size() * 2));
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.entry != nullptr) slots_[slot_of(slot.entry->series, slot.window)] = slot;
    }
  }
  slots_[slot_of(entry->series, window)] = {window, entry};
  ++used_;
}

}  // namespace promfill
