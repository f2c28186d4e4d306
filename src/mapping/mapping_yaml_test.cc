// Goal: every key of version 1 is read, and whatever else stands in the file is refused with its place and the way out.
// Method: the whole grammar once, then a table of mistakes with the exact message of each.
#include "promfill/mapping.h"

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

TEST(MappingYaml, ReadsTimesAsPeopleWriteThem) {
  const auto mapping = parse_mapping(
      "version: 1\ntimestamp: {column: day, time_column: clock, unit: '%d.%m.%Y %H:%M', timezone: '+02:00', ambiguous: "
      "later}\n",
      "m");
  ASSERT_TRUE(mapping) << mapping.error().text();
  EXPECT_EQ(mapping->timestamp.column, "day");
  EXPECT_EQ(mapping->timestamp.time_column, "clock");
  EXPECT_EQ(mapping->timestamp.format, "%d.%m.%Y %H:%M");
  EXPECT_FALSE(mapping->timestamp.unit.has_value());
  EXPECT_EQ(mapping->timestamp.timezone, "+02:00");
  EXPECT_EQ(mapping->timestamp.ambiguous, AmbiguousTime::kLater);
}

TEST(MappingYaml, ReadsWhereSeriesComeFrom) {
  const auto mapping = parse_mapping(R"yaml(
version: 1
prefix: node_
labels_from:
  - {column: path, regex: "servers\\.(?P<host>[^.]+)"}
  - {column: tags, json: true}
long: {name_column: metric, value_column: value, type: counter}
relabel_configs:
  - {source_labels: [a, b], separator: "-", regex: x, target_label: c, replacement: $0, action: Replace}
  - {action: hashmod, modulus: 8, target_label: shard}
)yaml",
                                     "m");
  ASSERT_TRUE(mapping) << mapping.error().text();
  EXPECT_EQ(mapping->prefix, "node_");
  ASSERT_EQ(mapping->label_splits.size(), 2U);
  EXPECT_EQ(mapping->label_splits[0].regex, "servers\\.(?P<host>[^.]+)");
  EXPECT_FALSE(mapping->label_splits[1].regex.has_value());
  ASSERT_TRUE(mapping->long_table.has_value());
  EXPECT_EQ(mapping->long_table->name_column, "metric");
  EXPECT_EQ(mapping->long_table->value_column, "value");
  EXPECT_EQ(mapping->long_table->type, MetricType::kCounter);
  ASSERT_EQ(mapping->relabel_rules.size(), 2U);
  const RelabelRule& rule = mapping->relabel_rules[0];
  EXPECT_EQ(rule.source_labels, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(rule.separator, "-");
  EXPECT_EQ(rule.regex, "x");
  EXPECT_EQ(rule.target_label, "c");
  EXPECT_EQ(rule.replacement, "$0");
  EXPECT_EQ(mapping->relabel_rules[1].action, RelabelAction::kHashMod);
  EXPECT_EQ(mapping->relabel_rules[1].modulus, 8U);
  EXPECT_FALSE(mapping->relabel_rules[1].regex.has_value());
}

TEST(MappingYaml, ReadsLabelsOfSingleMetrics) {
  const auto mapping = parse_mapping(
      "version: 1\nmetrics:\n  - {column: c, labels: {code: {column: status}, kind: {value: web}}}\n", "m");
  ASSERT_TRUE(mapping) << mapping.error().text();
  const MetricMapping& metric = mapping->metrics->at(0);
  ASSERT_EQ(metric.labels.size(), 1U);
  EXPECT_EQ(metric.labels[0].name, "code");
  EXPECT_EQ(metric.labels[0].column, "status");
  ASSERT_EQ(metric.constants.size(), 1U);
  EXPECT_EQ(metric.constants[0].value, "web");
}

