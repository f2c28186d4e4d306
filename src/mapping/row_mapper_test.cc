// Goal: what RowMapper hands to ingest is what a person would get by reading the table row by row, and the ledger adds
// up. Method: verdicts and layouts by hand, then random tables and mappings against a reference that knows no tricks.
#include "mapping/row_mapper.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <random>
#include <set>
#include <string>

#include "calendar/row_times.h"
#include "mapping/reject_record.h"
#include "model/column_fixture.h"

namespace promfill {
namespace {

constexpr Timestamp kNow{1'700'000'000'000};
constexpr std::int64_t kT0 = 1'583'020'800'000;

/// Samples of one series in order: (time, bits).
using Samples = std::vector<std::pair<std::int64_t, std::uint64_t>>;
/// By entity text and metric number.
using SeriesMap = std::map<std::pair<std::string, std::uint32_t>, Samples>;

CompleteMapping mapping_of(const FixtureTable& table, const std::string& time, const std::vector<std::string>& labels) {
  CompleteMapping complete;
  complete.mapping.timestamp.column = time;
  complete.mapping.timestamp.unit = TimeUnit::kMilliseconds;
  complete.mapping.labels.emplace();
  for (const std::string& label : labels) complete.mapping.labels->push_back({"label_" + label, label, {}});
  complete.mapping.metrics.emplace();
  for (const FixtureColumn& column : table.columns()) {
    if (column.name == time || std::find(labels.begin(), labels.end(), column.name) != labels.end()) continue;
    MetricMapping& metric = complete.mapping.metrics->emplace_back();
    metric.column = metric.name = column.name;
  }
  return complete;
}

Plan compile(const FixtureTable& table, const CompleteMapping& mapping, PlanOptions options = {}) {
  options.now = kNow;
  auto plan = Plan::compile(mapping, table.schema(), "table", options);
  EXPECT_TRUE(plan) << plan.error().text();
  return *std::move(plan);
}

SampleBatch map_all(const Plan& plan, const FixtureTable& table) {
  RowMapper mapper(plan);
  auto out = mapper.map(table.batch(plan.columns(), 0, table.rows(), 3));
  EXPECT_TRUE(out) << out.error().text();
  return *std::move(out);
}

std::string text_of(std::string_view key) {
  std::string text;
  for (const Label& label : decode_entity_key(key)) text += label.name + "=" + label.value + ";";
  return text;
}

/// Runs cover the rows without gap, entities are different, keys hash to their hashes; then all samples, in order.
void flatten(const SampleBatch& batch, SeriesMap& series) {
  std::uint32_t row = 0;
  std::set<std::string_view> keys;
  for (const BatchEntity& entity : batch.entities) {
    EXPECT_EQ(entity.hash, hash_entity_key(batch.key(entity)));
    EXPECT_TRUE(keys.insert(batch.key(entity)).second) << text_of(batch.key(entity));
  }
  std::set<std::uint32_t> used;
  for (const EntityRun& run : batch.runs) {
    ASSERT_EQ(run.begin, row);
    ASSERT_LT(run.begin, run.end);
    ASSERT_LT(run.entity, batch.entities.size());
    used.insert(run.entity);
    row = run.end;
    for (const MetricColumn& metric : batch.metrics) {
      for (std::uint32_t i = run.begin; i < run.end; ++i) {
        if (!metric.valid(i)) continue;
        series[{text_of(batch.key(batch.entities[run.entity])), metric.metric}].emplace_back(
            batch.times_ms[i], std::bit_cast<std::uint64_t>(metric.values[i]));
      }
    }
  }
  EXPECT_EQ(row, batch.times_ms.size());
  EXPECT_EQ(used.size(), batch.entities.size()) << "an entity without rows";
}

std::size_t count_samples(const SeriesMap& series) {
  std::size_t samples = 0;
  for (const auto& [name, values] : series) samples += values.size();
  return samples;
}

std::vector<Cell> times(std::initializer_list<std::int64_t> offsets_ms) {
  std::vector<Cell> cells;
  for (const std::int64_t offset : offsets_ms) cells.emplace_back(kT0 + offset);
  return cells;
}

/// A histogram of hosts, whose +Inf is completed, and a gauge beside it.
struct HistogramTable {
  FixtureTable table{{{"time", ColumnKind::kTimestamp, times({0, 1, 2, 3, 4})},
                      {"host", ColumnKind::kUtf8, {"a", "a", "b", "b", "a"}},
                      {"b1", ColumnKind::kInt64, {int64(1), int64(2), int64(3), Cell(), Cell()}},
                      {"n", ColumnKind::kInt64, {int64(2), int64(1), int64(3), int64(4), Cell()}},
                      {"load", ColumnKind::kDouble, {0.5, 1.5, 2.5, 3.5, 4.5}}}};
  CompleteMapping mapping = mapping_of(table, "time", {"host"});

