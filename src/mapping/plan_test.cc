// Goal: a plan asks for the mapped columns only, each once, and refuses what can't be what the mapping wants, in one
// message.
#include "mapping/plan.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

ColumnField field(std::string name, ColumnKind kind, std::string source_type) {
  ColumnType type;
  type.kind = kind;
  type.unit = TimeUnit::kMicroseconds;
  type.source_type = std::move(source_type);
  return {std::move(name), type};
}

const SourceSchema kSchema{
    field("host", ColumnKind::kUtf8, "string"),           field("ts", ColumnKind::kInt64, "int32"),
    field("cpu", ColumnKind::kDouble, "float"),           field("up", ColumnKind::kBool, "bool"),
    field("at", ColumnKind::kTimestamp, "timestamp[us]"), field("tags", ColumnKind::kOther, "list<item: string>"),
    field("when", ColumnKind::kUtf8, "string"),           field("twice", ColumnKind::kDouble, "double"),
    field("twice", ColumnKind::kDouble, "double")};

CompleteMapping mapping_of(std::string time, std::vector<std::pair<std::string, std::string>> labels,
                           std::vector<std::string> metrics) {
  CompleteMapping complete;
  complete.mapping.file = "m.yaml";
  complete.mapping.timestamp.column = std::move(time);
  complete.mapping.timestamp.place = {2, 13};
  complete.mapping.labels.emplace();
  for (auto& [name, column] : labels) complete.mapping.labels->push_back({name, column, {3, 3}});
  complete.mapping.metrics.emplace();
  for (std::string& column : metrics) {
    MetricMapping& metric = complete.mapping.metrics->emplace_back();
    metric.column = metric.name = std::move(column);
    metric.place = {4, 5};
  }
  return complete;
}

TEST(Plan, ReadsMappedColumnsOnceAndSortsLabels) {
  const auto plan = Plan::compile(mapping_of("ts", {{"z", "host"}, {"a", "host"}, {"m", "ts"}}, {"cpu", "up"}), kSchema,
                                  "f.parquet", {});
  ASSERT_TRUE(plan) << plan.error().text();
  ASSERT_EQ(plan->columns().size(), 4U);
  EXPECT_EQ(plan->columns()[0].column, 1U);
  EXPECT_TRUE(plan->columns()[0].as_label);
  EXPECT_EQ(plan->columns()[1].column, 0U);
  EXPECT_TRUE(plan->columns()[1].as_label);
  EXPECT_FALSE(plan->columns()[2].as_label);
  EXPECT_EQ(plan->column_names()[3], "up");
  ASSERT_EQ(plan->labels().size(), 3U);
  EXPECT_EQ(plan->labels()[0].name, "a");
  EXPECT_EQ(plan->labels()[0].position, 1U);
  EXPECT_EQ(plan->labels()[1].name, "m");
  EXPECT_EQ(plan->labels()[1].position, 0U);
  EXPECT_EQ(plan->labels()[2].name, "z");
  EXPECT_EQ(plan->metrics()[1].position, 3U);
  EXPECT_EQ(plan->source_name(), "f.parquet");
}

TEST(Plan, KnowsWhoDecidesTheUnit) {
  CompleteMapping number = mapping_of("ts", {}, {"cpu"});
  EXPECT_TRUE(Plan::compile(number, kSchema, "f", {})->needs_time_unit());
  PlanOptions judged;
  judged.time_unit = TimeUnit::kNanoseconds;
  EXPECT_EQ(Plan::compile(number, kSchema, "f", judged)->time_unit(), TimeUnit::kNanoseconds);
  number.mapping.timestamp.unit = TimeUnit::kSeconds;
  EXPECT_EQ(Plan::compile(number, kSchema, "f", judged)->time_unit(), TimeUnit::kSeconds);
  EXPECT_EQ(Plan::compile(mapping_of("at", {}, {"cpu"}), kSchema, "f", judged)->time_unit(), TimeUnit::kMicroseconds);
}

TEST(Plan, SaysWhatIsWrongWithAColumn) {
  struct Mistake {
    CompleteMapping mapping;
    std::string text;
  };
  const std::string columns = "the columns are host, ts, cpu, up, at, tags, when, twice and twice";
  const std::vector<Mistake> mistakes{
      {mapping_of("tss", {}, {"cpu"}),
       "m.yaml:2:13: time column 'tss' does not exist in f.parquet; did you mean 'ts'? " + columns},
      {mapping_of("ts", {{"h", "hots"}}, {"cpu"}),
       "m.yaml:3:3: label column 'hots' does not exist in f.parquet; did you mean 'host'? " + columns},
      {mapping_of("ts", {}, {"memory"}), "m.yaml:4:5: metric column 'memory' does not exist in f.parquet; " + columns},
      {mapping_of("ts", {}, {"twice"}),
       "m.yaml:4:5: metric column 'twice' stands 2 times in f.parquet; rename the columns "
       "so that each name is there once, or map other ones"},
      {mapping_of("tags", {}, {"cpu"}),
       "m.yaml:2:13: time column 'tags' of f.parquet is list<item: string>; a time column "
       "is a timestamp, a number or a text; name another with --timestamp"},
      {mapping_of("up", {}, {"cpu"}),
       "m.yaml:2:13: time column 'up' of f.parquet is bool; a time column is a timestamp, a number or a text; name "
       "another with --timestamp"},
      {mapping_of("ts", {{"t", "tags"}}, {"cpu"}),
       "m.yaml:3:3: label column 'tags' of f.parquet is list<item: string>; a "
       "label is text, a number or a bool: cast the column"},
      {mapping_of("ts", {{"t", "at"}}, {"cpu"}),
       "m.yaml:3:3: label column 'at' of f.parquet is timestamp[us]; a label is "
       "text, a number or a bool: cast the column"},
      {mapping_of("ts", {}, {"host"}),
       "m.yaml:4:5: metric column 'host' of f.parquet is string; a metric's values are "
       "numbers, bools, moments or lengths of time: cast the column"},
  };
  for (const Mistake& mistake : mistakes) {
    const auto plan = Plan::compile(mistake.mapping, kSchema, "f.parquet", {});
    ASSERT_FALSE(plan) << mistake.text;
    EXPECT_EQ(plan.error().code, ErrorCode::kUsage);
    EXPECT_EQ(plan.error().text(), mistake.text);
  }
}

