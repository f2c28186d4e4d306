// Goal: every key of version 1 is read, and whatever else stands in the file is refused with its place and the way out.
// Method: the whole grammar once, then a table of mistakes with the exact message of each.
#include "mapping/mapping_yaml.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace promfill {
namespace {

TEST(MappingYaml, ReadsEveryKey) {
  const auto mapping = parse_mapping(R"(# promfill mapping, version 1
version: 1
timestamp: {column: ts, unit: ms, offset: 1583020800}
labels:
  ID: {column: id}
  cluster: {value: alibaba-2018}
  shard: {value: 7}
metrics:
  - {column: cpu, name: container_cpu_usage_percent, type: gauge, help: CPU use, human_name: CPU, unit: percent}
  - column: requests
    type: counter
  - {column: "net in", name: net_in, type: untyped}
)",
                                     "map.yaml");
  ASSERT_TRUE(mapping) << mapping.error().text();
  EXPECT_EQ(mapping->file, "map.yaml");
  EXPECT_EQ(mapping->timestamp.column, "ts");
  EXPECT_EQ(mapping->timestamp.unit, TimeUnit::kMilliseconds);
  EXPECT_EQ(mapping->timestamp.offset_ms, 1583020800000);
  EXPECT_EQ(mapping->timestamp.place.line, 3);

  ASSERT_TRUE(mapping->labels.has_value());
  ASSERT_EQ(mapping->labels->size(), 1U);
  EXPECT_EQ(mapping->labels->at(0).name, "ID");
  EXPECT_EQ(mapping->labels->at(0).column, "id");
  EXPECT_EQ(to_string(*mapping, mapping->labels->at(0).place), "map.yaml:5:3");
  ASSERT_EQ(mapping->constants.size(), 2U);
  EXPECT_EQ(mapping->constants[0].name, "cluster");
  EXPECT_EQ(mapping->constants[0].value, "alibaba-2018");
  EXPECT_EQ(mapping->constants[1].value, "7");

  ASSERT_TRUE(mapping->metrics.has_value());
  ASSERT_EQ(mapping->metrics->size(), 3U);
  const MetricMapping& cpu = mapping->metrics->at(0);
  EXPECT_EQ(cpu.column, "cpu");
  EXPECT_EQ(cpu.name, "container_cpu_usage_percent");
  EXPECT_EQ(cpu.type, MetricType::kGauge);
  EXPECT_EQ(cpu.help, "CPU use");
  EXPECT_EQ(cpu.human_name, "CPU");
  EXPECT_EQ(cpu.unit, "percent");
  EXPECT_EQ(mapping->metrics->at(1).name, "requests");
  EXPECT_EQ(mapping->metrics->at(1).type, MetricType::kCounter);
  EXPECT_EQ(mapping->metrics->at(1).place.line, 10);
  EXPECT_EQ(mapping->metrics->at(2).column, "net in");
  EXPECT_EQ(mapping->metrics->at(2).type, MetricType::kUntyped);
}

TEST(MappingYaml, LeavesOutWhatIsNotSaid) {
  const auto mapping = parse_mapping("version: 1\n", "m");
  ASSERT_TRUE(mapping) << mapping.error().text();
  EXPECT_EQ(mapping->timestamp.column, "");
  EXPECT_FALSE(mapping->timestamp.unit.has_value());
  EXPECT_FALSE(mapping->labels.has_value());
  EXPECT_FALSE(mapping->metrics.has_value());
}

TEST(MappingYaml, TellsNoLabelsFromInferredOnes) {
  const auto none = parse_mapping("version: 1\nlabels: {}\n", "m");
  ASSERT_TRUE(none) << none.error().text();
  ASSERT_TRUE(none->labels.has_value());
  EXPECT_TRUE(none->labels->empty());
}

TEST(MappingYaml, ReadsOffsetsAsSecondsOrDurations) {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"0", 0}, {"-1.5", -1500}, {"0.001", 1}, {"8h", 28'800'000}, {"-30m", -1'800'000}};
  for (const auto& [text, ms] : cases) {
    const auto mapping = parse_mapping("version: 1\ntimestamp: {offset: " + text + "}", "m");
    ASSERT_TRUE(mapping) << mapping.error().text();
    EXPECT_EQ(mapping->timestamp.offset_ms, ms) << text;
  }
}

TEST(MappingYaml, AutoUnitIsNoUnit) {
  const auto mapping = parse_mapping("version: 1\ntimestamp: {column: t, unit: auto}", "m");
  ASSERT_TRUE(mapping) << mapping.error().text();
  EXPECT_FALSE(mapping->timestamp.unit.has_value());
}

struct Mistake {
  std::string yaml;
  std::string where;
  std::string message;
  std::string hint_part;
};

