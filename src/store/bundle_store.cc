// See bundle_store.h.
#include "store/bundle_store.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "encoding/byte_reader.h"
#include "encoding/varint.h"

namespace promfill {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;
/// A run of rows in which time falls back more often than once in so many rows is held as a whole.
constexpr std::size_t kRowsPerFallMin = 8;

std::uint64_t mix(std::uint64_t x) {  // a multiplicative hash is enough for dense numbers
  x *= 0x9e3779b97f4a7c15;
  return x ^ (x >> 32);
}

bool all_valid(const MetricColumn& column, std::uint32_t begin, std::uint32_t end) {
  if (column.validity == nullptr) return true;
  for (std::uint32_t row = begin; row < end; ++row) {
    if (!column.valid(row)) return false;
  }
  return true;
}

std::size_t count_falls(std::span<const std::int64_t> times_ms) {
  std::size_t falls = 0;
  for (std::size_t i = 1; i < times_ms.size(); ++i) falls += static_cast<std::size_t>(times_ms[i] <= times_ms[i - 1]);
  return falls;
}

}  // namespace

bool StoreWindow::empty() const {
  const auto is_empty = [](const SeriesWindow& series) { return series.empty(); };
  return std::all_of(bundles.begin(), bundles.end(), [&](BundleWindow* bundle) {
    const std::span<SeriesWindow> series = bundle->series();
    return std::all_of(series.begin(), series.end(), is_empty);
  });
}

BundleStore::BundleStore(Duration block_duration, std::span<const std::vector<std::uint32_t>> bundles, PagePool& pool,
                         ChunkEncoding encoding, std::span<const std::uint32_t> record_kinds)
    : block_duration_(block_duration),
      encoding_(encoding),
      pool_(&pool),
      kinds_(bundles.begin(), bundles.end()),
      holds_records_(kinds_.size(), 0) {
  for (const std::uint32_t kind : record_kinds) holds_records_[kind] = 1;
}

bool BundleStore::holds_records() const {
  return std::any_of(holds_records_.begin(), holds_records_.end(), [](std::uint8_t holds) { return holds != 0; });
}

double BundleStore::keep_record(std::int64_t t_ms, ByteView body) {
  std::uint8_t* const at =
      window(window_number(t_ms, block_duration_.ms)).closed.allocate(kVarintBytesMax + body.size());
  std::memcpy(at + put_uvarint(at, body.size()), body.data(), body.size());
  return std::bit_cast<double>(reinterpret_cast<std::uintptr_t>(at));
}

ByteView record_at(double value) {
  const auto* const at = reinterpret_cast<const std::uint8_t*>(std::bit_cast<std::uintptr_t>(value));
  ByteReader length({at, kVarintBytesMax});
  const auto bytes = static_cast<std::size_t>(length.uvarint());
  return {at + length.position(), bytes};
}

std::uint32_t BundleStore::entity(std::string_view key, std::uint64_t hash) {
  const std::uint32_t id = entities_.intern(key, hash);
  if (bundle_of_.size() <= std::size_t{id} * kinds_.size()) {
    bundle_of_.resize((std::size_t{id} + 1) * kinds_.size(), kNone);
  }
  return id;
}

std::uint32_t BundleStore::bundle(std::uint32_t entity, std::uint32_t kind) {
  std::uint32_t& id = bundle_of_[std::size_t{entity} * kinds_.size() + kind];
  if (id == kNone) {
    PROMFILL_ASSERT(seen_.size() + kinds_[kind].size() < kNone);
    id = static_cast<std::uint32_t>(bundles_.size());
    bundles_.push_back({.entity = entity, .kind = kind, .first_series = series()});
    seen_.resize(seen_.size() + kinds_[kind].size(), 0);
  }
  return id;
}

