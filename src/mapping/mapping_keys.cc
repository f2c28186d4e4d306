// See mapping_keys.h.
#include "mapping/mapping_keys.h"

#include <algorithm>
#include <utility>

#include "promfill/result.h"

namespace promfill {
namespace {

using Form = MappingKey::Form;

MappingObject metric_object() {
  return {
      .name = "metric",
      .title = "a metric",
      .keys = {{"column", "The column of values"},
               {"name", "The metric's name; left out: the column's"},
               {"type",
                "Left out: gauge",
                Form::kText,
                "",
                {"gauge", "counter", "untyped", "info", "stateset", "histogram", "summary", "native_histogram"}},
               {"buckets", "Columns of a histogram's buckets by their upper bounds, the last +Inf", Form::kByName},
               {"quantiles", "Columns of a summary's quantiles by number", Form::kByName},
               {"bounds", "Of the lists in the column, rising: buckets or quantiles", Form::kTexts},
               {"le", "The column of upper bounds, where each row has one bucket"},
               {"quantile", "The column of quantiles, where each row has one"},
               {"sum", "The column of the sum of all observations"},
               {"count", "The column of their number; left out: that of the bucket +Inf"},
               {"cumulative",
                "Whether a bucket counts those below it, too; left out: true",
                Form::kText,
                "",
                {"true", "false"}},
               {"schema", "Of a native histogram: a column, or a number from -4 to 8, or -53 for bounds of its own"},
               {"scale", "OpenTelemetry's instead of a schema: a column or a number"},
               {"zero_threshold", "A column or a number; left out: 0"},
               {"zero_count", "The column of the zero bucket's count"},
               {"custom_bounds", "The column of lists of bounds, of schema -53"},
               {"positive", "The buckets above zero", Form::kObject, "side"},
               {"negative", "The buckets below zero", Form::kObject, "side"},
               {"counts", "Of a native histogram; left out: integer", Form::kText, "", {"integer", "float"}},
               {"gauge", "Whether a native histogram's counts may fall", Form::kText, "", {"true", "false"}},
               {"start", "The column of times when the counting began"},
               {"stale", "A column that is true where the series ends"},
               {"help", "What it is, for people"},
               {"human_name", "How people call it"},
               {"unit", "Of the values, for people"},
               {"labels", "Labels of this metric alone, by name", Form::kObjects, "label"}},
      .later = {"nan"}};
}

MappingObject rule_object() {
  return {.name = "rule",
          .title = "a relabelling rule",
          .keys = {{"source_labels", "Labels whose values are joined", Form::kTexts},
                   {"separator", "Between them; left out: ;"},
                   {"regex", "Matched against the whole of the joined text; left out: (.*)"},
                   {"modulus", "Of hashmod"},
                   {"target_label", "The label that is written"},
                   {"replacement", "What is written, with $1 and ${name}; left out: $1"},
                   {"action",
                    "replace (left out), keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, "
                    "labelkeep, lowercase, uppercase"}}};
}

std::vector<MappingObject> make_objects() {
  return {
      {.name = "mapping",
       .title = "a mapping",
       .keys = {{"version", "The version of this format", Form::kText, "", {"1"}},
                {"timestamp", "The time of a row", Form::kObject, "timestamp"},
                {"labels", "Labels by name; left out: inferred, {}: none", Form::kObjects, "label"},
                {"labels_from", "Columns whose texts hold several labels", Form::kList, "split"},
                {"metrics", "Columns of values; left out: inferred", Form::kList, "metric"},
                {"long", "A table with one value a row and the metric's name beside it", Form::kObject, "long"},
                {"prefix", "Text before every metric's name"},
                {"counter_total", "Counters' names get _total where they lack it", Form::kText, "", {"true", "false"}},
                {"counter_start",
                 "Whether counters begin with a sample of value 0 at their start",
                 Form::kText,
                 "",
                 {"none", "zero"}},
                {"stale_after", "How long after a series' last sample, or one before a gap, it is marked stale"},
                {"type_and_unit_labels",
                 "Every series has the labels __type__ and __unit__",
                 Form::kText,
                 "",
                 {"true", "false"}},
                {"relabel_configs", "Prometheus's rules, applied to every series", Form::kList, "rule"}},
       .required = {"version"}},
      {.name = "timestamp",
       .title = "timestamp",
       .keys = {{"column", "The time column; left out: inferred"},
                {"unit", "s, ms, us, ns, rfc3339, auto, or a pattern such as %Y-%m-%d %H:%M:%S"},
                {"offset", "Seconds or a duration added to every time"},
                {"time_column", "A column of times of day, where the time column has only dates"},
                {"timezone", "Of times that name none: Europe/Berlin, +02:00; left out: UTC"},
                {"ambiguous",
                 "Which of two moments a local time is, as clocks are set back",
                 Form::kText,
                 "",
                 {"earlier", "later", "reject"}}}},
      {.name = "label",
       .title = "a label",
       .keys = {{"column", "The column whose value the label has"}, {"value", "The label's value on every series"}},
       .later = {"null"}},
      metric_object(),
      {.name = "side",
       .title = "the buckets of one side",
       .keys = {{"spans", "The column of (offset, length) pairs, as Prometheus has them"},
                {"deltas", "The column of lists: of each bucket the difference to the one before"},
                {"counts", "The column of lists: of each bucket its count"},
                {"offset", "The column of the number of the first count, or a number; instead of spans"},
                {"by_number", "The column of maps from a bucket's number to its count; alone"}}},
      {.name = "split",
       .title = "an entry of labels_from",
       .keys = {{"column", "The column of texts"},
                {"regex", "Its named groups are the labels: (?P<host>[^.]+)"},
                {"json", "The texts are JSON objects, their keys are the labels", Form::kText, "", {"true", "false"}}},
       .required = {"column"}},
      {.name = "long",
       .title = "long",
       .keys = {{"name_column", "The column of metrics' names"},
                {"value_column", "The column of values"},
                {"type",
                 "Of all metrics; left out: gauge",
                 Form::kText,
                 "",
                 {"gauge", "counter", "untyped", "info", "stateset"}}},
       .required = {"name_column", "value_column"}},
      rule_object(),
  };
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }  // nothing here needs escapes

std::string list(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + quoted(word);
  return "[" + text + "]";
}

std::string reference(std::string_view object) { return "{\"$ref\": \"#/$defs/" + std::string(object) + "\"}"; }

/// What is said of the value, without the braces.
std::string form_text(const MappingKey& key) {
  constexpr std::string_view kOneLine = R"("type": ["string", "number", "boolean"])";
  switch (key.form) {
    case Form::kObject:
      return "\"$ref\": \"#/$defs/" + std::string(key.of) + "\"";
    case Form::kObjects:
      return R"("type": "object", "additionalProperties": )" + reference(key.of);
    case Form::kList:
      return R"("type": "array", "items": )" + reference(key.of);
    case Form::kTexts:
      return R"("type": "array", "items": {)" + std::string(kOneLine) + "}";
    case Form::kByName:
      return R"("type": "object", "additionalProperties": {)" + std::string(kOneLine) + "}";
    case Form::kText:
      break;
  }
  if (key.words.empty()) return std::string(kOneLine);
  if (key.words.front() == "1") return R"("enum": [1, "1"])";
  if (key.words.front() == "true") return R"("type": "boolean")";
  return "\"enum\": " + list(key.words);
}

std::string object_text(const MappingObject& object, const std::string& indent) {
  std::string text = R"("type": "object",)" + ("\n" + indent) + R"("additionalProperties": false,)" + ("\n" + indent);
  if (!object.required.empty()) text += "\"required\": " + list(object.required) + ",\n" + indent;
  text += "\"properties\": {";
  bool first = true;
  for (const MappingKey& key : object.keys) {
    text += (std::exchange(first, false) ? "\n" : ",\n") + indent + "  " + quoted(key.name) +
            ": {\"description\": " + quoted(key.says) + ", " + form_text(key) + "}";
  }
  return text + "\n" + indent + "}";
}

}  // namespace

std::vector<std::string_view> MappingObject::key_names() const {
  std::vector<std::string_view> names;
  for (const MappingKey& key : keys) names.push_back(key.name);
  return names;
}

std::span<const MappingObject> mapping_objects() {
  static const std::vector<MappingObject> objects = make_objects();
  return objects;
}

const MappingObject& mapping_object(std::string_view name) {
  const std::span<const MappingObject> all = mapping_objects();
  const auto at = std::find_if(all.begin(), all.end(), [name](const MappingObject& one) { return one.name == name; });
  PROMFILL_ASSERT(at != all.end());
  return *at;
}

std::string mapping_schema() {
  const std::span<const MappingObject> objects = mapping_objects();
  std::string text =
      "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"promfill mapping, version "
      "1\",\n  ";
  text += object_text(objects.front(), "  ") + ",\n  \"$defs\": {";
  bool first = true;
  for (const MappingObject& object : objects.subspan(1)) {
    text += std::string(std::exchange(first, false) ? "\n" : ",\n") + "    " + quoted(object.name) + ": {\n      " +
            object_text(object, "      ") + "\n    }";
  }
  return text + "\n  }\n}\n";
}

}  // namespace promfill