TEST(MappingYaml, SaysWhereAndWhatIsWrong) {
  const std::vector<Mistake> mistakes{
      {"", "m.yaml:1:1", "a mapping file is a list of keys and values", "version: 1"},
      {"- a\n", "m.yaml:1:1", "a mapping file is a list of keys and values", "version: 1"},
      {"timestamp: {column: t}\n", "m.yaml:1:1", "the version is missing", "version: 1"},
      {"version: 2\n", "m.yaml:1:10", "mapping version '2' is not known", "reads version 1"},
      {"version: 1\nmetric: []\n", "m.yaml:2:1", "unknown key 'metric'", "did you mean 'metrics'?"},
      {"version: 1\nfoo: 1\n", "m.yaml:2:1", "unknown key 'foo'", "the keys of a mapping are version, timestamp"},
      {"version: 1\nlong: {}\n", "m.yaml:2:1", "key 'long' is not supported yet by this version", ""},
      {"version: 1\nrelabel_configs: []\n", "m.yaml:2:1", "key 'relabel_configs' is not supported yet by this version",
       ""},
      {"version: 1\nlabels_from: []\n", "m.yaml:2:1", "key 'labels_from' is not supported yet by this version", ""},
      {"version: 1\nversion: 1\n", "m.yaml:2:1", "key 'version' stands twice", "keep one"},
      {"version: 1\ntimestamp: t\n", "m.yaml:2:12", "timestamp must be an object", "column: NAME"},
      {"version: 1\ntimestamp: {colum: t}\n", "m.yaml:2:13", "unknown key 'colum'", "did you mean 'column'?"},
      {"version: 1\ntimestamp: {column: ''}\n", "m.yaml:2:21", "'column' is empty", "name a column"},
      {"version: 1\ntimestamp: {column: [a]}\n", "m.yaml:2:21", "'column' must be a text or a number", ""},
      {"version: 1\ntimestamp: {column: t, unit: sec}\n", "m.yaml:2:30", "unknown time unit 'sec'", "s, ms, us"},
      {"version: 1\ntimestamp: {unit: rfc3339}\n", "m.yaml:2:19",
       "time format 'rfc3339' is not supported yet by this version", "convert the column"},
      {"version: 1\ntimestamp: {unit: '%Y-%m-%d'}\n", "m.yaml:2:19",
       "time format '%Y-%m-%d' is not supported yet by this version", "convert the column"},
      {"version: 1\ntimestamp: {offset: soon}\n", "m.yaml:2:21", "time offset 'soon' can't be read", "seconds"},
      {"version: 1\ntimestamp: {timezone: UTC}\n", "m.yaml:2:13", "key 'timezone' is not supported yet by this version",
       ""},
      {"version: 1\nlabels: [host]\n", "m.yaml:2:9", "labels must be an object of names", "{} for none"},
      {"version: 1\nlabels:\n", "m.yaml:2:1", "labels must be an object of names", "{} for none"},
      {"version: 1\nlabels: {host: name}\n", "m.yaml:2:16", "label 'host' must be an object", "host: {column: NAME}"},
      {"version: 1\nlabels: {a: {}}\n", "m.yaml:2:13", "label 'a' needs either a column or a value", ""},
      {"version: 1\nlabels: {a: {column: b, value: c}}\n", "m.yaml:2:13", "label 'a' needs either a column or a value",
       ""},
      {"version: 1\nlabels: {a: {value: 1}, a: {value: 2}}\n", "m.yaml:2:25", "label 'a' stands twice", "rename"},
      {"version: 1\nmetrics: {cpu: gauge}\n", "m.yaml:2:10", "metrics must be a list", "- {column: NAME"},
      {"version: 1\nmetrics: []\n", "m.yaml:2:10", "metrics is empty", "inferred"},
      {"version: 1\nmetrics:\n  - cpu\n", "m.yaml:3:5", "a metric must be an object", "- {column: NAME"},
      {"version: 1\nmetrics:\n  - {name: cpu}\n", "m.yaml:3:5", "a metric without a column", "column: NAME"},
      {"version: 1\nmetrics:\n  - {column: c, type: gague}\n", "m.yaml:3:23", "unknown metric type 'gague'",
       "did you mean 'gauge'?"},
      {"version: 1\nmetrics:\n  - {column: c, type: histogram}\n", "m.yaml:3:23",
       "metric type 'histogram' is not supported yet by this version", "gauge, counter and untyped"},
      {"version: 1\nmetrics:\n  - {column: c, labels: {}}\n", "m.yaml:3:17",
       "key 'labels' is not supported yet by this version", ""},
      {"version: 1\nmetrics:\n  - {column: c, buckets: {}}\n", "m.yaml:3:17",
       "key 'buckets' is not supported yet by this version", ""},
      {"version: 1\nmetrics:\n  - {column: c, name: ''}\n", "m.yaml:3:23", "'name' is empty", "column's name"},
      {"version: 1\n---\nversion: 1\n", "m.yaml:3:1", "a second document", "---"},
  };
  for (const Mistake& mistake : mistakes) {
    const auto mapping = parse_mapping(mistake.yaml, "m.yaml");
    ASSERT_FALSE(mapping) << mistake.yaml;
    EXPECT_EQ(mapping.error().code, ErrorCode::kUsage) << mistake.yaml;
    EXPECT_EQ(mapping.error().where, mistake.where) << mistake.yaml;
    EXPECT_EQ(mapping.error().message, mistake.message) << mistake.yaml;
    EXPECT_NE(mapping.error().hint.find(mistake.hint_part), std::string::npos) << mistake.yaml << mapping.error().hint;
  }
}

TEST(MappingYaml, RefusesWhatIsNotYaml) {
  for (const std::string& yaml :
       {std::string("version: 1\ntimestamp: {column: t\n"), std::string("version: [1\n"),
        std::string("version: 1\n\tlabels: {}\n"), std::string("\"unclosed"),
        std::string("version: 1\nlabels: {a: *nowhere}\n"), std::string(" ,\na"), std::string("\xFF\xFE\x00", 3)}) {
    const auto mapping = parse_mapping(yaml, "m.yaml");
    ASSERT_FALSE(mapping) << yaml;
    EXPECT_EQ(mapping.error().code, ErrorCode::kUsage);
    EXPECT_TRUE(mapping.error().where.starts_with("m.yaml:")) << mapping.error().text();
  }
}

}  // namespace
}  // namespace promfill
