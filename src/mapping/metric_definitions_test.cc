// Goal: only names that every Prometheus reads pass, and no two metrics or labels collide.
#include "mapping/metric_definitions.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

Mapping mapping_of(std::vector<std::string> metric_names, std::vector<std::string> label_names = {},
                   std::vector<ConstantLabel> constants = {}) {
  Mapping mapping;
  mapping.file = "m.yaml";
  mapping.labels.emplace();
  for (std::string& name : label_names) mapping.labels->push_back({std::move(name), "column", {3, 5}});
  mapping.constants = std::move(constants);
  mapping.metrics.emplace();
  for (std::string& name : metric_names) {
    MetricMapping& metric = mapping.metrics->emplace_back();
    metric.column = "c" + std::to_string(mapping.metrics->size());
    metric.name = std::move(name);
    metric.place = {7, 9};
  }
  return mapping;
}

TEST(MetricDefinitions, JoinNameAndConstants) {
  Mapping mapping = mapping_of({"b:total", "a"}, {"host"}, {{"zone", "fra", {}}, {"absent", "", {}}});
  mapping.metrics->at(0).type = MetricType::kCounter;
  const auto definitions = metric_definitions(mapping);
  ASSERT_TRUE(definitions) << definitions.error().text();
  ASSERT_EQ(definitions->size(), 2U);
  EXPECT_EQ(definitions->at(0).labels.text(), "b:total{zone=\"fra\"}");
  EXPECT_EQ(definitions->at(0).type, MetricType::kCounter);
  EXPECT_EQ(definitions->at(1).labels.text(), "a{zone=\"fra\"}");
}

TEST(MetricDefinitions, RefuseNamesWithALegalForm) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"cpu usage", "cpu_usage"}, {"1m", "_1m"}, {"näß", "n__"}, {"a.b-c", "a_b_c"}, {"", "name"}};
  for (const auto& [name, legal] : cases) {
    const auto definitions = metric_definitions(mapping_of({name}));
    ASSERT_FALSE(definitions) << name;
    EXPECT_EQ(definitions.error().code, ErrorCode::kUsage);
    EXPECT_EQ(definitions.error().where, "m.yaml:7:9");
    EXPECT_EQ(definitions.error().message, "invalid metric name '" + name + "'");
    EXPECT_NE(definitions.error().hint.find("--metric " + legal + "=c1"), std::string::npos)
        << definitions.error().hint;
  }
}

TEST(MetricDefinitions, RefuseLabelNames) {
  const std::vector<std::pair<std::string, std::string>> cases{{"host name", "invalid label name 'host name'"},
                                                               {"a:b", "invalid label name 'a:b'"},
                                                               {"", "invalid label name ''"},
                                                               {"__name__", "label __name__ can't be mapped"}};
  for (const auto& [name, message] : cases) {
    const auto of_column = metric_definitions(mapping_of({"m"}, {name}));
    ASSERT_FALSE(of_column) << name;
    EXPECT_EQ(of_column.error().message, message);
    EXPECT_EQ(of_column.error().where, "m.yaml:3:5");
    const auto of_constant = metric_definitions(mapping_of({"m"}, {}, {{name, "x", {}}}));
    ASSERT_FALSE(of_constant) << name;
    EXPECT_EQ(of_constant.error().message, message);
    EXPECT_EQ(of_constant.error().where, "");
  }
}

TEST(MetricDefinitions, RefuseALabelSaidTwice) {
  EXPECT_EQ(metric_definitions(mapping_of({"m"}, {"a", "a"})).error().message, "label 'a' is given twice");
  const auto both = metric_definitions(mapping_of({"m"}, {"a"}, {{"a", "x", {4, 2}}}));
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().text(),
            "m.yaml:4:2: label 'a' is given twice; it already is column 'column': rename one of them");
}

TEST(MetricDefinitions, RefuseTwoMetricsOfOneName) {
  const auto definitions = metric_definitions(mapping_of({"m", "n", "m"}));
  ASSERT_FALSE(definitions);
  EXPECT_EQ(definitions.error().message, "metric 'm' is given twice");
  EXPECT_NE(definitions.error().hint.find("columns 'c1' and 'c3' would make the same series"), std::string::npos);
}

