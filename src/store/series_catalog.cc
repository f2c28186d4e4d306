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
  explicit PackedLabels(std::span<const SymbolPair> all, std::span<const std::uint64_t> begins) {
    std::size_t columns = 0;
    for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
      columns = std::max<std::size_t>(columns, 2 * (begins[i + 1] - begins[i]));
    }
    std::vector<std::uint32_t> least(columns, 0xffffffff);
    std::vector<std::uint32_t> greatest(columns, 0);
    for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
      const std::span<const SymbolPair> labels = all.subspan(begins[i], begins[i + 1] - begins[i]);
      for (std::size_t c = 0; c < columns; ++c) {
        const std::uint32_t symbol = symbol_at(labels, c);
        least[c] = std::min(least[c], symbol);
        greatest[c] = std::max(greatest[c], symbol);
      }
    }
    unsigned left = 64;
    for (std::size_t c = 0; c < columns && left > 0; ++c) {
      if (least[c] == greatest[c]) continue;
      const auto bits = static_cast<unsigned>(std::bit_width(greatest[c] - least[c]));
      const unsigned taken = std::min(bits, left);
      left -= taken;
      columns_.push_back({c, least[c], bits - taken, left});
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
  std::vector<Column> columns_;
};

}  // namespace

/// Series with samples in order of their numbers.
struct SeriesCatalog::Unsorted {
  std::vector<SymbolPair> pairs;
  std::vector<std::uint64_t> begins{0};
  std::vector<std::uint32_t> numbers;
  [[nodiscard]] std::span<const SymbolPair> labels(std::size_t i) const {
    return std::span(pairs).subspan(begins[i], begins[i + 1] - begins[i]);
  }
};

SeriesCatalog SeriesCatalog::build(const BundleStore& store, std::span<const MetricDef> metrics) {
  SeriesCatalog catalog;
  Unsorted unsorted;
  catalog.add_symbols(store, metrics);
  catalog.add_series(store, metrics, unsorted);
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

void SeriesCatalog::add_series(const BundleStore& store, std::span<const MetricDef> metrics, Unsorted& unsorted) {
  const auto symbol = [this](std::string_view text) {
    return SymbolRef{position_[strings_.find(text, hash_bytes(text))]};
  };
  std::vector<std::vector<SymbolPair>> metric_pairs;
  for (const MetricDef& metric : metrics) {
    std::vector<SymbolPair>& pairs = metric_pairs.emplace_back();
    for (const Label& label : metric.labels) pairs.push_back({symbol(label.name), symbol(label.value)});
  }
  ranks_.assign(store.series(), kNoRank);
  std::vector<SymbolPair> entity;
  for (const BundleStore::Bundle& bundle : store.bundles()) {
    entity.clear();
    for_each_label(store.entity_key(bundle.entity), [&](std::string_view name, std::string_view value) {
      entity.push_back({symbol(name), symbol(value)});
    });
    const std::span<const std::uint32_t> bundled = store.metrics_of(bundle.kind);
    for (std::uint32_t m = 0; m < bundled.size(); ++m) {
      const std::uint32_t number = bundle.first_series + m;
      if (!store.seen(number)) continue;
      const std::vector<SymbolPair>& metric = metric_pairs[bundled[m]];
      std::merge(entity.begin(), entity.end(), metric.begin(), metric.end(), std::back_inserter(unsorted.pairs));
      unsorted.begins.push_back(unsorted.pairs.size());
      unsorted.numbers.push_back(number);
    }
  }
  std::vector<std::uint32_t>().swap(position_);
}

void SeriesCatalog::sort_series(Unsorted& unsorted) {
  struct Key {
    std::uint64_t word;
    std::uint32_t at;
  };
  const PackedLabels packed(unsorted.pairs, unsorted.begins);
  std::vector<Key> keys(unsorted.numbers.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) keys[i] = {packed.word(unsorted.labels(i)), i};
  const auto less_labels = [&](std::uint32_t a, std::uint32_t b) {
    const auto x = unsorted.labels(a);
    const auto y = unsorted.labels(b);
    return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end());
  };
  std::sort(keys.begin(), keys.end(),
            [&](const Key& a, const Key& b) { return a.word != b.word ? a.word < b.word : less_labels(a.at, b.at); });
  const auto rises = [&](const Key& a, const Key& b) { return a.word != b.word || less_labels(a.at, b.at); };
  for (std::size_t rank = 1; rank < keys.size(); ++rank) PROMFILL_ASSERT(rises(keys[rank - 1], keys[rank]));
  std::vector<std::uint32_t> order(keys.size());
  for (std::size_t rank = 0; rank < keys.size(); ++rank) order[rank] = keys[rank].at;
  std::vector<Key>().swap(keys);  // before the sorted labels: with millions of series each counts
  pairs_.reserve(unsorted.pairs.size());
  begins_.reserve(order.size() + 1);
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) {
    const std::span<const SymbolPair> labels = unsorted.labels(order[rank]);
    pairs_.insert(pairs_.end(), labels.begin(), labels.end());
    begins_.push_back(pairs_.size());
    ranks_[unsorted.numbers[order[rank]]] = rank;
  }
}

std::uint64_t SeriesCatalog::memory_bytes() const {
  return strings_.memory_bytes() + symbols_.capacity() * sizeof(std::string_view) +
         pairs_.capacity() * sizeof(SymbolPair) + begins_.capacity() * sizeof(std::uint64_t) +
         ranks_.capacity() * sizeof(std::uint32_t);
}

}  // namespace promfill
