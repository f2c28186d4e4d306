// Goal: flags say all that a small mapping file says, and win over it. Method: the pieces of each grammar, then
// mistakes.
#include "mapping/mapping_flags.h"

#include <gtest/gtest.h>

#include "promfill/mapping.h"

namespace promfill {
namespace {

Mapping must(Result<Mapping> mapping) {
  EXPECT_TRUE(mapping) << mapping.error().text();
  return mapping ? *std::move(mapping) : Mapping();
}

MappingFlags with(std::string timestamp, std::vector<std::string> labels, std::vector<std::string> consts,
                  std::vector<std::string> metrics) {
  return {std::move(timestamp), "", std::move(labels), std::move(consts), std::move(metrics)};
}

TEST(MappingFlags, NoFlagChangesNothing) {
  const Mapping mapping = must(apply_flags({}, {}));
  EXPECT_EQ(mapping.timestamp.column, "");
  EXPECT_FALSE(mapping.labels.has_value());
  EXPECT_FALSE(mapping.metrics.has_value());
  EXPECT_TRUE(mapping.constants.empty());
}

TEST(MappingFlags, ReadEveryForm) {
  MappingFlags flags = with("ts:ms", {"host=hostname", "zone"}, {"cluster=a=b", "empty="},
                            {"cpu", "mem_bytes=mem:gauge", "requests:counter", "x=a:b:untyped"});
  flags.timestamp_offset = "-1.5";
  const Mapping mapping = must(apply_flags({}, flags));
  EXPECT_EQ(mapping.timestamp.column, "ts");
  EXPECT_EQ(mapping.timestamp.unit, TimeUnit::kMilliseconds);
  EXPECT_EQ(mapping.timestamp.offset_ms, -1500);
  ASSERT_EQ(mapping.labels->size(), 2U);
  EXPECT_EQ(mapping.labels->at(0).name, "host");
  EXPECT_EQ(mapping.labels->at(0).column, "hostname");
  EXPECT_EQ(mapping.labels->at(1).name, "zone");
  EXPECT_EQ(mapping.labels->at(1).column, "zone");
  ASSERT_EQ(mapping.constants.size(), 2U);
  EXPECT_EQ(mapping.constants[0].value, "a=b");
  EXPECT_EQ(mapping.constants[1].value, "");
  ASSERT_EQ(mapping.metrics->size(), 4U);
  EXPECT_EQ(mapping.metrics->at(0).name, "cpu");
  EXPECT_EQ(mapping.metrics->at(1).name, "mem_bytes");
  EXPECT_EQ(mapping.metrics->at(1).column, "mem");
  EXPECT_EQ(mapping.metrics->at(2).type, MetricType::kCounter);
  EXPECT_EQ(mapping.metrics->at(3).column, "a:b");
  EXPECT_EQ(mapping.metrics->at(3).type, MetricType::kUntyped);
}

TEST(MappingFlags, AHistogramHasItsBoundsInTheRows) {
  const auto mapping = apply_flags({}, with("", {}, {}, {"rpc=n:histogram", "size=v:summary", "c:native_histogram"}));
  ASSERT_TRUE(mapping) << mapping.error().text();
  EXPECT_EQ(mapping->metrics->at(0).bound_column, "le");
  EXPECT_EQ(mapping->metrics->at(1).bound_column, "quantile");
  EXPECT_EQ(mapping->metrics->at(2).bound_column, "");
}

TEST(MappingFlags, AColonOfTheColumnNameNeedsTheUnit) {
  EXPECT_EQ(must(apply_flags({}, with("sys:time:auto", {}, {}, {}))).timestamp.column, "sys:time");
}

TEST(MappingFlags, APatternBeginsBehindTheLastColonBeforeIt) {
  const TimestampMapping time = must(apply_flags({}, with("sys:when:%d.%m.%Y %H:%M:%S", {}, {}, {}))).timestamp;
  EXPECT_EQ(time.column, "sys:when");
  EXPECT_EQ(time.format, "%d.%m.%Y %H:%M:%S");
  EXPECT_EQ(must(apply_flags({}, with("load%", {}, {}, {}))).timestamp.column, "load%");
  EXPECT_EQ(must(apply_flags({}, with("t:rfc3339", {}, {}, {}))).timestamp.format, "rfc3339");
}

TEST(MappingFlags, SayHowTimesAndNamesAreMeant) {
  MappingFlags flags = with("day", {}, {}, {});
  flags.time_of_day = "clock";
  flags.timezone = "+02:00";
  flags.ambiguous = "earlier";
  flags.long_table = "metric=value:counter";
  flags.prefix = "node_";
  Mapping base;
  base.metrics.emplace().emplace_back().column = "c";
  const Mapping mapping = must(apply_flags(base, flags));
  EXPECT_EQ(mapping.timestamp.time_column, "clock");
  EXPECT_EQ(mapping.timestamp.timezone, "+02:00");
  EXPECT_EQ(mapping.timestamp.ambiguous, AmbiguousTime::kEarlier);
  ASSERT_TRUE(mapping.long_table.has_value());
  EXPECT_EQ(mapping.long_table->name_column, "metric");
  EXPECT_EQ(mapping.long_table->value_column, "value");
  EXPECT_EQ(mapping.long_table->type, MetricType::kCounter);
  EXPECT_FALSE(mapping.metrics.has_value()) << "those of the file";
  EXPECT_EQ(mapping.prefix, "node_");
}

TEST(MappingFlags, AConstantLeavesLabelsToInference) {
  const Mapping mapping = must(apply_flags({}, with("", {}, {"cluster=a"}, {})));
  EXPECT_FALSE(mapping.labels.has_value());
  EXPECT_EQ(mapping.constants.size(), 1U);
}

TEST(MappingFlags, WinOverTheFile) {
  const Mapping file = must(parse_mapping(R"(
version: 1
timestamp: {column: t, unit: us, offset: 5}
labels: {host: {column: h}, zone: {column: z}, dc: {value: fra}}
metrics: [{column: c, name: cpu, help: CPU use, type: counter}, {column: m, name: mem}]
)",
                                          "m.yaml"));
  MappingFlags flags = with("t2", {"host=h2", "dc=d"}, {"zone=z9"}, {"cpu=c2", "disk"});
  const Mapping mapping = must(apply_flags(file, flags));
  EXPECT_EQ(mapping.timestamp.column, "t2");
  EXPECT_FALSE(mapping.timestamp.unit.has_value()) << "the file's unit was said of another column";
  EXPECT_EQ(mapping.timestamp.offset_ms, 5000);
  EXPECT_EQ(mapping.timestamp.place.line, 0);
  ASSERT_EQ(mapping.labels->size(), 2U);
  EXPECT_EQ(mapping.labels->at(0).column, "h2");
  EXPECT_EQ(mapping.labels->at(1).name, "dc");
  ASSERT_EQ(mapping.constants.size(), 1U);
  EXPECT_EQ(mapping.constants[0].name, "zone");
  ASSERT_EQ(mapping.metrics->size(), 3U);
  EXPECT_EQ(mapping.metrics->at(0).column, "c2");
  EXPECT_EQ(mapping.metrics->at(0).help, "CPU use");
  EXPECT_EQ(mapping.metrics->at(0).type, MetricType::kCounter);
  EXPECT_EQ(mapping.metrics->at(1).name, "mem");
  EXPECT_EQ(mapping.metrics->at(2).name, "disk");

