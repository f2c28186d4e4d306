// See series_catalog.h.
#include "ingest/series_catalog.h"

#include <algorithm>
#include <numeric>

#include "encoding/byte_reader.h"

namespace promfill {
namespace {

/// Call `use(name, value)` for each label of an entity key.
template <typename Use>
void for_each_label(std::string_view key, Use use) {
  ByteReader reader(as_bytes(key));
  while (!reader.at_end()) {
    const std::string_view name = reader.string();
    const std::string_view value = reader.string();
    PROMFILL_ASSERT(reader.ok());
    use(name, value);
  }
}

}  // namespace

SeriesCatalog SeriesCatalog::build(std::span<SeriesStore* const> shards, std::span<const MetricDef> metrics) {
  SeriesCatalog catalog;
  catalog.add_symbols(shards, metrics);
  catalog.add_series(shards, metrics);
  catalog.sort_series();
  std::uint32_t number = 0;
  for (const SeriesStore* shard : shards) {
    std::vector<std::uint32_t>& ranks = catalog.ranks_.emplace_back(shard->series().size());
    for (std::uint32_t& rank : ranks) rank = number++;  // for now the number; below, its rank
  }
  std::vector<std::uint32_t> rank_of(catalog.order_.size());
  for (std::uint32_t rank = 0; rank < rank_of.size(); ++rank) rank_of[catalog.order_[rank]] = rank;
  for (std::vector<std::uint32_t>& ranks : catalog.ranks_) {
    for (std::uint32_t& rank : ranks) rank = rank_of[rank];
  }
  return catalog;
}

void SeriesCatalog::add_symbols(std::span<SeriesStore* const> shards, std::span<const MetricDef> metrics) {
  const auto intern = [this](std::string_view name, std::string_view value) {
    strings_.intern(name);
    strings_.intern(value);
  };
  for (const MetricDef& metric : metrics) {
    for (const Label& label : metric.labels) intern(label.name, label.value);
  }
  for (const SeriesStore* shard : shards) {
    for (std::uint32_t e = 0; e < shard->entities(); ++e) for_each_label(shard->entity_key(e), intern);
  }
  std::vector<std::uint32_t> sorted(strings_.size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  std::sort(sorted.begin(), sorted.end(),
            [this](std::uint32_t a, std::uint32_t b) { return strings_[a] < strings_[b]; });
  position_.resize(sorted.size());
  for (const std::uint32_t id : sorted) {
    position_[id] = static_cast<std::uint32_t>(symbols_.size());
    symbols_.push_back(strings_[id]);
  }
}

void SeriesCatalog::add_series(std::span<SeriesStore* const> shards, std::span<const MetricDef> metrics) {
  const auto symbol = [this](std::string_view text) {
    return SymbolRef{position_[strings_.find(text, hash_bytes(text))]};
  };
  std::vector<std::vector<SymbolPair>> metric_pairs;
  for (const MetricDef& metric : metrics) {
    std::vector<SymbolPair>& pairs = metric_pairs.emplace_back();
    for (const Label& label : metric.labels) pairs.push_back({symbol(label.name), symbol(label.value)});
  }
  std::vector<SymbolPair> entity;
  for (const SeriesStore* shard : shards) {
    std::uint32_t entity_id = 0xffffffff;
    for (const SeriesStore::Series& series : shard->series()) {
      if (series.entity != entity_id) {  // the metrics of an entity mostly stand together
        entity_id = series.entity;
        entity.clear();
        for_each_label(shard->entity_key(entity_id), [&](std::string_view name, std::string_view value) {
          entity.push_back({symbol(name), symbol(value)});
        });
      }
      const std::vector<SymbolPair>& metric = metric_pairs[series.metric];
      std::merge(entity.begin(), entity.end(), metric.begin(), metric.end(), std::back_inserter(pairs_));
      begins_.push_back(pairs_.size());
    }
  }
}

void SeriesCatalog::sort_series() {
  order_.resize(begins_.size() - 1);
  std::iota(order_.begin(), order_.end(), 0U);
  const auto pairs = [this](std::uint32_t number) {
    return std::span(pairs_).subspan(begins_[number], begins_[number + 1] - begins_[number]);
  };
  const auto less = [&](std::uint32_t a, std::uint32_t b) {
    const auto x = pairs(a);
    const auto y = pairs(b);
    return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end());
  };
  std::sort(order_.begin(), order_.end(), less);
  for (std::size_t i = 1; i < order_.size(); ++i) PROMFILL_ASSERT(less(order_[i - 1], order_[i]));
}

std::string SeriesCatalog::text(std::uint32_t rank) const {
  std::vector<Label> named;
  for (const SymbolPair& pair : labels(rank)) {
    named.push_back({std::string(symbols_[pair.name.value]), std::string(symbols_[pair.value.value])});
  }
  const Result<Labels> made = Labels::create(std::move(named));
  return made ? made->text() : made.error().text();
}

}  // namespace promfill