void BundleStore::prefetch_window(std::uint32_t bundle) const {
  if (bundles_[bundle].current == nullptr) return;
  const auto* const window = reinterpret_cast<const char*>(bundles_[bundle].current);
  const std::size_t bytes = sizeof(BundleWindow) + kinds_[bundles_[bundle].kind].size() * sizeof(SeriesWindow);
  for (std::size_t at = 0; at < std::min<std::size_t>(bytes, 512); at += 64) __builtin_prefetch(window + at, 1);
  if (bytes < 512) __builtin_prefetch(window + bytes - 1, 1);  // it needn't begin with a cache line
}

void BundleStore::prefetch_chunks(std::uint32_t bundle) const {
  if (bundles_[bundle].current == nullptr) return;
  constexpr std::size_t kSeriesMax = 8;
  const std::span<SeriesWindow> all = bundles_[bundle].current->series();
  for (const SeriesWindow& series : all.first(std::min(all.size(), kSeriesMax))) {
    __builtin_prefetch(series.open.buffer + series.open.used, 1);
  }
}

void BundleStore::append(std::uint32_t bundle_id, std::span<const std::int64_t> times_ms, BundleColumns columns,
                         std::uint32_t begin, std::uint32_t end) {
  Bundle& bundle = bundles_[bundle_id];
  const std::size_t rows = end - begin;
  if (rows > 1 && count_falls(times_ms.subspan(begin, rows)) * kRowsPerFallMin > rows) {
    hold(bundle, times_ms, columns, begin, end);
    return;
  }
  while (begin < end) {
    begin += static_cast<std::uint32_t>(append_or_hold(bundle, bundle_id, times_ms, columns, begin, end));
  }
}

/// Take the first rows that share a fate and a window. @return how many.
std::size_t BundleStore::append_or_hold(Bundle& bundle, std::uint32_t id, std::span<const std::int64_t> times_ms,
                                        BundleColumns columns, std::uint32_t begin, std::uint32_t end) {
  const std::int64_t d = block_duration_.ms;
  const std::int64_t first = times_ms[begin];
  if (bundle.window == nullptr || first < bundle.window->number * d || first - bundle.window->number * d >= d) {
    enter_window(id, first);
  }
  const std::int64_t window_begin = bundle.window->number * d;
  const std::int64_t window_end = window_begin + d;
  const std::int64_t highest = bundle.current->highest_ms;
  std::int64_t held_min = INT64_MAX;
  std::int64_t held_max = INT64_MIN;
  if (bundle.held) {
    held_min = bundle.held->min_ms();
    held_max = bundle.held->max_ms();
  }
  // A row at a time where rows are held waits with them: the order in which equal times were offered must be kept.
  const auto waits = [=](std::int64_t t) { return t <= highest || (t >= held_min && t <= held_max); };
  std::uint32_t row = begin + 1;
  if (!waits(first)) {
    const std::int64_t bound = first < held_min ? std::min(window_end, held_min) : window_end;
    while (row < end && times_ms[row] > times_ms[row - 1] && times_ms[row] < bound) ++row;
    append_rising(bundle, times_ms, columns, begin, row);
  } else if (repeats_last(bundle, first, columns, begin)) {
    for (const MetricColumn* column : columns) {
      bundle.window->tally.duplicates.merged += static_cast<std::uint64_t>(column != nullptr && column->valid(begin));
    }
  } else {
    while (row < end && times_ms[row] >= window_begin && times_ms[row] < window_end && waits(times_ms[row])) ++row;
    hold(bundle, times_ms, columns, begin, row);
  }
  return row - begin;
}

/// Whether a row is the one that was appended last, offered again.
bool BundleStore::repeats_last(const Bundle& bundle, std::int64_t t_ms, BundleColumns columns, std::uint32_t row) {
  BundleWindow& window = *bundle.current;
  if (bundle.held || window.has_late || t_ms != window.highest_ms) return false;
  for (std::size_t m = 0; m < columns.size(); ++m) {
    if (columns[m] == nullptr || !columns[m]->valid(row)) continue;
    const XorAppender& open = window.series()[m].open;
    if (open.samples == 0 || open.last_ms != t_ms ||
        open.value_bits != std::bit_cast<std::uint64_t>(columns[m]->values[row])) {
      return false;
    }
  }
  return true;
}

