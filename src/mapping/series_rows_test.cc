// Goal: where rules or labels of single metrics make the series, every cell becomes a sample of the series that it
// would have by itself, or is counted with the reason. Method: small tables by hand, through RowMapper as the job does.
#include "mapping/series_rows.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "mapping/row_mapper.h"
#include "model/column_fixture.h"
#include "promfill/mapping.h"

namespace promfill {
namespace {

constexpr Timestamp kNow{1'700'000'000'000};
constexpr std::int64_t kT0 = 1'583'020'800'000;

/// (milliseconds after kT0, value) by series, in order.
using Series = std::map<std::string, std::vector<std::pair<std::int64_t, double>>>;

CompleteMapping mapping_of(const std::string& yaml, const FixtureTable& table) {
  auto mapping = parse_mapping("version: 1\ntimestamp: {column: t, unit: ms}\n" + yaml, "m.yaml");
  EXPECT_TRUE(mapping) << mapping.error().text();
  auto complete = complete_mapping(*mapping, table.schema());
  EXPECT_TRUE(complete) << complete.error().text();
  return *std::move(complete);
}

Plan compile(const std::string& yaml, const FixtureTable& table, PlanOptions options = {}) {
  options.now = kNow;
  auto plan = Plan::compile(mapping_of(yaml, table), table.schema(), "table", options);
  EXPECT_TRUE(plan) << plan.error().text();
  return *std::move(plan);
}

std::string text_of(std::string_view key) {
  auto labels = Labels::create(decode_entity_key(key));
  EXPECT_TRUE(labels);
  return labels->text();
}

/// Adds the samples of a batch. Each series is one run, and there is one metric.
void flatten(const SampleBatch& batch, Series& series) {
  ASSERT_EQ(batch.metrics.size(), 1U);
  ASSERT_EQ(batch.runs.size(), batch.entities.size());
  for (const EntityRun& run : batch.runs) {
    const BatchEntity& entity = batch.entities[run.entity];
    EXPECT_EQ(entity.hash, hash_entity_key(batch.key(entity)));
    auto& samples = series[text_of(batch.key(entity))];
    for (std::uint32_t row = run.begin; row < run.end; ++row) {
      samples.emplace_back(batch.times_ms[row] - kT0, batch.metrics[0].values[row]);
    }
  }
}

struct Mapped {
  Series series;
  Ledger judged;
  std::vector<Reject> rejects;
};

Mapped map(const Plan& plan, const FixtureTable& table) {
  RowMapper mapper(plan);
  auto out = mapper.map(table.batch(plan.columns(), 0, table.rows(), 3));
  EXPECT_TRUE(out) << out.error().text();
  Mapped mapped;
  if (!out) return mapped;
  flatten(*out, mapped.series);
  mapped.judged = out->judged;
  mapped.rejects = out->rejects;
  return mapped;
}

std::vector<Cell> texts(std::initializer_list<std::string> values) { return {values.begin(), values.end()}; }
std::vector<Cell> seconds(std::initializer_list<std::int64_t> values) {
  std::vector<Cell> cells;
  for (const std::int64_t value : values) cells.emplace_back(kT0 + value);
  return cells;
}
std::vector<Cell> numbers(std::initializer_list<double> values) { return {values.begin(), values.end()}; }

FixtureTable hosts() {
  return FixtureTable({{"t", ColumnKind::kInt64, seconds({0, 1, 2, 3})},
                       {"host", ColumnKind::kUtf8, texts({"a", "b", "a", "b"})},
                       {"cpu", ColumnKind::kDouble, numbers({1, 2, 3, 4})},
                       {"mem", ColumnKind::kDouble, {Cell(10.0), Cell(), Cell(30.0), Cell(40.0)}}});
}

TEST(SeriesRows, FollowTheRules) {
  const FixtureTable table = hosts();
  const Plan plan = compile(R"(
relabel_configs:
  - {source_labels: [__name__], regex: cpu, target_label: unit, replacement: percent}
  - {source_labels: [host, __name__], regex: "b;mem", action: drop}
  - {source_labels: [host], target_label: instance}
  - {regex: host, action: labeldrop}
)",
                            table);
  EXPECT_TRUE(plan.resolves_series());
  const Mapped mapped = map(plan, table);
  EXPECT_EQ(mapped.series, (Series{{"cpu{instance=\"a\",unit=\"percent\"}", {{0, 1}, {2, 3}}},
                                   {"cpu{instance=\"b\",unit=\"percent\"}", {{1, 2}, {3, 4}}},
                                   {"mem{instance=\"a\"}", {{0, 10}, {2, 30}}}}));
  EXPECT_EQ(mapped.judged.cells, 8U);
  EXPECT_EQ(mapped.judged.nulls, 1U) << "null goes before filtered";
  EXPECT_EQ(mapped.judged.filtered, 1U);
  EXPECT_EQ(mapped.judged.rejected, 0U);
}

TEST(SeriesRows, OneSeriesOfSeveralKeepsTheOrderOfRows) {
  const FixtureTable table = hosts();
  const Plan plan = compile(R"(
relabel_configs:
  - {regex: host, action: labeldrop}
  - {target_label: __name__, replacement: all}
)",
                            table);
  const Mapped mapped = map(plan, table);
  EXPECT_EQ(mapped.series, (Series{{"all", {{0, 1}, {0, 10}, {1, 2}, {2, 3}, {2, 30}, {3, 4}, {3, 40}}}}))
      << "and within a row that of metrics: policies on duplicates depend on it";
}