TEST(RelabelFile, IsAListOrAnObjectOfOne) {
  for (const std::string text :
       {"- {regex: a, action: labeldrop}\n", "relabel_configs:\n- {regex: a, action: labeldrop}\n"}) {
    const auto rules = parse_relabel_rules(text, "rules.yml");
    ASSERT_TRUE(rules) << rules.error().text();
    ASSERT_EQ(rules->size(), 1U);
    EXPECT_EQ(rules->at(0).action, RelabelAction::kLabelDrop);
  }
  for (const std::string text : {"", "x", "metric_relabel_configs: []", "- x", "- {actoin: drop}",
                                 "- {action: drop}\n---\n- {action: drop}\n"}) {
    const auto rules = parse_relabel_rules(text, "rules.yml");
    ASSERT_FALSE(rules) << text;
    EXPECT_EQ(rules.error().code, ErrorCode::kUsage);
    EXPECT_TRUE(rules.error().where.starts_with("rules.yml:")) << rules.error().text();
  }
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

void expect_mistakes(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    const auto mapping = parse_mapping(mistake.yaml, "m.yaml");
    ASSERT_FALSE(mapping) << mistake.yaml;
    EXPECT_EQ(mapping.error().code, ErrorCode::kUsage) << mistake.yaml;
    EXPECT_EQ(mapping.error().where, mistake.where) << mistake.yaml;
    EXPECT_EQ(mapping.error().message, mistake.message) << mistake.yaml;
    EXPECT_NE(mapping.error().hint.find(mistake.hint_part), std::string::npos) << mistake.yaml << mapping.error().hint;
  }
}

TEST(MappingYaml, SaysWhereAndWhatIsWrong) {
  expect_mistakes({
      {"", "m.yaml:1:1", "a mapping file is a list of keys and values", "version: 1"},
      {"- a\n", "m.yaml:1:1", "a mapping file is a list of keys and values", "version: 1"},
      {"timestamp: {column: t}\n", "m.yaml:1:1", "the version is missing", "version: 1"},
      {"version: 2\n", "m.yaml:1:10", "mapping version '2' is not known", "reads version 1"},
      {"version: 1\nmetric: []\n", "m.yaml:2:1", "unknown key 'metric'", "did you mean 'metrics'?"},
      {"version: 1\nfoo: 1\n", "m.yaml:2:1", "unknown key 'foo'", "the keys of a mapping are version, timestamp"},
      {"version: 1\nversion: 1\n", "m.yaml:2:1", "key 'version' stands twice", "keep one"},
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
      {"version: 1\nlong: {name_column: n, value_column: v, type: summary}\n", "m.yaml:2:47",
       "a summary is more than one column", "under metrics"},
      {"version: 1\nmetrics:\n  - {type: histogram, buckets: {1: c}}\n", "m.yaml:3:5", "a histogram without a name",
       "name: NAME"},
      {"version: 1\nmetrics:\n  - {name: h, type: histogram, buckets: [1]}\n", "m.yaml:3:41",
       "'buckets' must be columns by bound", "buckets: {"},
      {"version: 1\nmetrics:\n  - {name: h, type: histogram, quantiles: {1: c}}\n", "m.yaml:3:43",
       "'quantiles' is not of a histogram", "type: summary"},
      {"version: 1\nmetrics:\n  - {column: c, sum: s}\n", "m.yaml:3:22", "'sum' is not of a gauge", "type: histogram"},
      {"version: 1\nmetrics:\n  - {column: c, type: histogram, buckets: {1: c}}\n", "m.yaml:3:14",
       "either 'column' or 'buckets'", "'bounds' beside it"},
      {"version: 1\nmetrics:\n  - {column: c, type: histogram, bounds: 1}\n", "m.yaml:3:42",
       "'bounds' must be the only list of bounds", "[0.1, 1, +Inf]"},
      {"version: 1\ncounter_total: yes\n", "m.yaml:2:16", "'counter_total' is true or false", "counter_total: true"},
      {"version: 1\nmetrics:\n  - {column: c, labels: []}\n", "m.yaml:3:25", "labels must be an object of names",
       "code: {column: status}"},
      {"version: 1\nmetrics:\n  - {column: c, buckets: {}}\n", "m.yaml:3:26", "'buckets' is not of a gauge",
       "type: histogram"},
      {"version: 1\nmetrics:\n  - {column: c, name: ''}\n", "m.yaml:3:23", "'name' is empty", "column's name"},
      {"version: 1\n---\nversion: 1\n", "m.yaml:3:1", "a second document", "---"},
  });
}