void BundleStore::hold(Bundle& bundle, std::span<const std::int64_t> times_ms, BundleColumns columns,
                       std::uint32_t begin, std::uint32_t end) {
  if (!bundle.held) bundle.held = std::make_unique<HeldRows>(static_cast<std::uint32_t>(columns.size()), *pool_);
  const std::uint64_t before = bundle.held->memory_bytes();
  bundle.held->add(times_ms, columns, begin, end);
  held_bytes_ += bundle.held->memory_bytes() - before;
}

std::unique_ptr<HeldRows> BundleStore::take_held(Bundle& bundle) {
  held_bytes_ -= bundle.held->memory_bytes();
  return std::move(bundle.held);
}

void BundleStore::hold_again(Bundle& bundle, std::span<const std::int64_t> times_ms, BundleColumns columns) {
  bundle.held = std::make_unique<HeldRows>(static_cast<std::uint32_t>(columns.size()), *pool_);
  bundle.held->add(times_ms, columns, 0, static_cast<std::uint32_t>(times_ms.size()));
  held_bytes_ += bundle.held->memory_bytes();
}

void BundleStore::append_rising(Bundle& bundle, std::span<const std::int64_t> times_ms, BundleColumns columns,
                                std::uint32_t begin, std::uint32_t end) {
  BundleWindow& window = *bundle.current;
  window.highest_ms = times_ms[end - 1];
  for (std::uint32_t m = 0; m < columns.size(); ++m) {
    const MetricColumn* const column = columns[m];
    if (column == nullptr) continue;
    if (all_valid(*column, begin, end)) {
      append_series(*bundle.window, window.series()[m], bundle.first_series + m, times_ms.subspan(begin, end - begin),
                    column->values + begin);
      continue;
    }
    dense_times_ms_.clear();
    dense_values_.clear();
    for (std::uint32_t row = begin; row < end; ++row) {
      if (!column->valid(row)) continue;
      dense_times_ms_.push_back(times_ms[row]);
      dense_values_.push_back(column->values[row]);
    }
    append_series(*bundle.window, window.series()[m], bundle.first_series + m, dense_times_ms_, dense_values_.data());
  }
}

void BundleStore::append_series(StoreWindow& window, SeriesWindow& series, std::uint32_t number,
                                std::span<const std::int64_t> times_ms, const double* values) {
  if (times_ms.empty()) return;
  if (series.open.buffer == nullptr) see(number);
  WindowChunkStore store(window, series);
  const std::int64_t d = block_duration_.ms;
  const std::size_t appended =
      append_floats(encoding_, series.open, times_ms, values, (window.number + 1) * d, 2 * d, store);
  PROMFILL_ASSERT(appended == times_ms.size());
}

BundleWindow& BundleStore::enter_window(std::uint32_t id, std::int64_t t_ms) {
  // Room for the window and for the chunk range of twice its length, without overflow; kStorableMin … kStorableMax has
  // it.
  PROMFILL_ASSERT(t_ms >= kTimestampMin.ms + 2 * block_duration_.ms &&
                  t_ms <= kTimestampMax.ms - 2 * block_duration_.ms);
  Bundle& bundle = bundles_[id];
  const std::int64_t number = window_number(t_ms, block_duration_.ms);
  if (bundle.window != nullptr) {
    if (bundle.window->number == number) return *bundle.current;
    left_windows_.add(bundle.current, bundle.window->number);
  }
  bundle.window = &window(number);
  bundle.current = left_windows_.find(bundle.first_series, number);
  if (bundle.current == nullptr) {
    const std::size_t metrics = kinds_[bundle.kind].size();
    std::uint8_t* const memory = bundle.window->open.allocate(sizeof(BundleWindow) + metrics * sizeof(SeriesWindow));
    bundle.current = ::new (memory) BundleWindow{.first_series = bundle.first_series,
                                                 .metrics = static_cast<std::uint16_t>(metrics),
                                                 .holds_records = holds_records(bundle.kind)};
    for (std::size_t m = 0; m < metrics; ++m) {
      ::new (memory + sizeof(BundleWindow) + m * sizeof(SeriesWindow)) SeriesWindow();
    }
    bundle.window->bundles.push_back(bundle.current);
  }
  return *bundle.current;
}