  EXPECT_EQ(must(apply_flags(file, with("t", {}, {}, {}))).timestamp.unit, TimeUnit::kMicroseconds);
  EXPECT_FALSE(must(apply_flags(file, with("t:auto", {}, {}, {}))).timestamp.unit.has_value());
}

TEST(MappingFlags, SayWhichFlagIsWrong) {
  struct Mistake {
    MappingFlags flags;
    std::string where;
    std::string message;
  };
  MappingFlags bad_offset;
  bad_offset.timestamp_offset = "yesterday";
  MappingFlags bad_zone;
  bad_zone.timezone = "Mars";
  MappingFlags bad_word;
  bad_word.ambiguous = "first";
  MappingFlags lonely_clock;
  lonely_clock.time_of_day = "c";
  MappingFlags bad_long;
  bad_long.long_table = "metric";
  MappingFlags bad_long_type;
  bad_long_type.long_table = "metric=value:gague";
  const std::vector<Mistake> mistakes{
      {with("t:%H:%M", {}, {}, {}), "--timestamp t:%H:%M", "time format '%H:%M' does not tell the day"},
      {bad_zone, "--timezone Mars", "unknown time zone 'Mars'"},
      {bad_word, "--ambiguous first", "unknown word 'first' for times that come twice"},
      {lonely_clock, "--time-of-day c", "a column of times of day needs one of dates"},
      {bad_long, "--long metric", "a name or column is missing"},
      {bad_long_type, "--long metric=value:gague", "unknown metric type 'gague'"},
      {with("t:sec", {}, {}, {}), "--timestamp t:sec", "unknown time unit 'sec'"},
      {with(":ms", {}, {}, {}), "--timestamp :ms", "a name or column is missing"},
      {bad_offset, "--timestamp-offset yesterday", "time offset 'yesterday' can't be read"},
      {with("", {"=h"}, {}, {}), "--label =h", "a name or column is missing"},
      {with("", {"h="}, {}, {}), "--label h=", "a name or column is missing"},
      {with("", {"h", "h=x"}, {}, {}), "--label h=x", "'h' is given twice"},
      {with("", {"h"}, {"h=1"}, {}), "--const h=1", "'h' is given twice"},
      {with("", {}, {"h"}, {}), "--const h", "a name or column is missing"},
      {with("", {}, {}, {"=c"}), "--metric =c", "a name or column is missing"},
      {with("", {}, {}, {"c:gague"}), "--metric c:gague", "unknown metric type 'gague'"},
      {with("", {}, {}, {"c", "c=d"}), "--metric c=d", "'c' is given twice"},
  };
  for (const Mistake& mistake : mistakes) {
    const auto mapping = apply_flags({}, mistake.flags);
    ASSERT_FALSE(mapping) << mistake.where;
    EXPECT_EQ(mapping.error().code, ErrorCode::kUsage);
    EXPECT_EQ(mapping.error().where, mistake.where);
    EXPECT_EQ(mapping.error().message, mistake.message);
    EXPECT_FALSE(mapping.error().hint.empty()) << mistake.where;
  }
}

}  // namespace
}  // namespace promfill