TEST(SeriesRows, RejectWhatRulesMakeUnusable) {
  const FixtureTable table = hosts();
  const Plan nameless = compile("relabel_configs: [{regex: __name__, action: labeldrop}]", table);
  const Mapped without_name = map(nameless, table);
  EXPECT_TRUE(without_name.series.empty());
  EXPECT_EQ(without_name.judged.rejected_by_reason,
            (std::map<std::string, std::uint64_t>{{"relabelled_without_name", 7}}));
  ASSERT_EQ(without_name.rejects.size(), 7U);
  EXPECT_EQ(without_name.rejects[0].row, 1);
  EXPECT_EQ(without_name.rejects[0].column, "cpu");
  EXPECT_NE(without_name.rejects[0].hint.find("relabel_configs"), std::string::npos);

  PlanOptions options;
  options.limits.label_value_bytes = 4;
  const Plan long_values = compile(
      "relabel_configs: [{source_labels: [host], regex: a, target_label: x, replacement: '${0}long'}]", table, options);
  const Mapped too_long = map(long_values, table);
  EXPECT_EQ(too_long.judged.rejected_by_reason,
            (std::map<std::string, std::uint64_t>{{"relabelled_to_invalid_labels", 4}}));
  EXPECT_EQ(too_long.series.size(), 2U) << "those of host b";
}

TEST(SeriesRows, CountFilteredCellsBeforeThoseOutOfTheWindow) {
  const FixtureTable table = hosts();
  PlanOptions options;
  options.min_time = Timestamp{kT0 + 2};
  const Plan plan = compile("relabel_configs: [{source_labels: [__name__], regex: mem, action: drop}]", table, options);
  const Mapped mapped = map(plan, table);
  EXPECT_EQ(mapped.series.size(), 2U);
  EXPECT_EQ(mapped.judged.nulls, 1U);
  EXPECT_EQ(mapped.judged.filtered, 3U);
  EXPECT_EQ(mapped.judged.out_of_window, 2U);
}