  HistogramTable() {
    std::vector<MetricMapping>& metrics = *mapping.mapping.metrics;
    MetricMapping histogram;
    histogram.name = "x";
    histogram.type = MetricType::kHistogram;
    histogram.bounds = {{"1", "b1", {}}};
    histogram.count = "n";
    metrics = {histogram, metrics.back()};
  }
  static Cell int64(std::int64_t value) { return value; }
};

TEST(RowMapper, TakesTheHistogramOutOfRowsWhereItIsBad) {
  HistogramTable histograms;
  for (const bool resolved : {false, true}) {
    if (resolved) {
      RelabelRule& rule = histograms.mapping.mapping.relabel_rules.emplace_back();
      rule.action = RelabelAction::kLabelDrop;
      rule.regex = "nothing";
    }
    const Plan plan = compile(histograms.table, histograms.mapping);
    ASSERT_EQ(plan.resolves_series(), resolved);
    const SampleBatch batch = map_all(plan, histograms.table);
    SeriesMap series;
    flatten(batch, series);
    EXPECT_EQ(count_samples(series), 2U + 3 + 3 + 5) << "le=1, +Inf, count, load";
    EXPECT_EQ(batch.judged.cells, 15U) << "+Inf is none";
    EXPECT_EQ(batch.judged.nulls, 3U);
    EXPECT_EQ(batch.judged.generated, 3U);
    EXPECT_EQ(batch.judged.rejected, 2U);
    EXPECT_EQ(batch.judged.rejected_by_reason.at("decreasing_buckets"), 2U);
    ASSERT_EQ(batch.rejects.size(), 1U);
    EXPECT_EQ(batch.rejects[0].row, 2);
    EXPECT_EQ(batch.rejects[0].column, "n");
    EXPECT_EQ(batch.rejects[0].value, "1");
    EXPECT_EQ(batch.rejects[0].hint, "it is x_bucket{le=\"+Inf\"}: all of x in this row are left out");
    EXPECT_EQ(batch.rejects[0].record, R"({"time":1583020800001,"host":"a","b1":2,"n":1,"load":1.5})");
  }
}

TEST(RowMapper, CompletesNothingForRowsThatAreDropped) {
  HistogramTable histograms;
  PlanOptions options;
  options.max_time = Timestamp{kT0};
  const Plan plan = compile(histograms.table, histograms.mapping, options);
  const SampleBatch batch = map_all(plan, histograms.table);
  EXPECT_EQ(batch.judged.generated, 1U);
  EXPECT_EQ(batch.judged.out_of_window, 7U) << "without the two values that are rejected and the three nulls";
  SeriesMap series;
  flatten(batch, series);
  EXPECT_EQ(count_samples(series), 4U);
}

TEST(RowMapper, PutsBoundsOfRowsIntoOneForm) {
  const FixtureTable table({{"time", ColumnKind::kTimestamp, times({0, 0, 0, 1, 1})},
                            {"upper", ColumnKind::kUtf8, {"1", "1e1", "inf", "x", "1.0"}},
                            {"v", ColumnKind::kDouble, {1.0, 2.0, 3.0, 4.0, -5.0}}});
  CompleteMapping mapping = mapping_of(table, "time", {"upper"});
  mapping.mapping.labels->clear();
  MetricMapping& metric = mapping.mapping.metrics->front();
  metric.type = MetricType::kHistogram;
  metric.bound_column = "upper";
  const Plan plan = compile(table, mapping);
  const SampleBatch batch = map_all(plan, table);
  SeriesMap series;
  flatten(batch, series);
  std::set<std::string> names;
  for (const auto& [name, samples] : series) names.insert(name.first);
  EXPECT_EQ(names, (std::set<std::string>{"__name__=v_bucket;le=1.0;", "__name__=v_bucket;le=10.0;",
                                          "__name__=v_bucket;le=+Inf;"}));
  EXPECT_EQ(batch.judged.rejected_by_reason,
            (std::map<std::string, std::uint64_t>{{"invalid_bound", 1}, {"negative_count", 1}}));
}

TEST(RowMapper, LeavesOrderedRowsWhereTheyAre) {
  std::vector<Cell> ids;
  std::vector<Cell> stamps;
  std::vector<Cell> values;
  for (std::int64_t row = 0; row < 100; ++row) {
    ids.emplace_back(std::string(row < 60 ? "a" : "b"));
    stamps.emplace_back(kT0 + row);
    values.emplace_back(static_cast<double>(row));
  }
  const FixtureTable table(
      {{"id", ColumnKind::kDictionary, ids}, {"t", ColumnKind::kInt64, stamps}, {"v", ColumnKind::kDouble, values}});
  const Plan plan = compile(table, mapping_of(table, "t", {"id"}));
  RowMapper mapper(plan);
  ColumnBatch batch = table.batch(plan.columns(), 0, 100);
  const double* source_values = batch.columns[plan.metrics()[0].position].doubles();
  const auto owner = batch.owner;
  const auto out = mapper.map(std::move(batch));
  ASSERT_TRUE(out) << out.error().text();
  ASSERT_EQ(out->runs.size(), 2U);
  EXPECT_EQ(out->runs[0].end, 60U);
  EXPECT_EQ(out->metrics[0].values, source_values) << "not copied";
  EXPECT_EQ(out->owner, owner) << "kept alive";
  EXPECT_EQ(text_of(out->key(out->entities[0])), "label_id=a;");
  EXPECT_GT(out->memory_bytes(), 100 * sizeof(std::int64_t));
}

TEST(RowMapper, SortsMixedRowsByEntityKeepingTheirOrder) {
  std::vector<Cell> ids;
  std::vector<Cell> stamps;
  std::vector<Cell> values;
  for (std::int64_t row = 0; row < 90; ++row) {
    ids.emplace_back(row % 3);
    stamps.emplace_back(kT0 - row);
    values.emplace_back(static_cast<double>(row));
  }
  const FixtureTable table(
      {{"id", ColumnKind::kInt64, ids}, {"t", ColumnKind::kInt64, stamps}, {"v", ColumnKind::kDouble, values}});
  const SampleBatch out = map_all(compile(table, mapping_of(table, "t", {"id"})), table);
  ASSERT_EQ(out.runs.size(), 3U);
  EXPECT_EQ(out.owner, nullptr) << "nothing of the source is used any more";
  for (std::uint32_t run = 0; run < 3; ++run) {
    EXPECT_EQ(text_of(out.key(out.entities[out.runs[run].entity])), "label_id=" + std::to_string(run) + ";");
    for (std::uint32_t i = 0; i < 30; ++i) {
      EXPECT_EQ(out.metrics[0].values[out.runs[run].begin + i], 3 * i + run);
      EXPECT_EQ(out.times_ms[out.runs[run].begin + i], kT0 - 3 * i - run);
    }
  }
}

TEST(RowMapper, GivesEveryRowOneVerdict) {
  const FixtureTable table({
      {"id",
       ColumnKind::kUtf8,
       {std::string("a"), std::string("a"), std::string("a"), std::string("\xFF"), std::string("a"), std::string("a"),
        std::string("\xFF"), std::string("a")}},
      {"t",
       ColumnKind::kInt64,
       {kT0, Cell(), std::int64_t{0}, kT0, std::numeric_limits<std::int64_t>::max(), kT0 - 1, Cell(), kT0 + 11}},
      {"v", ColumnKind::kDouble, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, Cell(), Cell()}},
      {"w", ColumnKind::kBool, {true, Cell(), true, true, true, true, Cell(), true}},
  });
  CompleteMapping mapping = mapping_of(table, "t", {"id"});
  mapping.mapping.timestamp.offset_ms = 10;
  PlanOptions options;
  options.min_time = Timestamp{kT0 + 10};
  options.max_time = Timestamp{kT0 + 20};
  const SampleBatch out = map_all(compile(table, mapping, options), table);

