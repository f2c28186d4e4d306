// Goal: series of a shard stand in Prometheus's order, whatever order they arrived in.
#include "ingest/series_catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "promfill/labels.h"

namespace promfill {
namespace {

constexpr Duration kTwoHours{7'200'000};

/// A store in which every metric is a bundle of its own.
class Series {
 public:
  explicit Series(std::uint32_t metrics) : store_(kTwoHours, one_each(metrics), pool_) {}

  std::uint32_t add(const std::vector<Label>& labels, std::uint32_t metric, const std::uint8_t* validity = nullptr) {
    std::string key;
    encode_entity_key(labels, key);
    const std::uint32_t bundle = store_.bundle(store_.entity(key, hash_entity_key(key)), metric);
    const std::int64_t time = 0;
    const double value = 1;
    const MetricColumn column{metric, &value, validity, 0};
    const MetricColumn* const columns[] = {&column};
    store_.append(bundle, std::span(&time, 1), columns, 0, 1);
    return store_.bundles()[bundle].first_series;
  }
  [[nodiscard]] const BundleStore& store() const { return store_; }

 private:
  static std::vector<std::vector<std::uint32_t>> one_each(std::uint32_t metrics) {
    std::vector<std::vector<std::uint32_t>> kinds;
    for (std::uint32_t m = 0; m < metrics; ++m) kinds.push_back({m});
    return kinds;
  }
  PagePool pool_;
  BundleStore store_;
};

std::string text(const SeriesCatalog& catalog, std::uint32_t rank) {
  std::vector<Label> labels;
  for (const SymbolPair& pair : catalog.labels(rank)) {
    labels.push_back(
        {std::string(catalog.symbols()[pair.name.value]), std::string(catalog.symbols()[pair.value.value])});
  }
  return Labels::create(std::move(labels)).value().text();
}

bool rises_strictly(std::span<const std::string_view> symbols) {
  return std::adjacent_find(symbols.begin(), symbols.end(), std::greater_equal<>()) == symbols.end();
}

TEST(SeriesCatalog, OrdersByNameAndValueAsBytes) {
  // "Env" < "__name__" < "a"; a prefix is the smaller; bytes above 0x7f sort last.
  const std::vector<MetricDef> metrics = {{Labels::create({{"__name__", "m"}}).value(), MetricType::kGauge}};
  Series series(1);
  const std::uint32_t umlaut = series.add({{"a", "\xc3\xbc"}}, 0);
  const std::uint32_t plain = series.add({}, 0);
  const std::uint32_t upper = series.add({{"Env", "z"}}, 0);
  const std::uint32_t lower = series.add({{"a", "z"}}, 0);
  const std::uint32_t two = series.add({{"a", "z"}, {"b", "a"}}, 0);
  const SeriesCatalog catalog = SeriesCatalog::build(series.store(), metrics);
  EXPECT_EQ(catalog.rank(upper), 0U);
  EXPECT_EQ(catalog.rank(plain), 1U);
  EXPECT_EQ(catalog.rank(lower), 2U);
  EXPECT_EQ(catalog.rank(two), 3U);
  EXPECT_EQ(catalog.rank(umlaut), 4U);
  EXPECT_EQ(text(catalog, 3), R"(m{a="z",b="a"})");
  EXPECT_TRUE(rises_strictly(catalog.symbols()));
}

// Enough labels and symbols that a series' order does not fit one word.
TEST(SeriesCatalog, AgreesWithSortedLabels) {
  std::mt19937_64 random(1);
  std::vector<MetricDef> metrics;
  for (const char* name : {"up", "load", "Zeta"}) {
    metrics.push_back({Labels::create({{"__name__", name}, {"job", name}}).value(), MetricType::kGauge});
  }
  for (const std::size_t labels_max : {std::size_t{1}, std::size_t{2}, std::size_t{9}}) {
    Series series(3);
    std::vector<Labels> expected;
    std::vector<std::uint32_t> numbers;
    for (int i = 0; i < 2000; ++i) {
      std::vector<Label> labels = {{"a", "v" + std::to_string(random() % 3)}};
      for (std::size_t l = 1; l < labels_max; ++l) {
        if (random() % 3 > 0) labels.push_back({"a" + std::to_string(l), std::to_string(random() % 700)});
      }
      labels.push_back({"z", "h" + std::to_string(i)});
      const auto metric = static_cast<std::uint32_t>(random() % 3);
      numbers.push_back(series.add(labels, metric));
      for (const Label& label : metrics[metric].labels) labels.push_back(label);
      expected.push_back(Labels::create(labels).value());
    }
    std::vector<Labels> sorted = expected;
    std::sort(sorted.begin(), sorted.end());
    const SeriesCatalog catalog = SeriesCatalog::build(series.store(), metrics);
    ASSERT_EQ(catalog.size(), sorted.size());
    for (std::uint32_t rank = 0; rank < sorted.size(); ++rank) ASSERT_EQ(text(catalog, rank), sorted[rank].text());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      ASSERT_EQ(text(catalog, catalog.rank(numbers[i])), expected[i].text());
    }
    EXPECT_TRUE(rises_strictly(catalog.symbols()));
  }
}

TEST(SeriesCatalog, LeavesOutSeriesWithoutSamples) {
  const std::vector<MetricDef> metrics = {{Labels::create({{"__name__", "m"}}).value(), MetricType::kGauge}};
  Series series(1);
  const std::vector<Label> empty = {{"a", "0"}};
  const std::uint8_t null_bit = 0;
  const std::uint32_t without = series.add(empty, 0, &null_bit);
  const std::uint32_t with = series.add({{"a", "1"}}, 0);
  const SeriesCatalog catalog = SeriesCatalog::build(series.store(), metrics);
  EXPECT_EQ(catalog.size(), 1U);
  EXPECT_EQ(catalog.series_known(), 2U);
  EXPECT_EQ(catalog.rank(without), SeriesCatalog::kNoRank);
  EXPECT_EQ(catalog.rank(with), 0U);
}

TEST(SeriesCatalog, IsEmptyWithoutSeries) {
  const SeriesCatalog catalog = SeriesCatalog::build(Series(1).store(), {});
  EXPECT_EQ(catalog.size(), 0U);
  EXPECT_TRUE(catalog.symbols().empty());
}

}  // namespace
}  // namespace promfill
