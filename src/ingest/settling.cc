// See settling.h.
#include "ingest/settling.h"

#include <algorithm>
#include <array>

namespace promfill {
namespace {

/// Keeps every chunk of a sorted sequence as late chunks of a series.
class LateChunks {
 public:
  LateChunks(StoreWindow& window, SeriesWindow& series) : store_(window, series) {}
  void grow(XorAppender& appender) {
    PROMFILL_ASSERT(appender.buffer == nullptr);
    appender.buffer = buffer_.data();
    appender.capacity = kXorBufferBytesMax;
  }
  void close(XorAppender& appender) { store_.add(appender.view(store_.encoding()), ChunkRole::kLate); }

 private:
  WindowChunkStore store_;
  std::array<std::uint8_t, kXorBufferBytesMax> buffer_;
};

/// One value out of those offered for equal times; times and values shrink to what is left.
Status resolve_repeats(std::vector<std::int64_t>& times_ms, std::vector<double>& values, DuplicatePolicy policy,
                       DuplicateTally& tally) {
  std::size_t kept = 0;
  for (std::size_t begin = 0; begin < times_ms.size(); ++kept) {
    std::size_t end = begin + 1;
    while (end < times_ms.size() && times_ms[end] == times_ms[begin]) ++end;
    double value = values[begin];
    if (end - begin > 1) {
      PROMFILL_TRY(value,
                   resolve_duplicates({times_ms[begin]}, std::span(values).subspan(begin, end - begin), policy, tally));
    }
    times_ms[kept] = times_ms[begin];
    values[kept] = value;
    begin = end;
  }
  times_ms.resize(kept);
  values.resize(kept);
  return {};
}

}  // namespace

Status Settling::settle(std::uint32_t id, std::int64_t end_ms) {
  BundleStore::Bundle& bundle = store_.bundles()[id];
  if (!bundle.held || bundle.held->min_ms() >= end_ms) return {};
  const HeldRows& held = *bundle.held;
  sort_rows(held, end_ms);
  split_by_window(id);
  const auto metrics = static_cast<std::uint32_t>(store_.metrics_of(bundle.kind).size());
  for (std::uint32_t m = 0; m < metrics; ++m) {
    gather(held, m);
    for (const Stretch& stretch : stretches_) {
      if (Status status = place(bundle, m, stretch); !status) {
        failed_metric_ = m;
        return status;
      }
    }
  }
  for (const Stretch& stretch : stretches_) {
    stretch.window->highest_ms = std::max(stretch.window->highest_ms, sorted_ms_[stretch.end - 1]);
  }
  hold_again(bundle);
  return {};
}

void Settling::sort_rows(const HeldRows& held, std::int64_t end_ms) {
  held.copy_times(times_ms_);
  rows_ = order_.sort(times_ms_);
  sorted_ms_.resize(rows_.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) sorted_ms_[i] = times_ms_[rows_[i]];
  const auto end = std::lower_bound(sorted_ms_.begin(), sorted_ms_.end(), end_ms);
  settled_ = static_cast<std::size_t>(end - sorted_ms_.begin());
  repeats_ = std::adjacent_find(sorted_ms_.begin(), end) != end;
}

void Settling::split_by_window(std::uint32_t bundle) {
  const std::int64_t d = store_.block_duration().ms;
  stretches_.clear();
  for (std::size_t begin = 0; begin < settled_;) {
    BundleWindow& window = store_.enter_window(bundle, sorted_ms_[begin]);
    StoreWindow* const store = store_.bundles()[bundle].window;
    const auto end =
        std::lower_bound(sorted_ms_.begin() + static_cast<std::ptrdiff_t>(begin),
                         sorted_ms_.begin() + static_cast<std::ptrdiff_t>(settled_), (store->number + 1) * d);
    stretches_.push_back({&window, store, begin, static_cast<std::size_t>(end - sorted_ms_.begin())});
    begin = stretches_.back().end;
  }
}

void Settling::gather(const HeldRows& held, std::uint32_t metric) {
  held.copy_values(metric, values_);
  sorted_values_.resize(settled_);
  for (std::size_t i = 0; i < settled_; ++i) sorted_values_[i] = values_[rows_[i]];
  has_nulls_ = held.copy_validity(metric, validity_);
}

Status Settling::place(BundleStore::Bundle& bundle, std::uint32_t metric, const Stretch& stretch) {
  std::span<const std::int64_t> times_ms = std::span(sorted_ms_).subspan(stretch.begin, stretch.end - stretch.begin);
  const double* values = sorted_values_.data() + stretch.begin;
  if (has_nulls_ || repeats_) {
    dense_times_ms_.clear();
    dense_values_.clear();
    for (std::size_t i = stretch.begin; i < stretch.end; ++i) {
      if (has_nulls_ && validity_[rows_[i]] == 0) continue;
      dense_times_ms_.push_back(sorted_ms_[i]);
      dense_values_.push_back(sorted_values_[i]);
    }
    times_ms = dense_times_ms_;
    values = dense_values_.data();
  }
  if (times_ms.empty()) return {};
  stretch.store->tally.late_samples += times_ms.size();
  SeriesWindow& series = stretch.window->series()[metric];
  const bool behind = stretch.window->has_late || (series.open.samples > 0 && times_ms.front() <= series.open.last_ms);
  const bool repeats = repeats_ && std::adjacent_find(times_ms.begin(), times_ms.end()) != times_ms.end();
  // Of records it is not known here which are the same.
  if (behind || (repeats && (!options_.final || stretch.window->holds_records))) {
    store_.see(bundle.first_series + metric);
    encode_late(stretch, series, times_ms, values);
    return {};
  }
  if (repeats) {
    PROMFILL_TRY_STATUS(
        resolve_repeats(dense_times_ms_, dense_values_, options_.on_duplicate, stretch.store->tally.duplicates));
    times_ms = dense_times_ms_;
  }
  store_.append_series(*stretch.store, series, bundle.first_series + metric, times_ms, values);
  return {};
}

void Settling::encode_late(const Stretch& stretch, SeriesWindow& series, std::span<const std::int64_t> times_ms,
                           const double* values) {
  const std::int64_t d = store_.block_duration().ms;
  LateChunks chunks(*stretch.store, series);
  XorAppender appender;
  for (std::size_t i = 0; i < times_ms.size();) {
    i += append_floats(store_.encoding(), appender, times_ms.subspan(i), values + i, (stretch.store->number + 1) * d,
                       2 * d, chunks);
    chunks.close(appender);
    appender = {};  // the next one has the time of the last one: a chunk of its own
  }
  stretch.window->has_late = true;
}

/// What lies at end_ms or later goes back, still in source order where times are equal.
void Settling::hold_again(BundleStore::Bundle& bundle) {
  const std::unique_ptr<HeldRows> held = store_.take_held(bundle);
  if (settled_ == rows_.size()) return;
  const auto metrics = static_cast<std::uint32_t>(store_.metrics_of(bundle.kind).size());
  const std::span<const std::uint32_t> rest = rows_.subspan(settled_);
  std::vector<std::vector<double>> values(metrics);
  std::vector<std::vector<std::uint8_t>> validity(metrics);
  std::vector<MetricColumn> columns(metrics);
  std::vector<const MetricColumn*> pointers;
  for (std::uint32_t m = 0; m < metrics; ++m) {
    held->copy_values(m, values_);
    values[m].reserve(rest.size());
    for (const std::uint32_t row : rest) values[m].push_back(values_[row]);
    columns[m].values = values[m].data();
    if (held->copy_validity(m, validity_)) {
      validity[m].resize((rest.size() + 7) / 8);
      for (std::size_t i = 0; i < rest.size(); ++i) {
        validity[m][i / 8] = static_cast<std::uint8_t>(validity[m][i / 8] | (validity_[rest[i]] << (i % 8)));
      }
      columns[m].validity = validity[m].data();
    }
    pointers.push_back(&columns[m]);
  }
  const std::span<const std::int64_t> times_ms = std::span(sorted_ms_).subspan(settled_);
  store_.hold_again(bundle, times_ms, pointers);
}

}  // namespace promfill