StoreWindow& BundleStore::window(std::int64_t number) {
  const auto at = std::lower_bound(windows_.begin(), windows_.end(), number,
                                   [](const auto& window, std::int64_t n) { return window->number < n; });
  if (at != windows_.end() && (*at)->number == number) return **at;
  return **windows_.insert(at, std::make_unique<StoreWindow>(number, encoding_, *pool_));
}

std::vector<std::unique_ptr<StoreWindow>> BundleStore::take_windows(std::int64_t end_number) {
  const auto end = std::lower_bound(windows_.begin(), windows_.end(), end_number,
                                    [](const auto& window, std::int64_t n) { return window->number < n; });
  std::vector<std::unique_ptr<StoreWindow>> taken(std::make_move_iterator(windows_.begin()),
                                                  std::make_move_iterator(end));
  windows_.erase(windows_.begin(), end);
  if (taken.empty()) return taken;
  left_windows_.drop_below(end_number);
  for (Bundle& bundle : bundles_) {
    if (bundle.window == nullptr || bundle.window->number >= end_number) continue;
    bundle.window = nullptr;
    bundle.current = nullptr;
  }
  return taken;
}

std::vector<StoreWindow*> BundleStore::windows() const {
  std::vector<StoreWindow*> all;
  for (const auto& window : windows_) all.push_back(window.get());
  return all;
}

void BundleStore::drop_closed_chunks() {
  for (const auto& window : windows_) {
    for (BundleWindow* bundle : window->bundles) {
      for (SeriesWindow& series : bundle->series()) series.newest_closed = nullptr;
    }
    window->closed = ChunkArena(*pool_);
  }
}

std::uint64_t BundleStore::table_bytes() const {
  std::uint64_t bytes = entities_.memory_bytes() + bundle_of_.capacity() * sizeof(std::uint32_t) +
                        bundles_.capacity() * sizeof(Bundle) + seen_.capacity() + left_windows_.memory_bytes();
  for (const auto& window : windows_) bytes += window->table_bytes();
  return bytes;
}

std::uint64_t BundleStore::chunk_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& window : windows_) bytes += window->closed.memory_bytes();
  return bytes;
}

std::size_t BundleStore::LeftWindows::slot_of(std::uint32_t first_series, std::int64_t window) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = mix((static_cast<std::uint64_t>(window) << 32) + first_series) & mask;; i = (i + 1) & mask) {
    if (slots_[i].entry == nullptr || (slots_[i].window == window && slots_[i].entry->first_series == first_series))
      return i;
  }
}

BundleWindow* BundleStore::LeftWindows::find(std::uint32_t first_series, std::int64_t window) const {
  return slots_.empty() ? nullptr : slots_[slot_of(first_series, window)].entry;
}

void BundleStore::LeftWindows::add(BundleWindow* entry, std::int64_t window) {
  if (slots_.size() < (used_ + 1) * 2) rehash(std::max<std::size_t>(64, slots_.size() * 2), INT64_MIN);
  Slot& slot = slots_[slot_of(entry->first_series, window)];
  if (slot.entry == nullptr) ++used_;
  slot = {window, entry};
}

void BundleStore::LeftWindows::drop_below(std::int64_t end) {
  if (!slots_.empty()) rehash(slots_.size(), end);
}

void BundleStore::LeftWindows::rehash(std::size_t slots, std::int64_t keep_from) {
  std::vector<Slot> old(slots);
  old.swap(slots_);
  used_ = 0;
  for (const Slot& slot : old) {
    if (slot.entry == nullptr || slot.window < keep_from) continue;
    slots_[slot_of(slot.entry->first_series, slot.window)] = slot;
    ++used_;
  }
}

}  // namespace promfill