  SeriesMap series;
  flatten(out, series);
  EXPECT_EQ(series, (SeriesMap{{{"label_id=a;", 0}, {{kT0 + 10, std::bit_cast<std::uint64_t>(1.0)}}},
                               {{"label_id=a;", 1}, {{kT0 + 10, std::bit_cast<std::uint64_t>(1.0)}}}}));
  EXPECT_EQ(out.judged.rows_read, 8U);
  EXPECT_EQ(out.judged.cells, 16U);
  EXPECT_EQ(out.judged.nulls, 4U);
  EXPECT_EQ(out.judged.out_of_window, 3U);
  EXPECT_EQ(out.judged.rejected, 7U);
  EXPECT_EQ(out.judged.rejected_by_reason,
            (std::map<std::string, std::uint64_t>{
                {"null_timestamp", 1}, {"implausible_timestamp", 2}, {"invalid_utf8", 2}, {"timestamp_overflow", 2}}));
  ASSERT_EQ(out.rejects.size(), 4U) << "row 7 had nothing to lose";
  EXPECT_EQ(out.rejects[0].source, "table");
  EXPECT_EQ(out.rejects[0].row, 2);
  EXPECT_EQ(out.rejects[0].column, "t");
  EXPECT_EQ(out.rejects[0].reason, "null_timestamp");
  EXPECT_EQ(out.rejects[0].value, "");
  EXPECT_EQ(out.rejects[0].cells, 1U);
  EXPECT_EQ(out.rejects[0].record, "{\"t\":null,\"id\":\"a\",\"v\":2,\"w\":null}");
  EXPECT_EQ(out.rejects[1].reason, "implausible_timestamp");
  EXPECT_EQ(out.rejects[1].value, "0");
  EXPECT_EQ(out.rejects[2].column, "id");
  EXPECT_EQ(out.rejects[2].reason, "invalid_utf8");
  EXPECT_EQ(out.rejects[2].value, "\uFFFD");
  EXPECT_EQ(out.rejects[3].reason, "timestamp_overflow");
}

/// Values of 4, 5 and 6 bytes against a limit of 5, as text, as dictionary and as number.
TEST(RowMapper, RejectsLabelValuesBeyondTheLimit) {
  for (const ColumnKind kind : {ColumnKind::kUtf8, ColumnKind::kDictionary, ColumnKind::kInt64}) {
    const auto cell = [kind](const std::string& digits) {
      return kind == ColumnKind::kInt64 ? Cell(std::int64_t{std::stoll(digits)}) : Cell(digits);
    };
    const FixtureTable table({{"t", ColumnKind::kInt64, times({0, 1, 2, 3})},
                              {"id", kind, {cell("1234"), cell("12345"), cell("123456"), cell("1234")}},
                              {"v", ColumnKind::kDouble, {1.0, 2.0, 3.0, 4.0}},
                              {"w", ColumnKind::kDouble, {1.0, 2.0, Cell(), 4.0}}});
    PlanOptions options;
    options.limits.label_value_bytes = 5;
    const SampleBatch out = map_all(compile(table, mapping_of(table, "t", {"id"}), options), table);
    SeriesMap series;
    flatten(out, series);
    EXPECT_EQ(series.size(), 4U);
    EXPECT_TRUE(series.contains({"label_id=12345;", 0}));
    EXPECT_EQ(out.judged.cells, 8U);
    EXPECT_EQ(out.judged.nulls, 1U);
    EXPECT_EQ(out.judged.rejected_by_reason, (std::map<std::string, std::uint64_t>{{"label_value_too_long", 1}}));
    ASSERT_EQ(out.rejects.size(), 1U);
    EXPECT_EQ(out.rejects[0].row, 3);
    EXPECT_EQ(out.rejects[0].column, "id");
    EXPECT_EQ(out.rejects[0].reason, "label_value_too_long");
    EXPECT_EQ(out.rejects[0].value, "123456");
    EXPECT_EQ(out.rejects[0].cells, 1U);
    EXPECT_EQ(out.rejects[0].hint, "raise the limit with --limit label_value_bytes=6");
  }
}

TEST(RowMapper, TakesOneMebibyteOfLabelByDefaultAndNoByteMore) {
  const std::string longest(1 << 20, 'x');
  const FixtureTable table({{"t", ColumnKind::kInt64, times({0, 1, 2})},
                            {"id", ColumnKind::kUtf8, {longest.substr(1), longest, longest + "x"}},
                            {"v", ColumnKind::kDouble, {1.0, 2.0, 3.0}}});
  const SampleBatch out = map_all(compile(table, mapping_of(table, "t", {"id"})), table);
  EXPECT_EQ(out.times_ms, (std::vector<std::int64_t>{kT0, kT0 + 1}));
  ASSERT_EQ(out.rejects.size(), 1U);
  EXPECT_EQ(out.rejects[0].row, 3);
  EXPECT_EQ(out.rejects[0].hint, "raise the limit with --limit label_value_bytes=1048577");
  EXPECT_LT(out.rejects[0].value.size() + out.rejects[0].record.size(), 3 * kShownTextBytesMax);
}

TEST(RowMapper, OnlyCountsWhenNobodyAsksForReasons) {
  const FixtureTable table({{"t", ColumnKind::kInt64, {Cell(), kT0}}, {"v", ColumnKind::kDouble, {1.0, 2.0}}});
  PlanOptions options;
  options.explain_rejects = false;
  const SampleBatch out = map_all(compile(table, mapping_of(table, "t", {}), options), table);
  EXPECT_EQ(out.judged.rejected, 1U);
  EXPECT_TRUE(out.rejects.empty());
}

TEST(RowMapper, RejectsTimesThatAreNotFinite) {
  const FixtureTable table(
      {{"t", ColumnKind::kDouble, {std::bit_cast<double>(kNormalNanBits), static_cast<double>(kT0)}},
       {"v", ColumnKind::kDouble, {1.0, 2.0}}});
  const SampleBatch out = map_all(compile(table, mapping_of(table, "t", {})), table);
  EXPECT_EQ(out.judged.rejected_by_reason, (std::map<std::string, std::uint64_t>{{"invalid_timestamp", 1}}));
  EXPECT_EQ(out.times_ms, (std::vector<std::int64_t>{kT0}));
}

TEST(RowMapper, TheWindowIncludesBothEnds) {
  const FixtureTable table(
      {{"t", ColumnKind::kInt64, times({-1, 0, 1, 2, 3})}, {"v", ColumnKind::kDouble, {1.0, 2.0, 3.0, 4.0, 5.0}}});
  PlanOptions options;
  options.min_time = Timestamp{kT0};
  options.max_time = Timestamp{kT0 + 2};
  const SampleBatch out = map_all(compile(table, mapping_of(table, "t", {}), options), table);
  EXPECT_EQ(out.times_ms, (std::vector<std::int64_t>{kT0, kT0 + 1, kT0 + 2}));
  EXPECT_EQ(out.judged.out_of_window, 2U);
}

TEST(RowMapper, CountsFlooredTimesOfKeptRows) {
  const FixtureTable table(
      {{"t", ColumnKind::kTimestamp, {kT0 * 1000 + 1, kT0 * 1000, std::int64_t{1}}, TimeUnit::kMicroseconds},
       {"v", ColumnKind::kDouble, {1.0, 2.0, 3.0}}});
  const SampleBatch guarded = map_all(compile(table, mapping_of(table, "t", {})), table);
  EXPECT_EQ(guarded.judged.times_floored, 1U);
  EXPECT_EQ(guarded.judged.rejected, 1U);
  PlanOptions options;
  options.allow_implausible = true;
  const SampleBatch free = map_all(compile(table, mapping_of(table, "t", {}), options), table);
  EXPECT_EQ(free.judged.times_floored, 2U);
  EXPECT_EQ(free.times_ms, (std::vector<std::int64_t>{kT0, kT0, 0}));
}

TEST(RowMapper, HandlesBatchesWithoutRowsOrWithoutKeptRows) {
  const FixtureTable table({{"id", ColumnKind::kDictionary, {std::string("a"), std::string("b")}},
                            {"t", ColumnKind::kInt64, {Cell(), Cell()}},
                            {"v", ColumnKind::kDouble, {1.0, 2.0}}});
  const Plan plan = compile(table, mapping_of(table, "t", {"id"}));
  RowMapper mapper(plan);
  const auto empty = mapper.map(table.batch(plan.columns(), 0, 0));
  ASSERT_TRUE(empty) << empty.error().text();
  EXPECT_TRUE(empty->runs.empty());
  EXPECT_EQ(empty->judged.cells, 0U);
  const auto none = mapper.map(table.batch(plan.columns(), 0, 2));
  ASSERT_TRUE(none) << none.error().text();
  EXPECT_TRUE(none->runs.empty());
  EXPECT_TRUE(none->entities.empty());
  EXPECT_TRUE(none->times_ms.empty());
  EXPECT_EQ(none->judged.rejected, 2U);
}

TEST(RowMapper, RefusesCodesBeyondTheirDictionary) {
  const FixtureTable table({{"id", ColumnKind::kDictionary, {std::string("a")}},
                            {"t", ColumnKind::kInt64, {kT0}},
                            {"v", ColumnKind::kDouble, {1.0}}});
  const Plan plan = compile(table, mapping_of(table, "t", {"id"}));
  ColumnBatch batch = table.batch(plan.columns(), 0, 1);
  const std::int32_t wild = 9;
  batch.columns[plan.labels()[0].position].values = &wild;
  RowMapper mapper(plan);
  const auto out = mapper.map(std::move(batch));
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::kCorrupt);
}