TEST(SeriesRows, MetricsHaveLabelsOfTheirOwn) {
  const FixtureTable table({{"t", ColumnKind::kInt64, seconds({0, 1, 2})},
                            {"host", ColumnKind::kDictionary, texts({"a", "a", "a"})},
                            {"status", ColumnKind::kInt64, {Cell(std::int64_t{200}), Cell(std::int64_t{500}), Cell()}},
                            {"cpu", ColumnKind::kDouble, numbers({1, 2, 3})},
                            {"requests",
                             ColumnKind::kInt64,
                             {Cell(std::int64_t{5}), Cell(std::int64_t{6}), Cell((std::int64_t{1} << 53) + 1)}}});
  const Plan plan = compile(R"(
labels: {host: {column: host}}
metrics:
  - {column: cpu}
  - {column: requests, name: requests_total, labels: {code: {column: status}, kind: {value: web}}}
)",
                            table);
  const Mapped mapped = map(plan, table);
  EXPECT_EQ(mapped.series, (Series{{"cpu{host=\"a\"}", {{0, 1}, {1, 2}, {2, 3}}},
                                   {"requests_total{code=\"200\",host=\"a\",kind=\"web\"}", {{0, 5}}},
                                   {"requests_total{code=\"500\",host=\"a\",kind=\"web\"}", {{1, 6}}},
                                   {"requests_total{host=\"a\",kind=\"web\"}", {{2, 9007199254740992.0}}}}));
  EXPECT_EQ(mapped.judged.values_rounded, 1U);
}

/// Labels of a table that are no columns' values as they are; without rules such a mapping resolves nothing.
TEST(DerivedLabels, NameMetricsOfLongTables) {
  const FixtureTable table({{"t", ColumnKind::kInt64, seconds({0, 0, 1, 1, 2})},
                            {"host", ColumnKind::kUtf8, texts({"a", "a", "a", "a", "a"})},
                            {"metric",
                             ColumnKind::kDictionary,
                             {Cell(std::string("cpu")), Cell(std::string("mem")), Cell(std::string("cpu")), Cell(),
                              Cell(std::string("a b"))}},
                            {"value", ColumnKind::kDouble, numbers({1, 2, 3, 4, 5})}});
  const Plan plan = compile("prefix: node_\nlong: {name_column: metric, value_column: value}", table);
  EXPECT_FALSE(plan.resolves_series());
  const Mapped mapped = map(plan, table);
  EXPECT_EQ(mapped.series, (Series{{"node_cpu{host=\"a\"}", {{0, 1}, {1, 3}}}, {"node_mem{host=\"a\"}", {{0, 2}}}}));
  EXPECT_EQ(mapped.judged.cells, 5U);
  EXPECT_EQ(mapped.judged.rejected_by_reason,
            (std::map<std::string, std::uint64_t>{{"null_metric_name", 1}, {"invalid_metric_name", 1}}));
  EXPECT_EQ(mapped.rejects[1].column, "metric");
  EXPECT_EQ(mapped.rejects[1].value, "a b");
}

TEST(DerivedLabels, ComeOutOfTextsByGroupsOrAsJson) {
  const FixtureTable table(
      {{"t", ColumnKind::kInt64, seconds({0, 1, 2, 3, 4, 5})},
       {"path", ColumnKind::kUtf8,
        texts({"servers.web01.cpu", "servers.web02.cpu", "routers.r1", "servers.web01.cpu", "servers.web01.cpu", ""})},
       {"tags", ColumnKind::kUtf8,
        texts({R"({"dc":"eu","rack 1":7})", "{}", "{}", "[1]", R"({"host":"again"})", R"({"up":true,"none":null})"})},
       {"v", ColumnKind::kDouble, numbers({1, 2, 3, 4, 5, 6})}});
  const Plan plan = compile(R"(
labels: {}
labels_from:
  - {column: path, regex: "servers\\.(?P<host>[^.]+)\\..*"}
  - {column: tags, json: true}
)",
                            table);
  const Mapped mapped = map(plan, table);
  EXPECT_EQ(mapped.series, (Series{{"{dc=\"eu\",host=\"web01\",rack_1=\"7\"}", {{0, 1}}},
                                   {"{host=\"web02\"}", {{1, 2}}},
                                   {"{up=\"true\"}", {{5, 6}}}}))
      << "names of metrics are joined later, where series are not resolved";
  EXPECT_EQ(mapped.judged.rejected_by_reason,
            (std::map<std::string, std::uint64_t>{
                {"unmatched_label", 1}, {"invalid_json_labels", 1}, {"repeated_label", 1}}));
}

