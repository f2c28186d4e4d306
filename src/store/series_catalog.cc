// See series_catalog.h.
#include "store/series_catalog.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "encoding/byte_reader.h"
#include "store/string_order.h"

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

/// Label lists as one word each, as far as they fit: the columns (first name, first value, second name, …) that differ
/// between series, in order, each in as many bits as its largest symbol needs. Words that differ order the lists.
class PackedLabels {
 public:
  /// Every list has to be shown once before word().
  void show(std::span<const SymbolPair> labels) {
    if (2 * labels.size() > least_.size()) {
      // Lists that were shown before end before these columns.
      least_.resize(2 * labels.size(), lists_ == 0 ? kNone : 0);
      greatest_.resize(2 * labels.size(), 0);
    }
    for (std::size_t c = 0; c < least_.size(); ++c) {
      const std::uint32_t symbol = symbol_at(labels, c);
      least_[c] = std::min(least_[c], symbol);
      greatest_[c] = std::max(greatest_[c], symbol);
    }
    ++lists_;
  }

  void lay_out() {
    unsigned left = 64;
    for (std::size_t c = 0; c < least_.size() && left > 0; ++c) {
      if (least_[c] == greatest_[c]) continue;
      const auto bits = static_cast<unsigned>(std::bit_width(greatest_[c] - least_[c]));
      const unsigned taken = std::min(bits, left);
      left -= taken;
      columns_.push_back({c, least_[c], bits - taken, left});
      if (taken < bits) break;  // the lower bits of this column, and what follows, don't fit
    }
  }

  [[nodiscard]] std::uint64_t word(std::span<const SymbolPair> labels) const {
    std::uint64_t word = 0;
    for (const Column& column : columns_) {
      const std::uint64_t symbol = symbol_at(labels, column.index) - column.least;
      word |= (symbol >> column.dropped_bits) << column.shift;
    }
    return word;
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Column {
    std::size_t index = 0;
    std::uint32_t least = 0;
    unsigned dropped_bits = 0;
    unsigned shift = 0;
  };
  /// 0 behind the end, so that a shorter list comes before what continues it.
  static std::uint32_t symbol_at(std::span<const SymbolPair> labels, std::size_t column) {
    if (column / 2 >= labels.size()) return 0;
    const SymbolPair& pair = labels[column / 2];
    return 1 + (column % 2 == 0 ? pair.name.value : pair.value.value);
  }
  std::uint64_t lists_ = 0;
  std::vector<std::uint32_t> least_;  // by column
  std::vector<std::uint32_t> greatest_;
  std::vector<Column> columns_;
};

}  // namespace

/// Series with samples in order of their numbers.
struct SeriesCatalog::Unsorted {
  std::vector<Place> places;
  std::vector<std::uint32_t> numbers;
};

SeriesCatalog SeriesCatalog::build(const BundleStore& store, std::span<const MetricDef> metrics) {
  SeriesCatalog catalog;
  catalog.add_symbols(store, metrics);
  catalog.add_metrics(metrics);
  const std::vector<std::uint32_t> entity_at = catalog.add_entities(store);
  std::vector<std::uint32_t>().swap(catalog.position_);
  catalog.ranks_.assign(store.series(), kNoRank);
  Unsorted unsorted;
  unsorted.places.reserve(store.series_seen());
  unsorted.numbers.reserve(store.series_seen());
  for (const BundleStore::Bundle& bundle : store.bundles()) {
    const std::span<const std::uint32_t> bundled = store.metrics_of(bundle.kind);
    for (std::uint32_t m = 0; m < bundled.size(); ++m) {
      if (!store.seen(bundle.first_series + m)) continue;
      unsorted.places.push_back({entity_at[bundle.entity], bundled[m]});
      unsorted.numbers.push_back(bundle.first_series + m);
    }
  }
  catalog.sort_series(unsorted);
  return catalog;
}

