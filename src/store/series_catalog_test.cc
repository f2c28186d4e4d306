// Goal: the series of a shard stand in Prometheus's order, whatever order they arrived in.
#include "store/series_catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <random>

namespace promfill {
namespace {

constexpr Duration kTwoHours{7'200'000};

/// A store whose bundles hold all metrics, as the only kind.
struct Stored {
  explicit Stored(std::uint32_t metrics) : kinds(1, std::vector<std::uint32_t>(metrics)) {
    std::iota(kinds[0].begin(), kinds[0].end(), 0U);
    store.emplace(kTwoHours, kinds, pool);
  }
  /// The number of the series, which gets a sample.
  std::uint32_t add(const std::vector<Label>& labels, std::uint32_t metric) {
    std::string key;
    encode_entity_key(labels, key);
    const std::uint32_t bundle = store->bundle(store->entity(key, hash_entity_key(key)), 0);
    const std::int64_t time = 0;
    const double value = 1;
    const MetricColumn column{metric, &value};
    std::vector<const MetricColumn*> columns(kinds[0].size(), nullptr);
    columns[metric] = &column;
    store->append(bundle, std::span(&time, 1), columns, 0, 1);
    return store->bundles()[bundle].first_series + metric;
  }

  std::vector<std::vector<std::uint32_t>> kinds;
  PagePool pool;
  std::optional<BundleStore> store;
};

std::string text_of(const SeriesCatalog& catalog, std::uint32_t rank) {
  std::vector<Label> labels;
  std::vector<SymbolPair> pairs;
  catalog.labels(rank, pairs);
  for (const SymbolPair& pair : pairs) {
    labels.push_back(
        {std::string(catalog.symbols()[pair.name.value]), std::string(catalog.symbols()[pair.value.value])});
  }
  return Labels::create(labels).value().text();
}

TEST(SeriesCatalog, OrdersByNameAndValueAsBytes) {
  // "Env" < "__name__" < "a"; a prefix is the smaller; bytes above 0x7f sort last.
  const std::vector<MetricDef> metrics = {{Labels::create({{"__name__", "m"}}).value(), MetricType::kGauge}};
  Stored shard(1);
  const std::uint32_t umlaut = shard.add({{"a", "\xc3\xbc"}}, 0);
  const std::uint32_t plain = shard.add({}, 0);
  const std::uint32_t upper = shard.add({{"Env", "z"}}, 0);
  const std::uint32_t lower = shard.add({{"a", "z"}}, 0);
  const std::uint32_t two = shard.add({{"a", "z"}, {"b", "a"}}, 0);
  const SeriesCatalog catalog = SeriesCatalog::build(*shard.store, metrics);
  EXPECT_EQ(catalog.rank(upper), 0U);
  EXPECT_EQ(catalog.rank(plain), 1U);
  EXPECT_EQ(catalog.rank(lower), 2U);
  EXPECT_EQ(catalog.rank(two), 3U);
  EXPECT_EQ(catalog.rank(umlaut), 4U);
  EXPECT_EQ(text_of(catalog, 3), R"(m{a="z",b="a"})");
  EXPECT_TRUE(std::is_sorted(catalog.symbols().begin(), catalog.symbols().end()));
}

TEST(SeriesCatalog, AgreesWithSortedLabels) {
  std::mt19937_64 random(1);
  std::vector<MetricDef> metrics;
  for (const char* name : {"up", "load", "Zeta"}) {
    metrics.push_back({Labels::create({{"__name__", name}, {"job", name}}).value(), MetricType::kGauge});
  }
  Stored shard(3);
  std::vector<Labels> expected;
  for (int i = 0; i < 2000; ++i) {
    std::vector<Label> labels = {{"host", "h" + std::to_string(i)}, {"zone", std::to_string(random() % 5)}};
    if (i % 4 == 0) labels.pop_back();
    const auto metric = static_cast<std::uint32_t>(random() % 3);
    shard.add(labels, metric);
    for (const Label& label : metrics[metric].labels) labels.push_back(label);
    expected.push_back(Labels::create(labels).value());
  }
  std::sort(expected.begin(), expected.end());
  const SeriesCatalog catalog = SeriesCatalog::build(*shard.store, metrics);
  ASSERT_EQ(catalog.size(), expected.size());
  EXPECT_EQ(catalog.series_known(), 6000U) << "three for each entity, most of them without samples";
  for (std::uint32_t rank = 0; rank < expected.size(); ++rank) EXPECT_EQ(text_of(catalog, rank), expected[rank].text());
}

// More bits of labels than one word holds: what the word can't tell is told by the labels.
TEST(SeriesCatalog, AgreesWithSortedLabelsWhereManyLabelsDiffer) {
  std::mt19937_64 random(2);
  const std::vector<MetricDef> metrics = {{Labels::create({{"__name__", "m"}}).value(), MetricType::kGauge}};
  Stored shard(1);
  std::vector<Labels> expected;
  for (int i = 0; i < 3000; ++i) {
    std::vector<Label> labels;
    for (int l = 0; l < 12; ++l) {
      if (random() % 8 != 0)
        labels.push_back({"l" + std::string(1, static_cast<char>('a' + l)), std::to_string(random() % 300)});
    }
    shard.add(labels, 0);
    labels.push_back({"__name__", "m"});
    expected.push_back(Labels::create(labels).value());
  }
  std::sort(expected.begin(), expected.end());
  const SeriesCatalog catalog = SeriesCatalog::build(*shard.store, metrics);
  ASSERT_EQ(catalog.size(), expected.size());
  for (std::uint32_t rank = 0; rank < expected.size(); ++rank) EXPECT_EQ(text_of(catalog, rank), expected[rank].text());
}

}  // namespace
}  // namespace promfill