TEST(DerivedLabels, NullsAreRejectedWhereThePolicySaysSo) {
  PlanOptions options;
  options.null_label = NullLabelPolicy::kReject;
  const FixtureTable table({{"t", ColumnKind::kInt64, seconds({0, 1, 2})},
                            {"host", ColumnKind::kUtf8, {Cell(std::string("a")), Cell(), Cell(std::string(""))}},
                            {"v", ColumnKind::kDouble, numbers({1, 2, 3})}});
  const Mapped mapped = map(compile("", table, options), table);
  EXPECT_EQ(mapped.series, (Series{{"{host=\"a\"}", {{0, 1}}}}));
  EXPECT_EQ(mapped.judged.rejected_by_reason, (std::map<std::string, std::uint64_t>{{"null_label", 2}}));
  EXPECT_EQ(map(compile("", table), table).series.size(), 2U) << "else a series without the label";
}

TEST(ValuePolicies, TakeNansForNullAndRejectInexactIntegers) {
  constexpr std::int64_t kInexact = (std::int64_t{1} << 53) + 1;
  const FixtureTable table({{"t", ColumnKind::kInt64, seconds({0, 1, 2})},
                            {"d", ColumnKind::kDouble, {Cell(std::nan("")), Cell(), Cell(1.0)}},
                            {"i", ColumnKind::kInt64, {Cell(kInexact), Cell(std::int64_t{7}), Cell()}},
                            {"u", ColumnKind::kUint64, {Cell(std::int64_t{-1}), Cell(std::int64_t{-2048}), Cell()}}});
  PlanOptions strict;
  strict.nan = NanPolicy::kNull;
  strict.inexact = InexactPolicy::kReject;
  for (const std::string rules : {"", "relabel_configs: [{target_label: x, replacement: y}]"}) {
    const Plan plan = compile("labels: {}\n" + rules, table, strict);
    RowMapper mapper(plan);
    const auto out = mapper.map(table.batch(plan.columns(), 0, 3, 5));
    ASSERT_TRUE(out) << out.error().text();
    EXPECT_EQ(out->judged.cells, 9U);
    EXPECT_EQ(out->judged.nulls, 4U) << "of which one is a NaN";
    EXPECT_EQ(out->judged.rejected_by_reason, (std::map<std::string, std::uint64_t>{{"inexact_value", 2}}));
    ASSERT_EQ(out->rejects.size(), 2U);
    EXPECT_EQ(out->rejects[0].column, "i");
    EXPECT_EQ(out->rejects[0].value, std::to_string(kInexact));
    EXPECT_EQ(out->rejects[1].column, "u");
    EXPECT_EQ(out->rejects[1].value, "18446744073709551615");
  }
  const Mapped rounded = map(compile("labels: {}\nrelabel_configs: [{target_label: x, replacement: y}]", table), table);
  EXPECT_EQ(rounded.judged.nulls, 3U);
  EXPECT_EQ(rounded.judged.values_rounded, 2U);
  EXPECT_EQ(rounded.series.at("u{x=\"y\"}"),
            (std::vector<std::pair<std::int64_t, double>>{{0, 18446744073709551616.0}, {1, 18446744073709549568.0}}));
}

