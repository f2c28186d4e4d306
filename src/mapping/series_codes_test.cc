// Goal: each entity and metric is decided on once, for good, and equal labels are one series. Method: by hand; what
// becomes of rows is series_rows_test.cc's.
#include "mapping/series_codes.h"

#include <gtest/gtest.h>

#include <set>
#include <span>
#include <string>
#include <vector>

#include "model/column_fixture.h"
#include "promfill/mapping.h"
#include "store/sample_batch.h"

namespace promfill {
namespace {

struct Decided {
  FixtureTable table;
  Plan plan;
  EntityCodes entities;
  SeriesCodes codes;
  std::vector<std::uint32_t> numbers{};  // of the rows' entities

  Decided(const std::string& rules, std::vector<Cell> hosts, LabelRules label_rules = {})
      : table({{"t", ColumnKind::kInt64, std::vector<Cell>(hosts.size(), Cell(std::int64_t{0}))},
               {"host", ColumnKind::kUtf8, hosts},
               {"a", ColumnKind::kDouble, std::vector<Cell>(hosts.size(), Cell(1.0))},
               {"b", ColumnKind::kDouble, std::vector<Cell>(hosts.size(), Cell(2.0))}}),
        plan(compile(rules, table)),
        entities(plan.labels(), std::move(label_rules)),
        codes(plan) {
    decide(0, table.rows());
  }

  static Plan compile(const std::string& rules, const FixtureTable& table) {
    const auto mapping = parse_mapping("version: 1\ntimestamp: {column: t, unit: s}\nrelabel_configs: " + rules, "m");
    EXPECT_TRUE(mapping) << mapping.error().text();
    auto plan = Plan::compile(*complete_mapping(*mapping, table.schema()), table.schema(), "table", {});
    EXPECT_TRUE(plan) << plan.error().text();
    return *std::move(plan);
  }

  void decide(std::size_t begin, std::size_t end) {
    const ColumnBatch batch = table.batch(plan.columns(), begin, end);
    const auto starts = entities.find_runs(batch);
    const auto found = entities.find_entities(batch, starts);
    EXPECT_TRUE(found);
    numbers.assign(found->begin(), found->end());
    codes.decide(entities);
  }
  [[nodiscard]] std::span<const std::uint32_t> series(std::size_t row) const { return codes.series_of(numbers[row]); }
  [[nodiscard]] std::set<std::uint32_t> all_series() const {
    std::set<std::uint32_t> all;
    for (std::size_t row = 0; row < numbers.size(); ++row) all.insert(series(row).begin(), series(row).end());
    return all;
  }
  [[nodiscard]] bool keeps_all(std::size_t row) const { return codes.all_kept(numbers[row]); }
  [[nodiscard]] bool shares(std::size_t row) const { return codes.shares_series(numbers[row]); }
  [[nodiscard]] std::string text(std::uint32_t series) const {
    return Labels::create(decode_entity_key(codes.key(series)))->text();
  }
};

std::vector<Cell> hosts(std::initializer_list<std::string> names) { return {names.begin(), names.end()}; }

TEST(SeriesCodes, EachEntityAndMetricIsASeries) {
  const Decided d("[{target_label: x, replacement: y}]", hosts({"h", "i"}));
  EXPECT_EQ(d.all_series().size(), 4U);
  EXPECT_EQ(d.text(d.series(0)[0]), "a{host=\"h\",x=\"y\"}");
  EXPECT_EQ(d.text(d.series(0)[1]), "b{host=\"h\",x=\"y\"}");
  EXPECT_EQ(d.text(d.series(1)[1]), "b{host=\"i\",x=\"y\"}");
  EXPECT_TRUE(d.keeps_all(0) && d.keeps_all(1));
  EXPECT_FALSE(d.shares(0) || d.shares(1));
  EXPECT_EQ(d.codes.hash(0), hash_entity_key(d.codes.key(0)));
}

TEST(SeriesCodes, EqualLabelsAreOneSeries) {
  const Decided d("[{target_label: __name__, replacement: n}, {regex: host, action: labeldrop}]", hosts({"h", "i"}));
  ASSERT_EQ(d.codes.size(), 1U);
  EXPECT_EQ(d.text(0), "n");
  EXPECT_TRUE(d.shares(0) && d.shares(1));
}

TEST(SeriesCodes, SomeAreNone) {
  const Decided d(
      "[{source_labels: [host, __name__], regex: 'h;a', action: drop}, {source_labels: [host], regex: i, "
      "target_label: __name__, replacement: ''}]",
      hosts({"h", "i", "\xFF"}));
  EXPECT_EQ(d.series(0)[0], SeriesCodes::kFiltered);
  EXPECT_LT(d.series(0)[1], SeriesCodes::kNone);
  EXPECT_EQ(d.series(1)[0], SeriesCodes::kNameless);
  EXPECT_EQ(d.series(1)[1], SeriesCodes::kNameless);
  EXPECT_EQ(d.series(2)[0], SeriesCodes::kInvalid) << "an entity with trouble";
  EXPECT_FALSE(d.keeps_all(0) || d.keeps_all(1) || d.keeps_all(2));
}

TEST(SeriesCodes, StaysWhenMoreEntitiesCome) {
  Decided d("[{target_label: x, replacement: y}]", hosts({"h"}));
  const std::uint32_t before = d.series(0)[1];
  const std::uint64_t memory = d.codes.memory_bytes();
  d.table = FixtureTable({{"t", ColumnKind::kInt64, std::vector<Cell>(3, Cell(std::int64_t{0}))},
                          {"host", ColumnKind::kUtf8, hosts({"new", "h", "newer"})},
                          {"a", ColumnKind::kDouble, std::vector<Cell>(3, Cell(1.0))},
                          {"b", ColumnKind::kDouble, std::vector<Cell>(3, Cell(2.0))}});
  d.decide(0, 3);
  EXPECT_EQ(d.series(1)[1], before);
  EXPECT_EQ(d.all_series().size(), 6U);
  EXPECT_GE(d.codes.memory_bytes(), memory);
}

}  // namespace
}  // namespace promfill
