// Goal: the inference rule of the interface, column by column, and a reason for each choice.
#include "mapping/infer.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace promfill {
namespace {

ColumnField field(std::string name, ColumnKind kind) {
  ColumnType type;
  type.kind = kind;
  type.source_type = to_string(kind);
  return {std::move(name), type};
}

const SourceSchema kAlibaba{
    field("id", ColumnKind::kUtf8),     field("timestamp", ColumnKind::kInt64), field("cpu", ColumnKind::kDouble),
    field("mem", ColumnKind::kInt64),   field("net_in", ColumnKind::kDouble),   field("net_out", ColumnKind::kDouble),
    field("disk", ColumnKind::kDouble), field("aid", ColumnKind::kInt64),
};

std::vector<std::string> label_columns(const CompleteMapping& complete) {
  std::vector<std::string> columns;
  for (const LabelMapping& label : *complete.mapping.labels) columns.push_back(label.column);
  return columns;
}

std::vector<std::string> metric_names(const CompleteMapping& complete) {
  std::vector<std::string> names;
  for (const MetricMapping& metric : *complete.mapping.metrics) names.push_back(metric.name);
  return names;
}

using Names = std::vector<std::string>;

TEST(Infer, ReadsTheTraceAsAPersonWould) {
  const auto complete = complete_mapping({}, kAlibaba);
  ASSERT_TRUE(complete) << complete.error().text();
  EXPECT_EQ(complete->mapping.timestamp.column, "timestamp");
  EXPECT_EQ(label_columns(*complete), (Names{"id", "aid"}));
  EXPECT_EQ(metric_names(*complete), (Names{"cpu", "mem", "net_in", "net_out", "disk"}));
  EXPECT_EQ(complete->reasons,
            (Names{"time is 'timestamp', by its name", "label 'id', a text column",
                   "label 'aid', an integer column whose name ends in id", "metric 'cpu', a numeric column, as a gauge",
                   "metric 'mem', a numeric column, as a gauge", "metric 'net_in', a numeric column, as a gauge",
                   "metric 'net_out', a numeric column, as a gauge", "metric 'disk', a numeric column, as a gauge"}));
}

TEST(Infer, PrefersTheOnlyTimestampType) {
  const auto complete =
      complete_mapping({}, {field("time", ColumnKind::kInt64), field("seen", ColumnKind::kTimestamp)});
  ASSERT_TRUE(complete) << complete.error().text();
  EXPECT_EQ(complete->mapping.timestamp.column, "seen");
  EXPECT_EQ(metric_names(*complete), Names{"time"});
}

TEST(Infer, ChoosesAmongSeveralTimestampTypesByName) {
  const SourceSchema schema{field("created", ColumnKind::kTimestamp), field("ts", ColumnKind::kTimestamp),
                            field("v", ColumnKind::kDouble)};
  const auto complete = complete_mapping({}, schema);
  ASSERT_TRUE(complete) << complete.error().text();
  EXPECT_EQ(complete->mapping.timestamp.column, "ts");
  EXPECT_EQ(metric_names(*complete), Names{"v"});
  EXPECT_EQ(complete->reasons.at(1), "column 'created' is left out: its type is timestamp");
}

TEST(Infer, TakesTimeNamesInTheirOrderWhateverTheCase) {
  const SourceSchema schema{field("datetime", ColumnKind::kInt64), field("TS", ColumnKind::kInt64),
                            field("v", ColumnKind::kDouble)};
  const auto complete = complete_mapping({}, schema);
  ASSERT_TRUE(complete) << complete.error().text();
  EXPECT_EQ(complete->mapping.timestamp.column, "TS");
}

TEST(Infer, AsksWhenNoColumnLooksLikeTheTime) {
  const auto complete = complete_mapping({}, {field("a", ColumnKind::kInt64), field("b", ColumnKind::kDouble)});
  ASSERT_FALSE(complete);
  EXPECT_EQ(complete.error().code, ErrorCode::kUsage);
  EXPECT_EQ(complete.error().text(),
            "no column looks like the time; name the time column with --timestamp COL; the columns are a and b");

  const auto several = complete_mapping({}, {field("a", ColumnKind::kTimestamp), field("b", ColumnKind::kTimestamp)});
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().message, "several columns have a timestamp type: a and b");
}

TEST(Infer, KeepsWhatTheMappingSays) {
  Mapping mapping;
  mapping.timestamp.column = "mem";
  mapping.timestamp.offset_ms = 5;
  mapping.labels.emplace();
  mapping.metrics.emplace().emplace_back().column = "cpu";
  const auto complete = complete_mapping(mapping, kAlibaba);
  ASSERT_TRUE(complete) << complete.error().text();
  EXPECT_EQ(complete->mapping.timestamp.column, "mem");
  EXPECT_EQ(complete->mapping.timestamp.offset_ms, 5);
  EXPECT_TRUE(complete->mapping.labels->empty());
  EXPECT_EQ(metric_names(*complete), Names{"cpu"});
  EXPECT_TRUE(complete->reasons.empty());
}