TEST(MetricDefinitions, RefuseAConstantThatIsNotUtf8) {
  const auto definitions = metric_definitions(mapping_of({"m"}, {}, {{"a", "\xFF", {}}}));
  ASSERT_FALSE(definitions);
  EXPECT_EQ(definitions.error().message, "the value of label 'a' is not UTF-8");
}

TEST(MappedType, KnowsWhatThisVersionImports) {
  EXPECT_EQ(*parse_mapped_type("gauge"), MetricType::kGauge);
  EXPECT_EQ(*parse_mapped_type("counter"), MetricType::kCounter);
  EXPECT_EQ(*parse_mapped_type("untyped"), MetricType::kUntyped);
  EXPECT_EQ(*parse_mapped_type("info"), MetricType::kInfo);
  EXPECT_EQ(*parse_mapped_type("stateset"), MetricType::kStateset);
  for (const std::string family : {"histogram", "summary"}) {
    EXPECT_EQ(parse_mapped_type(family).error().message, "a " + family + " is more than one column");
    EXPECT_EQ(*parse_mapped_type(family, true), *parse_metric_type(family));
  }
  EXPECT_EQ(*parse_mapped_type("native_histogram", true), MetricType::kNativeHistogram);
  EXPECT_EQ(parse_mapped_type("Gauge").error().hint,
            "did you mean 'gauge'? types are gauge, counter, untyped, info, stateset and "
            "native_histogram");
}

/// What a mapping of 3 labels, a constant and 4 metrics has of each limit, with the limit one below, at and one above
/// it.
TEST(MetricDefinitions, KeepToTheLimits) {
  struct Case {
    std::uint64_t Limits::* limit;
    std::uint64_t count;
    const char* message;
    const char* where;
  };
  const std::vector<Case> cases{
      {&Limits::labels_per_series, 5, "labels of a series, with __name__ and constants: 5, and the limit is 4",
       "m.yaml"},
      {&Limits::metrics, 4, "metrics of a mapping: 4, and the limit is 3", "m.yaml"},
      {&Limits::label_name_bytes, 9, "bytes of the label name 'labelname': 9, and the limit is 8", "m.yaml:3:5"},
      {&Limits::label_value_bytes, 7, "bytes of the value of label 'zone': 7, and the limit is 6", "m.yaml:4:2"}};
  const Mapping mapping = mapping_of({"a", "b", "c", "metric"}, {"x", "labelname", "y"}, {{"zone", "hamburg", {4, 2}}});
  for (const Case& c : cases) {
    for (const std::uint64_t limit : {c.count - 1, c.count, c.count + 1}) {
      Limits limits;
      limits.*c.limit = limit;
      const auto definitions = metric_definitions(mapping, limits);
      ASSERT_EQ(definitions.has_value(), limit >= c.count) << c.message << " " << limit;
      if (definitions) continue;
      EXPECT_EQ(definitions.error().code, ErrorCode::kUsage);
      EXPECT_EQ(definitions.error().message, c.message);
      EXPECT_EQ(definitions.error().where, c.where);
      EXPECT_EQ(definitions.error().hint, hint_to_raise(c.limit, c.count));
    }
  }
}

TEST(MetricDefinitions, KeepMetricNamesToTheLimitOfValues) {
  for (const std::uint64_t limit : {5, 6, 7}) {
    const auto definitions = metric_definitions(mapping_of({"a", "metric"}), {.label_value_bytes = limit});
    ASSERT_EQ(definitions.has_value(), limit >= 6) << limit;
    if (definitions) continue;
    EXPECT_EQ(definitions.error().where, "m.yaml:7:9");
  }
}

TEST(MetricDefinitions, ShowTheBeginningOfAnEndlessName) {
  const auto definitions = metric_definitions(mapping_of({"m"}, {std::string(1 << 20, 'x')}));
  ASSERT_FALSE(definitions);
  EXPECT_LT(definitions.error().text().size(), 300U);
}

}  // namespace
}  // namespace promfill
