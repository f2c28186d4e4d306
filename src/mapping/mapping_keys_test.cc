// Goal: the table of keys is whole, the schema of docs/ is made of it, and what it shows as an example is a mapping.
// Method: the table against itself, the file against what is generated: PROMFILL_REGENERATE=1 writes it anew.
#include "mapping/mapping_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "promfill/mapping.h"

namespace promfill {
namespace {

TEST(MappingKeys, NameOnlyKindsThatAreThere) {
  std::set<std::string_view> kinds;
  for (const MappingObject& object : mapping_objects()) {
    EXPECT_TRUE(kinds.insert(object.name).second) << object.name;
    std::set<std::string_view> names;
    for (const MappingKey& key : object.keys) {
      EXPECT_TRUE(names.insert(key.name).second) << key.name;
      EXPECT_FALSE(key.says.empty()) << key.name;
      EXPECT_TRUE(key.of.empty() || mapping_object(key.of).name == key.of);
    }
    for (const std::string_view required : object.required) EXPECT_TRUE(names.contains(required)) << required;
    for (const std::string_view later : object.later) EXPECT_FALSE(names.contains(later)) << later;
  }
}

/// A value that the parser takes; objects with their required keys alone would say too little.
std::string example(const MappingObject& object) {
  if (object.name == "timestamp")
    return "{column: d, time_column: t, unit: rfc3339, offset: 1, timezone: UTC, ambiguous: later}";
  if (object.name == "label") return "{column: c}";
  if (object.name == "split") return "{column: c, json: true}";
  if (object.name == "long") return "{name_column: n, value_column: v, type: gauge}";
  if (object.name == "rule") {
    return "{source_labels: [a], separator: x, regex: b, modulus: 1, target_label: c, replacement: d, action: replace}";
  }
  return "{column: c, name: n, type: histogram, le: b, sum: s, count: k, cumulative: true, help: h, human_name: m, "
         "unit: u, labels: {l: {value: v}}}";
}

/// Keys of native histograms alone, which a classic one refuses.
bool is_of_native(std::string_view key) {
  constexpr std::array<std::string_view, 12> kKeys{"schema",   "scale",    "zero_threshold", "zero_count",
                                                   "positive", "negative", "custom_bounds",  "counts",
                                                   "gauge",    "start",    "stale",          "delta"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

TEST(MappingKeys, AreThoseOfTheParser) {
  for (const MappingKey& key : mapping_objects().front().keys) {
    if (key.name == "version") continue;
    std::string value = key.words.empty() ? "x" : std::string(key.words.front());
    if (key.name == "stale_after") value = "5m";
    if (!key.of.empty()) {
      const MappingObject& object = mapping_object(key.of);
      value = example(object);
      for (const MappingKey& inner : object.keys) {
        static const std::set<std::string_view> kOtherForms{"value",     "regex",  "buckets",
                                                            "quantiles", "bounds", "quantile"};
        const bool of_native = object.name == "metric" && is_of_native(inner.name);
        if (kOtherForms.contains(inner.name) || of_native) continue;
        EXPECT_NE(value.find(std::string(inner.name) + ":"), std::string::npos) << inner.name;
      }
      if (key.form == MappingKey::Form::kObjects) value = "{name: " + value + "}";
      if (key.form == MappingKey::Form::kList) value = "[" + value + "]";
    }
    const auto mapping = parse_mapping("version: 1\n" + std::string(key.name) + ": " + value + "\n", "m");
    EXPECT_TRUE(mapping) << mapping.error().text();
  }
}

TEST(MappingSchema, IsTheOneInTheDocumentation) {
  const std::string path = std::string(PROMFILL_ROOT) + "/docs/mapping.schema.json";
  if (std::getenv("PROMFILL_REGENERATE") != nullptr) std::ofstream(path, std::ios::binary) << mapping_schema();
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, mapping_schema()) << "make it anew: PROMFILL_REGENERATE=1 mapping_test";
}

}  // namespace
}  // namespace promfill
