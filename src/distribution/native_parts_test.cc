// Goal: parts are found where the mapping or convention has them, and what is missing or contradicts itself is said.
#include "distribution/native_parts.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

ColumnField field(const std::string& name, ColumnKind kind) { return {name, {.kind = kind, .source_type = "given"}}; }

Result<NativeHistogramColumns> find(const MetricMapping& metric, const SourceSchema& schema) {
  const std::string source = "f.parquet";
  return find_native_columns({metric, schema, source, "m.yaml:3:1"}, [](std::size_t column) { return column; });
}

TEST(NativeParts, AreMembersOfTheColumnByTheirNames) {
  const SourceSchema schema = {
      field("latency.schema", ColumnKind::kInt64),         field("latency.count", ColumnKind::kUint64),
      field("latency.positive_spans", ColumnKind::kPairs), field("latency.positive_deltas", ColumnKind::kList),
      field("latency.negative", ColumnKind::kPairs),       field("latency.sum", ColumnKind::kUtf8)};
  const auto columns = find({.column = "latency", .name = "x"}, schema);
  ASSERT_TRUE(columns) << columns.error().text();
  EXPECT_EQ(columns->schema.position, 0U);
  EXPECT_EQ(columns->count.position, 1U);
  EXPECT_EQ(columns->positive.spans.position, 2U);
  EXPECT_EQ(columns->positive.deltas.position, 3U);
  EXPECT_EQ(columns->negative.by_number.position, 4U);
  EXPECT_FALSE(columns->sum.is_there()) << "a text is no sum";
}

TEST(NativeParts, AreOpenTelemetrysMembersToo) {
  const SourceSchema schema = {field("h.scale", ColumnKind::kInt64), field("h.positive.offset", ColumnKind::kInt64),
                               field("h.positive.bucket_counts", ColumnKind::kList)};
  const auto columns = find({.column = "h", .name = "x"}, schema);
  ASSERT_TRUE(columns) << columns.error().text();
  EXPECT_EQ(columns->scale.position, 0U);
  EXPECT_EQ(columns->positive.offset.position, 1U);
  EXPECT_EQ(columns->positive.counts.position, 2U);
}

TEST(NativeParts, AreWhatTheMappingSays) {
  const SourceSchema schema = {field("b", ColumnKind::kUtf8), field("7", ColumnKind::kInt64)};
  MetricMapping metric{.name = "x"};
  metric.native.schema = "3";
  metric.native.zero_threshold = "1e-3";
  metric.count = "7";
  metric.native.positive.by_number = "b";
  const auto columns = find(metric, schema);
  ASSERT_TRUE(columns) << columns.error().text();
  EXPECT_EQ(columns->schema.constant, 3);
  EXPECT_EQ(columns->zero_threshold.constant, 1e-3);
  EXPECT_EQ(columns->count.position, 1U) << "a column's name goes before a number";
  EXPECT_EQ(columns->positive.by_number.position, 0U);
}

TEST(NativeParts, SayWhatIsMissingOrWrong) {
  const SourceSchema schema = {field("l", ColumnKind::kList), field("p", ColumnKind::kPairs),
                               field("n", ColumnKind::kInt64)};
  const struct {
    NativeHistogramMapping native;
    std::string message;
  } wrong[] = {
      {{.positive = {.by_number = "p"}}, "native histogram 'x' has no schema"},
      {{.schema = "1", .scale = "n", .positive = {.by_number = "p"}},
       "native histogram 'x' has both a schema and a scale"},
      {{.schema = "1"}, "native histogram 'x' has no buckets"},
      {{.schema = "one", .positive = {.by_number = "p"}}, "schema column 'one' does not exist in f.parquet"},
      {{.schema = "l", .positive = {.by_number = "p"}}, "schema column 'l' of f.parquet is given"},
      {{.schema = "1", .positive = {.by_number = "n"}}, "positive by_number column 'n' of f.parquet is given"},
      {{.schema = "1", .positive = {.counts = "l", .by_number = "p"}},
       "native histogram 'x' says its positive buckets twice"},
      {{.schema = "1", .positive = {.deltas = "l"}},
       "native histogram 'x' has positive deltas that don't go with spans alone"},
      {{.schema = "1", .negative = {.spans = "p"}},
       "native histogram 'x' has negative spans that don't go with counts or deltas alone"},
      {{.schema = "1", .positive = {.by_number = "p"}, .negative = {.offset = "n"}},
       "native histogram 'x' has a negative offset alone"},
      {{.schema = "1", .positive = {.spans = "p", .deltas = "l"}, .counts_are_floats = true},
       "native histogram 'x' has positive deltas, which are whole numbers, and counts that are floats"},
  };
  for (const auto& [native, message] : wrong) {
    MetricMapping metric{.name = "x"};
    metric.native = native;
    const auto columns = find(metric, schema);
    ASSERT_FALSE(columns) << message;
    EXPECT_EQ(columns.error().message, message);
    EXPECT_EQ(columns.error().where, "m.yaml:3:1");
    EXPECT_FALSE(columns.error().hint.empty());
  }
}

}  // namespace
}  // namespace promfill
