// Goal: series of all shards stand in Prometheus's order, whatever order they arrived in.
#include "ingest/series_catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace promfill {
namespace {

std::uint32_t add(SeriesStore& store, std::vector<Label> labels, std::uint32_t metric) {
  std::string key;
  encode_entity_key(labels, key);
  const std::int64_t time = 0;
  const double value = 1;
  store.append(store.entity(key, hash_entity_key(key)), metric, std::span(&time, 1), &value);
  return static_cast<std::uint32_t>(store.series().size() - 1);
}

TEST(SeriesCatalog, OrdersByNameAndValueAsBytes) {
  // "Env" < "__name__" < "a"; a prefix is the smaller; bytes above 0x7f sort last.
  const std::vector<MetricDef> metrics = {{Labels::create({{"__name__", "m"}}).value(), MetricType::kGauge}};
  SeriesStore shard({7'200'000}, 1);
  const std::uint32_t umlaut = add(shard, {{"a", "\xc3\xbc"}}, 0);
  const std::uint32_t plain = add(shard, {}, 0);
  const std::uint32_t upper = add(shard, {{"Env", "z"}}, 0);
  const std::uint32_t lower = add(shard, {{"a", "z"}}, 0);
  const std::uint32_t two = add(shard, {{"a", "z"}, {"b", "a"}}, 0);
  SeriesStore* const shards[] = {&shard};
  const SeriesCatalog catalog = SeriesCatalog::build(shards, metrics);
  EXPECT_EQ(catalog.rank(0, upper), 0U);
  EXPECT_EQ(catalog.rank(0, plain), 1U);
  EXPECT_EQ(catalog.rank(0, lower), 2U);
  EXPECT_EQ(catalog.rank(0, two), 3U);
  EXPECT_EQ(catalog.rank(0, umlaut), 4U);
  EXPECT_EQ(catalog.text(3), R"(m{a="z",b="a"})");
  EXPECT_TRUE(std::is_sorted(catalog.symbols().begin(), catalog.symbols().end()));
}

TEST(SeriesCatalog, AgreesWithSortedLabelsOverShards) {
  std::mt19937_64 random(1);
  std::vector<MetricDef> metrics;
  for (const char* name : {"up", "load", "Zeta"}) {
    metrics.push_back({Labels::create({{"__name__", name}, {"job", name}}).value(), MetricType::kGauge});
  }
  SeriesStore first({7'200'000}, 3);
  SeriesStore second({7'200'000}, 3);
  std::vector<Labels> expected;
  for (int i = 0; i < 2000; ++i) {
    std::vector<Label> labels = {{"host", "h" + std::to_string(i)}, {"zone", std::to_string(random() % 5)}};
    const auto metric = static_cast<std::uint32_t>(random() % 3);
    add(i % 3 == 0 ? first : second, labels, metric);
    for (const Label& label : metrics[metric].labels) labels.push_back(label);
    expected.push_back(Labels::create(labels).value());
  }
  std::sort(expected.begin(), expected.end());
  SeriesStore* const shards[] = {&first, &second};
  const SeriesCatalog catalog = SeriesCatalog::build(shards, metrics);
  ASSERT_EQ(catalog.size(), expected.size());
  for (std::uint32_t rank = 0; rank < expected.size(); ++rank) EXPECT_EQ(catalog.text(rank), expected[rank].text());
}

}  // namespace
}  // namespace promfill