TEST(Plan, ReadsTimesThatAreNoPlainNumbers) {
  const auto text = Plan::compile(mapping_of("when", {{"host", "host"}}, {"cpu"}), kSchema, "f", {});
  ASSERT_TRUE(text) << text.error().text();
  EXPECT_NE(text->time_reader(), nullptr);
  EXPECT_FALSE(text->needs_time_unit());
  EXPECT_EQ(text->time_columns().size(), 1U);
  EXPECT_FALSE(text->columns()[0].as_text);
  EXPECT_EQ(Plan::compile(mapping_of("at", {}, {"cpu"}), kSchema, "f", {})->time_reader(), nullptr);

  CompleteMapping two = mapping_of("when", {}, {"cpu"});
  two.mapping.timestamp.time_column = "host";
  two.mapping.timestamp.format = "%F %T";
  const auto joined = Plan::compile(two, kSchema, "f", {});
  ASSERT_TRUE(joined) << joined.error().text();
  ASSERT_EQ(joined->time_columns().size(), 2U);
  EXPECT_EQ(joined->time_columns()[1].column, 0U);
  EXPECT_TRUE(joined->time_columns()[0].as_text && joined->time_columns()[1].as_text);
  EXPECT_FALSE(joined->columns()[2].as_text) << "a metric";

  CompleteMapping both = mapping_of("ts", {}, {"ts"});
  EXPECT_TRUE(Plan::compile(both, kSchema, "f", {}));
  both.mapping.timestamp.format = "%Y%m%d";
  EXPECT_EQ(Plan::compile(both, kSchema, "f", {}).error().message,
            "column 'ts' is to be the time by a pattern, and a metric, too");

  two.mapping.timestamp.time_column = "when";
  EXPECT_EQ(Plan::compile(two, kSchema, "f", {}).error().message,
            "dates and times of day are both to be in column 'when'");
  two.mapping.timestamp.time_column = "up";
  EXPECT_EQ(Plan::compile(two, kSchema, "f", {}).error().message, "column of times of day 'up' of f is bool");
  two.mapping.timestamp.time_column = "houst";
  EXPECT_NE(Plan::compile(two, kSchema, "f", {}).error().hint.find("did you mean 'host'?"), std::string::npos);
  two.mapping.timestamp.time_column = "host";
  two.mapping.timestamp.timezone = "Mars/Olympus";
  const auto lost = Plan::compile(two, kSchema, "f", {});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().message, "unknown time zone 'Mars/Olympus'");
  EXPECT_EQ(lost.error().where, "m.yaml:2:13");
}

TEST(Plan, GuardsTimesUnlessToldNotTo) {
  PlanOptions options;
  options.now = Timestamp{1'700'000'000'000};
  const CompleteMapping mapping = mapping_of("ts", {}, {"cpu"});
  EXPECT_EQ(Plan::compile(mapping, kSchema, "f", options)->plausible().min, PlausibleTimes::kMin);
  EXPECT_EQ(Plan::compile(mapping, kSchema, "f", options)->plausible().max.ms,
            options.now.ms + PlausibleTimes::kFuture.ms);
  options.allow_implausible = true;
  EXPECT_EQ(Plan::compile(mapping, kSchema, "f", options)->plausible().min, kTimestampMin);
  EXPECT_EQ(Plan::compile(mapping, kSchema, "f", options)->plausible().max, kTimestampMax);
}

TEST(Plan, KeepsSourcesToTheLimitOfColumns) {
  const std::uint64_t columns = kSchema.size();
  for (const std::uint64_t limit : {columns - 1, columns, columns + 1}) {
    PlanOptions options;
    options.limits.columns = limit;
    const auto plan = Plan::compile(mapping_of("ts", {}, {"cpu"}), kSchema, "f.parquet", options);
    ASSERT_EQ(plan.has_value(), limit >= columns) << limit;
    if (plan) continue;
    EXPECT_EQ(plan.error().code, ErrorCode::kLimit);
    EXPECT_EQ(plan.error().text(),
              "f.parquet: has 9 columns, and the limit is 8; raise the limit with --limit columns=9");
  }
}

}  // namespace
}  // namespace promfill