// ---- random tables against a reference

struct RandomCase {
  FixtureTable table;
  CompleteMapping mapping;
  PlanOptions options;
};

Cell random_label(std::mt19937_64& random, ColumnKind kind, std::uint64_t distinct) {
  const auto value = static_cast<std::int64_t>(random() % distinct);
  if (random() % 10 == 0) return Cell();
  if (kind == ColumnKind::kInt64) return value;
  if (random() % 40 == 0) return std::string("bad\x80");
  return value == 0 ? std::string() : "v" + std::to_string(value);
}

Cell random_time(std::mt19937_64& random, bool trouble) {
  if (trouble && random() % 20 == 0) return Cell();
  if (trouble && random() % 30 == 0) return std::int64_t{5};
  if (trouble && random() % 30 == 0) return std::numeric_limits<std::int64_t>::max();
  return kT0 * 1000 + static_cast<std::int64_t>(random() % 100'000);
}

Cell random_value(std::mt19937_64& random, ColumnKind kind, std::uint64_t null_share) {
  if (null_share > 0 && random() % null_share == 0) return Cell();
  if (kind == ColumnKind::kBool) return random() % 2 == 0;
  if (kind == ColumnKind::kInt64) return static_cast<std::int64_t>(random()) >> (random() % 2 == 0 ? 4 : 30);
  return std::bit_cast<double>(random());
}

RandomCase random_case(std::mt19937_64& random) {
  const std::size_t rows = random() % 300;
  const std::uint64_t distinct = 1 + random() % 5;
  const std::uint64_t stickiness = random() % 2 == 0 ? 1 : 60;
  std::vector<FixtureColumn> columns;
  std::vector<std::string> labels;
  for (std::size_t i = random() % 4; i > 0; --i) {
    const ColumnKind kind = std::vector{ColumnKind::kInt64, ColumnKind::kUtf8, ColumnKind::kDictionary}[random() % 3];
    FixtureColumn& column = columns.emplace_back(FixtureColumn{"l" + std::to_string(i), kind, {}});
    labels.push_back(column.name);
    for (std::size_t row = 0; row < rows; ++row) {
      const bool again = row > 0 && random() % stickiness != 0;
      column.cells.push_back(again ? column.cells.back() : random_label(random, kind, distinct));
    }
  }
  const bool trouble = random() % 2 == 0;
  FixtureColumn& time = columns.emplace_back(FixtureColumn{"t", ColumnKind::kInt64, {}});
  for (std::size_t row = 0; row < rows; ++row) time.cells.push_back(random_time(random, trouble));
  for (std::size_t i = 1 + random() % 3; i > 0; --i) {
    const ColumnKind kind = std::vector{ColumnKind::kInt64, ColumnKind::kDouble, ColumnKind::kBool}[random() % 3];
    FixtureColumn& column = columns.emplace_back(FixtureColumn{"m" + std::to_string(i), kind, {}});
    const std::uint64_t null_share = random() % 3 * 4;
    for (std::size_t row = 0; row < rows; ++row) column.cells.push_back(random_value(random, kind, null_share));
  }
  RandomCase result;
  result.table = FixtureTable(std::move(columns));
  result.mapping = mapping_of(result.table, "t", labels);
  result.mapping.mapping.timestamp.unit = TimeUnit::kMicroseconds;
  result.mapping.mapping.timestamp.offset_ms = static_cast<std::int64_t>(random() % 50);
  if (random() % 2 == 0) result.options.min_time = Timestamp{kT0 + static_cast<std::int64_t>(random() % 60)};
  if (random() % 2 == 0) result.options.max_time = Timestamp{kT0 + 40 + static_cast<std::int64_t>(random() % 60)};
  result.options.allow_implausible = random() % 4 == 0;
  return result;
}

/// The reference: one row after another, by the definitions of the ledger.
void map_by_hand(const RandomCase& c, SeriesMap& series, Ledger& judged) {
  const auto column = [&](const std::string& name) -> const FixtureColumn& {
    for (const FixtureColumn& candidate : c.table.columns()) {
      if (candidate.name == name) return candidate;
    }
    ADD_FAILURE() << name;
    return c.table.columns().front();
  };
  std::map<std::string, std::string> label_columns;  // by label name
  for (const LabelMapping& label : *c.mapping.mapping.labels) label_columns[label.name] = label.column;
  const auto& metrics = *c.mapping.mapping.metrics;
  for (std::size_t row = 0; row < c.table.rows(); ++row) {
    std::string reason;
    std::int64_t ms = 0;
    bool floored = false;
    const Cell& time = column("t").cells[row];
    if (std::holds_alternative<std::monostate>(time)) {
      reason = "null_timestamp";
    } else {
      const std::int64_t us = std::get<std::int64_t>(time);
      const std::int64_t floor = us >= 0 ? us / 1000 : -((-us + 999) / 1000);
      floored = floor * 1000 != us;
      ms = floor + c.mapping.mapping.timestamp.offset_ms;
      const std::int64_t max = kNow.ms + PlausibleTimes::kFuture.ms;
      if (!c.options.allow_implausible && (ms < PlausibleTimes::kMin.ms || ms > max)) reason = "implausible_timestamp";
    }
    std::string entity;
    bool invalid = false;
    for (const auto& [name, label_column] : label_columns) {
      const Cell& cell = column(label_column).cells[row];
      std::string text;
      if (const auto* value = std::get_if<std::string>(&cell)) text = *value;
      if (const auto* value = std::get_if<std::int64_t>(&cell)) text = std::to_string(*value);
      invalid = invalid || !is_valid_utf8(text);
      if (!text.empty()) entity += name + "=" + text + ";";
    }
    if (reason.empty() && invalid) reason = "invalid_utf8";
    const bool outside =
        ms < c.options.min_time.value_or(kTimestampMin).ms || ms > c.options.max_time.value_or(kTimestampMax).ms;
    ++judged.rows_read;
    if (reason.empty() && !outside && floored) ++judged.times_floored;
    for (std::uint32_t metric = 0; metric < metrics.size(); ++metric) {
      const Cell& cell = column(metrics[metric].column).cells[row];
      ++judged.cells;
      if (std::holds_alternative<std::monostate>(cell)) {
        ++judged.nulls;
      } else if (!reason.empty()) {
        ++judged.rejected;
        ++judged.rejected_by_reason[reason];
      } else if (outside) {
        ++judged.out_of_window;
      } else {
        double value = 0;
        if (const auto* number = std::get_if<double>(&cell)) value = *number;
        if (const auto* flag = std::get_if<bool>(&cell)) value = *flag ? 1 : 0;
        if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
          value = static_cast<double>(*integer);
          if (static_cast<std::int64_t>(value) != *integer) ++judged.values_rounded;
        }
        series[{entity, metric}].emplace_back(ms, std::bit_cast<std::uint64_t>(value));
      }
    }
  }
}

