// See loaded_samples.h.
#include "audit/loaded_samples.h"

#include <algorithm>

#include "store/sample_batch.h"

namespace promfill {

Result<bool> LoadedSamples::add_block(const BlockReader& block, const AuditPart& part) {
  PROMFILL_TRY(const std::vector<SeriesRef> refs, block.index().select({}));
  std::vector<Sample> samples;
  std::string key;
  for (const SeriesRef ref : refs) {
    PROMFILL_TRY(const IndexedSeries series, block.index().series(ref));
    key.clear();
    encode_entity_key(series.labels.pairs(), key);
    const std::uint64_t hash = hash_entity_key(key);
    if (!part.has_series(hash)) continue;
    samples.clear();
    PROMFILL_TRY_STATUS(block.read_fingerprints(series.chunks, part.times.min, part.times.max, samples));
    if (samples.empty()) continue;
    slices_.push_back({keys_.intern(key, hash), blocks_, size_, size_ + samples.size()});
    if (!append(samples)) return false;
  }
  ++blocks_;
  return true;
}

bool LoadedSamples::append(std::span<const Sample> samples) {
  for (const Sample& sample : samples) {
    if (size_ % kPageSamples == 0) {
      if (memory_bytes() + sizeof(Page) > bytes_max_) return false;
      pages_.push_back(std::make_unique<Page>());
    }
    pages_.back()->times_ms[size_ % kPageSamples] = sample.time.ms;
    pages_.back()->values[size_ % kPageSamples] = sample.value;
    ++size_;
  }
  return memory_bytes() <= bytes_max_;
}

void LoadedSamples::seal() {
  std::sort(slices_.begin(), slices_.end(), [this](const Slice& a, const Slice& b) {
    if (a.series != b.series) return a.series < b.series;
    const Timestamp a_time = time(a.begin);
    const Timestamp b_time = time(b.begin);
    return a_time != b_time ? a_time < b_time : a.block < b.block;
  });
  for (std::uint32_t i = 0; i < slices_.size(); ++i) {
    const Slice& slice = slices_[i];
    if (slice.series == first_slices_.size()) {
      first_slices_.push_back(i);
      cursors_.push_back({i, slice.begin});
    } else {
      overlapping_ |= time(slices_[i - 1].end - 1) >= time(slice.begin);
    }
  }
  first_slices_.push_back(static_cast<std::uint32_t>(slices_.size()));
}

std::optional<std::uint64_t> LoadedSamples::find(std::uint32_t series, Timestamp time) {
  const auto begin = slices_.begin() + first_slices_[series];
  const auto end = slices_.begin() + first_slices_[series + 1];
  if (overlapping_) {  // always the same one of two samples
    for (auto slice = begin; slice != end; ++slice) {
      if (const auto at = find_in(*slice, time)) return at;
    }
    return std::nullopt;
  }
  Cursor& cursor = cursors_[series];
  const std::uint64_t near_end = std::min(slices_[cursor.slice].end, cursor.at + 2);
  for (std::uint64_t at = cursor.at; at < near_end; ++at) {
    if (this->time(at) != time) continue;
    cursor.at = at;
    return at;
  }
  const auto after =
      std::upper_bound(begin, end, time, [this](Timestamp t, const Slice& s) { return t < this->time(s.begin); });
  if (after == begin) return std::nullopt;
  const auto at = find_in(*(after - 1), time);
  if (at) cursor = {static_cast<std::uint32_t>(after - 1 - slices_.begin()), *at};
  return at;
}

std::optional<std::uint64_t> LoadedSamples::find_in(const Slice& slice, Timestamp time) const {
  std::uint64_t low = slice.begin;
  std::uint64_t high = slice.end;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (this->time(middle) < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == slice.end || this->time(low) != time) return std::nullopt;
  return low;
}

std::uint64_t LoadedSamples::memory_bytes() const {
  static constexpr std::uint64_t kSeriesBytes = sizeof(Cursor) + sizeof(std::uint32_t);
  return pages_.size() * sizeof(Page) + slices_.capacity() * sizeof(Slice) + keys_.memory_bytes() +
         keys_.size() * kSeriesBytes;
}

}  // namespace promfill