void SeriesCatalog::add_symbols(const BundleStore& store, std::span<const MetricDef> metrics) {
  const auto intern = [this](std::string_view name, std::string_view value) {
    strings_.intern(name);
    strings_.intern(value);
  };
  for (const MetricDef& metric : metrics) {
    for (const Label& label : metric.labels) intern(label.name, label.value);
  }
  for (std::uint32_t e = 0; e < store.entities(); ++e) for_each_label(store.entity_key(e), intern);
  std::vector<std::string_view> strings(strings_.size());
  for (std::uint32_t id = 0; id < strings_.size(); ++id) strings[id] = strings_[id];
  position_.resize(strings.size());
  symbols_.reserve(strings.size());
  for (const std::uint32_t id : order_of_strings(strings)) {
    position_[id] = static_cast<std::uint32_t>(symbols_.size());
    symbols_.push_back(strings[id]);
  }
}

void SeriesCatalog::add_metrics(std::span<const MetricDef> metrics) {
  for (const MetricDef& metric : metrics) {
    std::vector<SymbolPair>& pairs = metric_pairs_.emplace_back();
    for (const Label& label : metric.labels) pairs.push_back({symbol(label.name), symbol(label.value)});
  }
}

/// Where in entity_pairs_ each entity's labels stand.
std::vector<std::uint32_t> SeriesCatalog::add_entities(const BundleStore& store) {
  std::vector<std::uint32_t> entity_at(store.entities());
  for (std::uint32_t e = 0; e < entity_at.size(); ++e) {
    PROMFILL_ASSERT(entity_pairs_.size() < kNoRank);
    entity_at[e] = static_cast<std::uint32_t>(entity_pairs_.size());
    entity_pairs_.emplace_back();
    for_each_label(store.entity_key(e), [this](std::string_view name, std::string_view value) {
      entity_pairs_.push_back({symbol(name), symbol(value)});
    });
    entity_pairs_[entity_at[e]].name.value = static_cast<std::uint32_t>(entity_pairs_.size() - entity_at[e] - 1);
  }
  return entity_at;
}

void SeriesCatalog::labels(Place place, std::vector<SymbolPair>& out) const {
  const SymbolPair* entity = &entity_pairs_[place.entity_at];
  const SymbolPair* const entity_end = entity + 1 + entity->name.value;
  out.clear();
  ++entity;
  for (const SymbolPair& pair : metric_pairs_[place.metric]) {
    while (entity != entity_end && entity->name.value < pair.name.value) out.push_back(*entity++);
    out.push_back(pair);
  }
  out.insert(out.end(), entity, entity_end);
}

void SeriesCatalog::sort_series(const Unsorted& unsorted) {
  struct Key {
    std::uint64_t word;
    std::uint32_t at;
  };
  PackedLabels packed;
  std::vector<SymbolPair> a_labels;
  std::vector<SymbolPair> b_labels;
  for (const Place place : unsorted.places) {
    labels(place, a_labels);
    packed.show(a_labels);
  }
  packed.lay_out();
  std::vector<Key> keys(unsorted.places.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    labels(unsorted.places[i], a_labels);
    keys[i] = {packed.word(a_labels), i};
  }
  const auto less = [&](const Key& a, const Key& b) {
    if (a.word != b.word) return a.word < b.word;
    labels(unsorted.places[a.at], a_labels);
    labels(unsorted.places[b.at], b_labels);
    return a_labels < b_labels;
  };
  std::sort(keys.begin(), keys.end(), less);
  for (std::size_t rank = 1; rank < keys.size(); ++rank) PROMFILL_ASSERT(less(keys[rank - 1], keys[rank]));
  places_.resize(keys.size());
  for (std::uint32_t rank = 0; rank < keys.size(); ++rank) {
    places_[rank] = unsorted.places[keys[rank].at];
    ranks_[unsorted.numbers[keys[rank].at]] = rank;
  }
}

std::uint64_t SeriesCatalog::memory_bytes() const {
  return strings_.memory_bytes() + symbols_.capacity() * sizeof(std::string_view) +
         entity_pairs_.capacity() * sizeof(SymbolPair) + places_.capacity() * sizeof(Place) +
         ranks_.capacity() * sizeof(std::uint32_t);
}

}  // namespace promfill
