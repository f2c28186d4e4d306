// See counter_resets.h.
#include "backfill/counter_resets.h"

#include <algorithm>
#include <cmath>

#include "block/block_reader.h"
#include "store/sample_batch.h"

namespace promfill {

CounterNames CounterNames::of(const Mapping& mapping, const std::vector<MetricMetadata>& metadata) {
  CounterNames counters;
  counters.all = mapping.long_table && mapping.long_table->type == MetricType::kCounter;
  for (const MetricMetadata& metric : metadata) {
    if (metric.type == MetricType::kCounter) counters.names.insert(metric.name);
  }
  return counters;
}

Result<std::uint64_t> CounterResets::count(std::int64_t window, const std::string& block) {
  if (counters_.empty()) return std::uint64_t{0};
  PROMFILL_TRY(Block found, look_at(block));
  const std::scoped_lock lock(mutex_);
  for (const std::int64_t neighbour : {window - 1, window + 1}) PROMFILL_TRY_STATUS(look_at_earlier(neighbour));
  ends_[window].ends = std::move(found.ends);
  found.resets += meet(window - 1, window) + meet(window, window + 1);
  std::uint64_t bytes = 0;
  for (const auto& [number, one] : ends_) bytes += one.ends.capacity() * sizeof(Ends);
  charge_.resize(bytes);
  return found.resets;
}

/// Resets between two windows, if both were looked at. Who has met both neighbours is forgotten.
std::uint64_t CounterResets::meet(std::int64_t before, std::int64_t after) {
  const auto first = ends_.find(before);
  const auto second = ends_.find(after);
  if (first == ends_.end() || second == ends_.end()) return 0;
  const std::uint64_t resets = resets_between(first->second.ends, second->second.ends);
  first->second.met_after = true;
  second->second.met_before = true;
  for (const auto& at : {first, second}) {
    if (at->second.met_before && at->second.met_after) at->second.ends = {};
  }
  return resets;
}

/// Its own resets are in its tally already.
Status CounterResets::look_at_earlier(std::int64_t window) {
  const auto at = earlier_.find(window);
  if (at == earlier_.end() || ends_.contains(window)) return {};
  PROMFILL_TRY(Block found, look_at(at->second));
  ends_[window].ends = std::move(found.ends);
  return {};
}

Result<CounterResets::Block> CounterResets::look_at(const std::string& block) const {
  PROMFILL_TRY(const BlockReader reader, BlockReader::open(fs_, block));
  MemoryCharge charge(budget_);
  charge.resize(reader.index().file().size());
  std::vector<SeriesRef> series;
  if (counters_.all) {
    PROMFILL_TRY(series, reader.index().select({}));
  } else {
    for (const std::string& name : counters_.names) {
      PROMFILL_TRY(const std::vector<SeriesRef> of_name, reader.index().postings("__name__", name));
      series.insert(series.end(), of_name.begin(), of_name.end());
    }
  }
  Block found;
  std::vector<Sample> samples;
  std::string key;
  for (const SeriesRef ref : series) {
    PROMFILL_TRY(const IndexedSeries one, reader.index().series(ref));
    samples.clear();
    PROMFILL_TRY_STATUS(reader.read_fingerprints(one.chunks, kTimestampMin, kTimestampMax, samples));
    std::erase_if(samples, [](const Sample& sample) { return std::isnan(sample.value); });  // stale markers, too
    if (samples.empty()) continue;
    for (std::size_t i = 1; i < samples.size(); ++i) {
      found.resets += static_cast<std::uint64_t>(samples[i].value < samples[i - 1].value);
    }
    key.clear();
    encode_entity_key({one.labels.begin(), one.labels.end()}, key);
    found.ends.push_back({hash_entity_key(key), samples.front().value, samples.back().value});
  }
  std::sort(found.ends.begin(), found.ends.end(), [](const Ends& a, const Ends& b) { return a.series < b.series; });
  return found;
}

std::uint64_t CounterResets::resets_between(const std::vector<Ends>& before, const std::vector<Ends>& after) {
  std::uint64_t resets = 0;
  auto at = before.begin();
  for (const Ends& ends : after) {
    while (at != before.end() && at->series < ends.series) ++at;
    if (at == before.end()) break;
    resets += static_cast<std::uint64_t>(at->series == ends.series && ends.first < at->last);
  }
  return resets;
}

}  // namespace promfill
