// Goal: what is written is read back as the same mapping, whatever names and patterns it has.
#include "survey/mapping_writer.h"

#include <gtest/gtest.h>

#include "promfill/mapping.h"

namespace promfill {
namespace {

/// @return the text, which says all of the mapping that it was made of.
std::string written_and_read(const std::string& text) {
  const auto mapping = parse_mapping(text, "given.yaml");
  EXPECT_TRUE(mapping) << mapping.error().message;
  const std::string written = mapping_text(*mapping);
  const auto again = parse_mapping(written, "written.yaml");
  EXPECT_TRUE(again) << again.error().message << written;
  EXPECT_EQ(mapping_text(*again), written);
  return written;
}

TEST(MappingWriter, WritesEveryKeyOfAWideTable) {
  EXPECT_EQ(written_and_read(R"(version: 1
timestamp: {column: day, time_column: hour, unit: "%Y-%m-%d", offset: 90, timezone: Europe/Berlin, ambiguous: earlier}
labels:
  host: {column: the host}
  cluster: {value: "007"}
labels_from:
  - {column: path, regex: "servers\\.(?P<name>[^.]+)\\..*"}
  - {column: tags, json: true}
metrics:
  - {column: cpu, name: cpu_percent, type: gauge, help: "CPU: use", human_name: CPU, unit: percent}
  - {column: n, name: requests_total, type: counter, labels: {code: {column: status}, kind: {value: "yes"}}}
prefix: old_
relabel_configs:
  - source_labels: [a, b]
    separator: ""
    regex: "(.*);x"
    target_label: c
    replacement: "$1\\"
  - {action: labeldrop, regex: "tmp_.*"}
  - {source_labels: [host], modulus: 8, target_label: shard, action: hashmod}
)"),
            R"(# promfill mapping, version 1
version: 1
timestamp: {column: day, time_column: hour, unit: "%Y-%m-%d", offset: 90000ms, timezone: Europe/Berlin, ambiguous: earlier}
labels:
  host: {column: the host}
  cluster: {value: 007}
labels_from:
  - {column: path, regex: "servers\\.(?P<name>[^.]+)\\..*"}
  - {column: tags, json: true}
metrics:
  - {column: cpu, name: cpu_percent, type: gauge, help: "CPU: use", human_name: CPU, unit: percent}
  - {column: n, name: requests_total, type: counter, labels: {code: {column: status}, kind: {value: yes}}}
prefix: old_
relabel_configs:
  - source_labels: [a, b]
    separator: ""
    regex: "(.*);x"
    target_label: c
    replacement: "$1\\"
    action: replace
  - regex: "tmp_.*"
    action: labeldrop
  - source_labels: [host]
    modulus: 8
    target_label: shard
    action: hashmod
)");
}

TEST(MappingWriter, WritesALongTable) {
  EXPECT_EQ(written_and_read("version: 1\ntimestamp: {column: t, unit: ms}\nlong: {name_column: n, value_column: v}\n"),
            "# promfill mapping, version 1\nversion: 1\ntimestamp: {column: t, unit: ms}\n"
            "long: {name_column: n, value_column: v, type: gauge}\n");
}

TEST(MappingWriter, NamesComeBackWhateverTheyHave) {
  Mapping mapping;
  mapping.timestamp.column = "null";
  mapping.labels.emplace();
  mapping.metrics.emplace();
  for (const std::string name :
       {"a: b", "# c", "{d}", "'e'", "\"f\"", "g\\h", "~", "- i", "ö", "a,b", "line\nbreak", " x "}) {
    MetricMapping& metric = mapping.metrics->emplace_back();
    metric.column = name;
    metric.name = "m";
    metric.help = name;
  }
  const std::string text = mapping_text(mapping, std::vector<std::string>{"a reason\nof two lines"});
  EXPECT_NE(text.find("# a reason of two lines\n"), std::string::npos);
  const auto again = parse_mapping(text, "written.yaml");
  ASSERT_TRUE(again) << again.error().message << text;
  EXPECT_EQ(again->timestamp.column, "null");
  ASSERT_EQ(again->metrics->size(), mapping.metrics->size());
  for (std::size_t i = 0; i < mapping.metrics->size(); ++i) {
    EXPECT_EQ((*again->metrics)[i].column, (*mapping.metrics)[i].column);
    EXPECT_EQ((*again->metrics)[i].help, (*mapping.metrics)[i].help);
  }
}

}  // namespace
}  // namespace promfill