TEST(Infer, AColumnIsOneThingOnly) {
  Mapping with_label;
  with_label.labels.emplace().push_back({"memory", "mem", {}});
  const auto labelled = complete_mapping(with_label, kAlibaba);
  ASSERT_TRUE(labelled) << labelled.error().text();
  EXPECT_EQ(metric_names(*labelled), (Names{"cpu", "net_in", "net_out", "disk", "aid"}));

  Mapping with_metric;
  with_metric.metrics.emplace().emplace_back().column = "aid";
  const auto measured = complete_mapping(with_metric, kAlibaba);
  ASSERT_TRUE(measured) << measured.error().text();
  EXPECT_EQ(label_columns(*measured), Names{"id"});
}

TEST(Infer, LeavesBoolsAndNestedColumnsOutAndSaysSo) {
  const SourceSchema schema{field("ts", ColumnKind::kInt64), field("up", ColumnKind::kBool),
                            field("tags", ColumnKind::kOther), field("v", ColumnKind::kDouble)};
  const auto complete = complete_mapping({}, schema);
  ASSERT_TRUE(complete) << complete.error().text();
  EXPECT_EQ(metric_names(*complete), Names{"v"});
  EXPECT_EQ(complete->reasons,
            (Names{"time is 'ts', by its name", "column 'up' is left out: its type is bool",
                   "column 'tags' is left out: its type is other", "metric 'v', a numeric column, as a gauge"}));
}

TEST(Infer, MakesNamesOfWhateverColumnsAreCalled) {
  const SourceSchema schema{field("ts", ColumnKind::kInt64),       field("pos.lat", ColumnKind::kDouble),
                            field("host.name", ColumnKind::kUtf8), field("CPU use (%)", ColumnKind::kDouble),
                            field("1m", ColumnKind::kDouble),      field("job:rate", ColumnKind::kDouble),
                            field("who:what", ColumnKind::kUtf8),  field("größe", ColumnKind::kDouble)};
  const auto complete = complete_mapping({}, schema);
  ASSERT_TRUE(complete) << complete.error().text();
  EXPECT_EQ(metric_names(*complete), (Names{"pos_lat", "CPU_use", "_1m", "job:rate", "gr_e"}));
  EXPECT_EQ(complete->mapping.metrics->at(1).column, "CPU use (%)");
  EXPECT_EQ(complete->mapping.labels->at(0).name, "host_name");
  EXPECT_EQ(complete->mapping.labels->at(0).column, "host.name");
  EXPECT_EQ(complete->mapping.labels->at(1).name, "who_what");
}

TEST(Infer, LeavesAloneWhatIsTakenOtherwise) {
  const SourceSchema schema{field("day", ColumnKind::kUtf8),    field("clock", ColumnKind::kUtf8),
                            field("path", ColumnKind::kUtf8),   field("host", ColumnKind::kUtf8),
                            field("what", ColumnKind::kUtf8),   field("value", ColumnKind::kDouble),
                            field("other", ColumnKind::kDouble)};
  Mapping mapping;
  mapping.timestamp.column = "day";
  mapping.timestamp.time_column = "clock";
  mapping.label_splits.push_back({"path", std::nullopt, {}});
  mapping.prefix = "node_";
  const auto wide = complete_mapping(mapping, schema);
  ASSERT_TRUE(wide) << wide.error().text();
  EXPECT_EQ(label_columns(*wide), (Names{"host", "what"}));
  EXPECT_EQ(metric_names(*wide), (Names{"node_value", "node_other"}));
  EXPECT_EQ(wide->mapping.prefix, "") << "it is in the names";

  mapping.long_table = LongTable{"what", "value", MetricType::kCounter, {}};
  const auto long_table = complete_mapping(mapping, schema);
  ASSERT_TRUE(long_table) << long_table.error().text();
  EXPECT_EQ(label_columns(*long_table), Names{"host"});
  ASSERT_EQ(long_table->mapping.metrics->size(), 1U);
  EXPECT_EQ(long_table->mapping.metrics->at(0).column, "value");
  EXPECT_EQ(long_table->mapping.metrics->at(0).type, MetricType::kCounter);
  EXPECT_EQ(long_table->mapping.prefix, "node_") << "for the names in the rows";

  mapping.metrics.emplace().emplace_back().column = "other";
  EXPECT_EQ(complete_mapping(mapping, schema).error().message, "a mapping has either metrics or a long table");
}

TEST(Infer, RefusesATableWithoutMetrics) {
  const auto complete = complete_mapping({}, {field("ts", ColumnKind::kInt64), field("host", ColumnKind::kUtf8)});
  ASSERT_FALSE(complete);
  EXPECT_EQ(complete.error().message, "no column is left to be a metric");
  EXPECT_EQ(complete.error().hint.find("--csv-decimal"), std::string::npos);
}

TEST(Infer, PointsOutNumbersWithADecimalComma) {
  ColumnField comma = field("load", ColumnKind::kUtf8);
  comma.type.source_type = "text like 12,5";
  const auto none = complete_mapping({}, {field("ts", ColumnKind::kInt64), comma});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().hint.find("texts like 12,5 are numbers with --csv-decimal ,"), std::string::npos);
  const auto complete = complete_mapping({}, {field("ts", ColumnKind::kInt64), comma, field("v", ColumnKind::kDouble)});
  ASSERT_TRUE(complete);
  EXPECT_TRUE(std::any_of(complete->reasons.begin(), complete->reasons.end(), [](const std::string& reason) {
    return reason.starts_with("label 'load'") && reason.find("--csv-decimal ,") != std::string::npos;
  }));
}

}  // namespace
}  // namespace promfill