TEST(RowMapper, AgreesWithReadingRowByRow) {
  std::mt19937_64 random(2024);
  for (int round = 0; round < 600; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const RandomCase c = random_case(random);
    const Plan plan = compile(c.table, c.mapping, c.options);
    RowMapper mapper(plan);
    SeriesMap mapped;
    Ledger judged;
    std::uint64_t explained = 0;
    for (std::size_t begin = 0; begin < c.table.rows();) {
      const std::size_t end = std::min(c.table.rows(), begin + 1 + random() % 200);
      const auto out = mapper.map(c.table.batch(plan.columns(), begin, end, random() % 17));
      ASSERT_TRUE(out) << out.error().text();
      flatten(*out, mapped);
      judged += out->judged;
      for (const Reject& reject : out->rejects) {
        explained += reject.cells;
        EXPECT_GT(reject.row, static_cast<std::int64_t>(begin));
        EXPECT_LE(reject.row, static_cast<std::int64_t>(end));
      }
      begin = end;
    }
    SeriesMap expected;
    Ledger expected_judged;
    map_by_hand(c, expected, expected_judged);
    ASSERT_EQ(mapped, expected);
    EXPECT_EQ(judged.rows_read, expected_judged.rows_read);
    EXPECT_EQ(judged.cells, expected_judged.cells);
    EXPECT_EQ(judged.nulls, expected_judged.nulls);
    EXPECT_EQ(judged.rejected, expected_judged.rejected);
    EXPECT_EQ(judged.rejected_by_reason, expected_judged.rejected_by_reason);
    EXPECT_EQ(judged.out_of_window, expected_judged.out_of_window);
    EXPECT_EQ(judged.times_floored, expected_judged.times_floored);
    EXPECT_EQ(judged.values_rounded, expected_judged.values_rounded);
    EXPECT_EQ(explained, judged.rejected);
    EXPECT_EQ(judged.cells, judged.nulls + judged.rejected + judged.out_of_window + count_samples(mapped));
  }
}

}  // namespace
}  // namespace promfill