TEST(ValuePolicies, MomentsAndLengthsOfTimeAreSeconds) {
  const FixtureTable table(
      {{"t", ColumnKind::kInt64, seconds({0, 1})},
       {"boot", ColumnKind::kTimestamp, {Cell(std::int64_t{1'500}), Cell()}, TimeUnit::kMilliseconds},
       {"took",
        ColumnKind::kDuration,
        {Cell(std::int64_t{2'500'000}), Cell(std::int64_t{-1})},
        TimeUnit::kMicroseconds}});
  for (const std::string rules : {"", "relabel_configs: [{target_label: x, replacement: y}]"}) {
    const Plan plan = compile("labels: {}\nmetrics: [{column: boot}, {column: took}]\n" + rules, table);
    RowMapper mapper(plan);
    const auto out = mapper.map(table.batch(plan.columns(), 0, 2, 5));
    ASSERT_TRUE(out) << out.error().text();
    if (rules.empty()) {
      EXPECT_EQ(out->metrics[0].values[0], 1.5);
      EXPECT_EQ(out->metrics[1].values[0], 2.5);
      EXPECT_EQ(out->metrics[1].values[1], -1e-6);
    } else {
      EXPECT_EQ(out->metrics[0].values[0], 1.5);
      EXPECT_EQ(out->metrics[0].values[1], 2.5);
    }
  }
}

/// Rules that change nothing: what a plan that resolves series makes must be what one that doesn't makes.
TEST(SeriesRows, AgreeWithEntitiesAndMetricsWhereRulesChangeNothing) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 200; ++round) {
    std::vector<FixtureColumn> columns{{"t", ColumnKind::kInt64, {}},
                                       {"host", ColumnKind::kUtf8, {}},
                                       {"a", ColumnKind::kDouble, {}},
                                       {"b", ColumnKind::kInt64, {}}};
    for (std::size_t row = random() % 200; row > 0; --row) {
      columns[0].cells.push_back(random() % 30 == 0 ? Cell() : Cell(kT0 + static_cast<std::int64_t>(random() % 100)));
      columns[1].cells.push_back(random() % 20 == 0 ? Cell(std::string("\xFF"))
                                                    : Cell("h" + std::to_string(random() % (1 + random() % 8))));
      columns[2].cells.push_back(random() % 4 == 0 ? Cell() : Cell(static_cast<double>(random() % 100)));
      columns[3].cells.push_back(random() % 4 == 0 ? Cell() : Cell(static_cast<std::int64_t>(random() % 100)));
    }
    const FixtureTable table(columns);
    PlanOptions options;
    options.min_time = Timestamp{kT0 + 20};
    const Plan plain = compile("", table, options);
    const Plan resolved = compile("relabel_configs: [{source_labels: [host], target_label: host}]", table, options);
    RowMapper mapper(plain);
    const auto expected = mapper.map(table.batch(plain.columns(), 0, table.rows()));
    ASSERT_TRUE(expected) << expected.error().text();
    Series series;
    for (const EntityRun& run : expected->runs) {
      const std::vector<Label> entity = decode_entity_key(expected->key(expected->entities[run.entity]));
      for (const MetricColumn& metric : expected->metrics) {
        std::vector<Label> labels = entity;
        labels.push_back({std::string(kMetricName), metric.metric == 0 ? "a" : "b"});
        for (std::uint32_t row = run.begin; row < run.end; ++row) {
          if (!metric.valid(row)) continue;
          series[Labels::create(labels)->text()].emplace_back(expected->times_ms[row] - kT0, metric.values[row]);
        }
      }
    }
    const Mapped mapped = map(resolved, table);
    ASSERT_EQ(mapped.series, series) << "round " << round;
    EXPECT_EQ(mapped.judged.nulls, expected->judged.nulls);
    EXPECT_EQ(mapped.judged.rejected_by_reason, expected->judged.rejected_by_reason);
    EXPECT_EQ(mapped.judged.out_of_window, expected->judged.out_of_window);
    EXPECT_EQ(mapped.judged.filtered, 0U);
  }
}

}  // namespace
}  // namespace promfill