TEST(MappingYaml, SaysWhatIsWrongWithTimes) {
  expect_mistakes({
      {"version: 1\ntimestamp: t\n", "m.yaml:2:12", "timestamp must be an object", "column: NAME"},
      {"version: 1\ntimestamp: {colum: t}\n", "m.yaml:2:13", "unknown key 'colum'", "did you mean 'column'?"},
      {"version: 1\ntimestamp: {column: ''}\n", "m.yaml:2:21", "'column' is empty", "name a column"},
      {"version: 1\ntimestamp: {column: [a]}\n", "m.yaml:2:21", "'column' must be a text or a number", ""},
      {"version: 1\ntimestamp: {column: t, unit: sec}\n", "m.yaml:2:30", "unknown time unit 'sec'", "s, ms, us"},
      {"version: 1\ntimestamp: {unit: '%Y-%m'}\n", "m.yaml:2:19", "time format '%Y-%m' does not tell the day", ""},
      {"version: 1\ntimestamp: {unit: '%Q'}\n", "m.yaml:2:19", "time format '%Q' has the unknown word %Q", "words are"},
      {"version: 1\ntimestamp: {column: d, time_column: ''}\n", "m.yaml:2:37", "'time_column' is empty", ""},
      {"version: 1\ntimestamp: {time_column: c}\n", "m.yaml:2:12", "a time_column needs a column of dates beside it",
       "column: NAME"},
      {"version: 1\ntimestamp: {timezone: Mars}\n", "m.yaml:2:23", "unknown time zone 'Mars'", "Europe/Berlin"},
      {"version: 1\ntimestamp: {ambiguous: first}\n", "m.yaml:2:24", "unknown word 'first' for times that come twice",
       "earlier, later or reject"},
      {"version: 1\ntimestamp: {offset: soon}\n", "m.yaml:2:21", "time offset 'soon' can't be read", "seconds"},
  });
}

TEST(MappingYaml, SaysWhatIsWrongWithSeries) {
  expect_mistakes({
      {"version: 1\nlong: []\n", "m.yaml:2:7", "long must be an object", "name_column: NAME"},
      {"version: 1\nlong: {}\n", "m.yaml:2:7", "a long table needs a name_column", "name_column: NAME"},
      {"version: 1\nlong: {name_column: n}\n", "m.yaml:2:7", "a long table needs a value_column", ""},
      {"version: 1\nlong: {name_column: '', value_column: v}\n", "m.yaml:2:21", "'name_column' is empty", ""},
      {"version: 1\nlong: {name_column: n, value_column: v, type: x}\n", "m.yaml:2:47", "unknown metric type 'x'", ""},
      {"version: 1\nlong: {name_column: n, value_column: v}\nmetrics: [{column: c}]\n", "m.yaml:2:7",
       "a mapping has either metrics or a long table", "one of them"},
      {"version: 1\nrelabel_configs: {}\n", "m.yaml:2:18", "relabel_configs must be a list", "action: keep"},
      {"version: 1\nrelabel_configs: [x]\n", "m.yaml:2:19", "a relabelling rule must be an object", ""},
      {"version: 1\nrelabel_configs: [{actoin: drop}]\n", "m.yaml:2:20", "unknown key 'actoin'",
       "did you mean 'action'?"},
      {"version: 1\nrelabel_configs: [{action: dorp}]\n", "m.yaml:2:28", "unknown relabel action 'dorp'", "drop"},
      {"version: 1\nrelabel_configs: [{source_labels: a}]\n", "m.yaml:2:35", "source_labels must be a list of names",
       ""},
      {"version: 1\nrelabel_configs: [{modulus: x}]\n", "m.yaml:2:29", "modulus 'x' is no whole number", "8"},
      {"version: 1\nrelabel_configs: [{action: hashmod, target_label: a}]\n", "m.yaml:2:19", "hashmod needs a modulus",
       "not 0"},
      {"version: 1\nrelabel_configs: [{regex: 'a(', action: drop}]\n", "m.yaml:2:19",
       "regular expression \"a(\": missing ): ^(?s:a()$", "RE2"},
      {"version: 1\nlabels_from: {}\n", "m.yaml:2:14", "labels_from must be a list", "json: true"},
      {"version: 1\nlabels_from: [{json: true}]\n", "m.yaml:2:15", "an entry of labels_from without a column", ""},
      {"version: 1\nlabels_from: [{column: c}]\n", "m.yaml:2:15",
       "an entry of labels_from needs either a regex or json: true", ""},
      {"version: 1\nlabels_from: [{column: c, json: 1}]\n", "m.yaml:2:33", "'json' is true or false", ""},
      {"version: 1\nlabels_from: [{column: c, regex: '(a)'}]\n", "m.yaml:2:34",
       "regular expression \"(a)\" names no label", "(?P<host>"},
  });
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
