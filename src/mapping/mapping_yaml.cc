// Reads a mapping file, version 1: YAML in, Mapping out. A key that is not known, or belongs to a later version, is an
// error with its place, never ignored. Grammar: docs/mapping.md. A mapping is small, so clarity goes before speed here.
// yaml-cpp throws; nothing leaves this file.
#include "promfill/mapping.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <utility>
#include <vector>

#include "calendar/time_unit.h"
#include "calendar/zone.h"
#include "distribution/native_parts.h"
#include "mapping/mapping_keys.h"
#include "mapping/metric_definitions.h"
#include "model/nearest_name.h"
#include "relabel/label_split.h"
#include "relabel/relabel.h"

namespace promfill {
namespace {

MappingPlace place_of(const YAML::Mark& mark) {
  return mark.is_null() ? MappingPlace{1, 1} : MappingPlace{mark.line + 1, mark.column + 1};
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

class MappingParser {
 public:
  explicit MappingParser(std::string file) { mapping_.file = std::move(file); }

  Result<Mapping> parse(const YAML::Node& root) && {
    if (!root.IsMap()) {
      return error(root, "a mapping file is a list of keys and values", "start it with the line 'version: 1'");
    }
    PROMFILL_TRY_STATUS(check_keys(root, mapping_object("mapping")));
    PROMFILL_TRY_STATUS(read_version(root));
    if (root["timestamp"]) PROMFILL_TRY_STATUS(read_timestamp(root));
    if (root["labels"]) PROMFILL_TRY_STATUS(read_labels(root));
    if (root["metrics"]) PROMFILL_TRY_STATUS(read_metrics(root));
    if (root["labels_from"]) PROMFILL_TRY_STATUS(read_splits(root));
    if (root["long"]) PROMFILL_TRY_STATUS(read_long_table(root));
    if (root["prefix"]) {
      PROMFILL_TRY(mapping_.prefix, scalar_of(root, "prefix"));
    }
    PROMFILL_TRY(mapping_.counter_total, truth_of(root, "counter_total", false));
    PROMFILL_TRY_STATUS(read_generated(root));
    PROMFILL_TRY(mapping_.type_and_unit_labels, truth_of(root, "type_and_unit_labels", false));
    if (root["relabel_configs"]) PROMFILL_TRY_STATUS(read_relabelling(root));
    return std::move(mapping_);
  }

  Result<std::vector<RelabelRule>> parse_rules(const YAML::Node& root) && {
    if (root.IsMap() && root["relabel_configs"]) {
      const MappingObject rules_file{"rules", "a file of rules", {mapping_object("mapping").keys.back()}};
      PROMFILL_TRY_STATUS(check_keys(root, rules_file));
      PROMFILL_TRY_STATUS(read_relabelling(root));
    } else if (root.IsSequence()) {
      PROMFILL_TRY_STATUS(read_rules(root));
    } else {
      return error(root, "a file of relabelling rules is a list", "write '- {regex: TEXT, action: labeldrop}'");
    }
    return std::move(mapping_.relabel_rules);
  }

  [[nodiscard]] Error error_at(const YAML::Mark& mark, std::string message, std::string hint) const {
    return {ErrorCode::kUsage, std::move(message), to_string(mapping_, place_of(mark)), std::move(hint)};
  }

 private:
  /// Of the value of `key`: at the value, or at the key where the value is empty.
  [[nodiscard]] Error value_error(const YAML::Node& object, std::string_view key, std::string message,
                                  std::string hint) const {
    for (const auto& entry : object) {
      if (entry.first.Scalar() != key) continue;
      return error(entry.second.IsNull() ? entry.first : entry.second, std::move(message), std::move(hint));
    }
    return error(object, std::move(message), std::move(hint));
  }

  [[nodiscard]] Error error(const YAML::Node& node, std::string message, std::string hint) const {
    return error_at(node.Mark(), std::move(message), std::move(hint));
  }

  /// Every key is known and stands once.
  [[nodiscard]] Status check_keys(const YAML::Node& object, const MappingObject& kind) const {
    const std::vector<std::string_view> names = kind.key_names();
    std::set<std::string> seen;
    for (const auto& entry : object) {
      PROMFILL_TRY(const std::string key, scalar(entry.first, "a key"));
      if (!seen.insert(key).second)
        return error(entry.first, "key " + quoted(key) + " stands twice", "keep one of them");
      if (contains(names, key)) continue;
      const std::string known = "the keys of " + std::string(kind.title) + " are " + list_names(names, 12);
      if (contains(kind.later, key)) {
        return error(entry.first, "key " + quoted(key) + " is not supported yet by this version", known);
      }
      return error(entry.first, "unknown key " + quoted(key), did_you_mean(key, names) + known);
    }
    return {};
  }

  static bool contains(std::span<const std::string_view> words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  }

  [[nodiscard]] Result<std::string> scalar(const YAML::Node& node, std::string_view what) const {
    if (node.IsScalar()) return node.Scalar();
    return error(node, std::string(what) + " must be a text or a number", "write it on one line, quoted if need be");
  }

  [[nodiscard]] Result<std::string> scalar_of(const YAML::Node& object, const char* key) const {
    return scalar(object[key], quoted(key));
  }

  /// true or false; `left_out` where the key is not there.
  [[nodiscard]] Result<bool> truth_of(const YAML::Node& object, const char* key, bool left_out) const {
    return choice_of(object, key, "true", "false", left_out);
  }

  /// Which of two words a key has: whether it is `yes`.
  [[nodiscard]] Result<bool> choice_of(const YAML::Node& object, const char* key, const std::string& yes,
                                       const std::string& no, bool left_out) const {
    if (!object[key]) return left_out;
    PROMFILL_TRY(const std::string text, scalar_of(object, key));
    if (text == yes || text == no) return text == yes;
    return error(object[key], quoted(key) + " is " + yes + " or " + no, "write " + std::string(key) + ": " + yes);
  }

  /// A text that may be left out, but not left empty.
  [[nodiscard]] Result<std::string> column_of(const YAML::Node& object) const {
    if (!object["column"]) return std::string();
    PROMFILL_TRY(std::string column, scalar_of(object, "column"));
    if (column.empty()) return error(object["column"], "'column' is empty", "name a column of the source");
    return column;
  }

  [[nodiscard]] Error with_place(Error cause, const YAML::Node& node) const {
    cause.where = to_string(mapping_, place_of(node.Mark()));
    return cause;
  }

  Status read_version(const YAML::Node& root) const {
    if (!root["version"]) return error(root, "the version is missing", "start the file with the line 'version: 1'");
    PROMFILL_TRY(const std::string version, scalar_of(root, "version"));
    if (version == "1") return {};
    return error(root["version"], "mapping version " + quoted(version) + " is not known",
                 "this promfill reads version 1");
  }

  Status read_timestamp(const YAML::Node& root) {
    const YAML::Node node = root["timestamp"];
    if (!node.IsMap()) {
      return value_error(root, "timestamp", "timestamp must be an object",
                         "write it as timestamp: {column: NAME, unit: s}");
    }
    PROMFILL_TRY_STATUS(check_keys(node, mapping_object("timestamp")));
    TimestampMapping& timestamp = mapping_.timestamp;
    timestamp.place = place_of((node["column"] ? node["column"] : node).Mark());
    PROMFILL_TRY(timestamp.column, column_of(node));
    if (node["unit"]) {
      PROMFILL_TRY(const std::string text, scalar_of(node, "unit"));
      auto notation = parse_time_notation(text);
      if (!notation) return with_place(std::move(notation).error(), node["unit"]);
      timestamp.unit = notation->unit;
      timestamp.format = std::move(notation->format);
    }
    if (node["offset"]) {
      PROMFILL_TRY(const std::string text, scalar_of(node, "offset"));
      auto offset = parse_time_offset(text);
      if (!offset) return with_place(std::move(offset).error(), node["offset"]);
      timestamp.offset_ms = *offset;
    }
    return read_local_time(node);
  }

  Status read_local_time(const YAML::Node& node) {
    TimestampMapping& timestamp = mapping_.timestamp;
    PROMFILL_TRY_STATUS(read_columns(node, {{"time_column", &timestamp.time_column}}));
    if (node["time_column"] && timestamp.column.empty()) {
      return error(node, "a time_column needs a column of dates beside it", "add 'column: NAME'");
    }
    if (node["timezone"]) {
      PROMFILL_TRY(timestamp.timezone, scalar_of(node, "timezone"));
      if (auto zone = Zone::load(timestamp.timezone); !zone) {
        return with_place(std::move(zone).error(), node["timezone"]);
      }
    }
    if (node["ambiguous"]) {
      PROMFILL_TRY(const std::string text, scalar_of(node, "ambiguous"));
      auto ambiguous = parse_ambiguous_time(text);
      if (!ambiguous) return with_place(std::move(ambiguous).error(), node["ambiguous"]);
      timestamp.ambiguous = *ambiguous;
    }
    return {};
  }

  Status read_labels(const YAML::Node& root) {
    const YAML::Node node = root["labels"];
    if (!node.IsMap()) {
      return value_error(root, "labels", "labels must be an object of names",
                         "write labels: {host: {column: host}}, {} for none, or leave it out to have them inferred");
    }
    return read_label_list(node, mapping_.labels.emplace(), mapping_.constants);
  }

  Status read_label_list(const YAML::Node& node, std::vector<LabelMapping>& labels,
                         std::vector<ConstantLabel>& constants) const {
    std::set<std::string> names;
    for (const auto& entry : node) {
      PROMFILL_TRY(const std::string name, scalar(entry.first, "a label name"));
      if (!names.insert(name).second) {
        return error(entry.first, "label " + quoted(name) + " stands twice", "keep one of them, or rename it");
      }
      const MappingPlace place = place_of(entry.first.Mark());
      const std::string form = "write " + name + ": {column: NAME} or " + name + ": {value: TEXT}";
      if (!entry.second.IsMap()) return error(entry.second, "label " + quoted(name) + " must be an object", form);
      PROMFILL_TRY_STATUS(check_keys(entry.second, mapping_object("label")));
      if (static_cast<bool>(entry.second["column"]) == static_cast<bool>(entry.second["value"])) {
        return error(entry.second, "label " + quoted(name) + " needs either a column or a value", form);
      }
      if (entry.second["value"]) {
        PROMFILL_TRY(std::string value, scalar_of(entry.second, "value"));
        constants.push_back({name, std::move(value), place});
      } else {
        PROMFILL_TRY(std::string column, column_of(entry.second));
        labels.push_back({name, std::move(column), place});
      }
    }
    return {};
  }

  Status read_splits(const YAML::Node& root) {
    const YAML::Node node = root["labels_from"];
    const std::string form = "write each entry as '- {column: NAME, regex: TEXT}' or '- {column: NAME, json: true}'";
    if (!node.IsSequence()) return value_error(root, "labels_from", "labels_from must be a list", form);
    for (const YAML::Node& entry : node) {
      if (!entry.IsMap()) return error(entry, "an entry of labels_from must be an object", form);
      PROMFILL_TRY_STATUS(check_keys(entry, mapping_object("split")));
      LabelSplitMapping split;
      split.place = place_of(entry.Mark());
      PROMFILL_TRY(split.column, column_of(entry));
      if (split.column.empty()) return error(entry, "an entry of labels_from without a column", form);
      PROMFILL_TRY(const bool json, truth_of(entry, "json", false));
      if (json == static_cast<bool>(entry["regex"])) {
        return error(entry, "an entry of labels_from needs either a regex or json: true", form);
      }
      if (entry["regex"]) {
        PROMFILL_TRY(split.regex, scalar_of(entry, "regex"));
      }
      if (auto compiled = LabelSplit::compile(split); !compiled) {
        return with_place(std::move(compiled).error(), entry["regex"]);
      }
      mapping_.label_splits.push_back(std::move(split));
    }
    return {};
  }

  Status read_long_table(const YAML::Node& root) {
    const YAML::Node node = root["long"];
    const std::string form = "write long: {name_column: NAME, value_column: NAME}";
    if (!node.IsMap()) return value_error(root, "long", "long must be an object", form);
    PROMFILL_TRY_STATUS(check_keys(node, mapping_object("long")));
    LongTable table;
    table.place = place_of(node.Mark());
    for (const auto& [key, text] :
         {std::pair{"name_column", &table.name_column}, std::pair{"value_column", &table.value_column}}) {
      if (!node[key]) return error(node, "a long table needs a " + std::string(key), form);
      PROMFILL_TRY(*text, scalar_of(node, key));
      if (text->empty()) return error(node[key], quoted(key) + " is empty", form);
    }
    PROMFILL_TRY(table.type, read_type(node, false));
    if (root["metrics"]) return error(node, "a mapping has either metrics or a long table", "leave out one of them");
    mapping_.long_table = std::move(table);
    return {};
  }

  [[nodiscard]] Result<MetricType> read_type(const YAML::Node& node, bool of_families) const {
    if (!node["type"]) return MetricType::kGauge;
    PROMFILL_TRY(const std::string text, scalar_of(node, "type"));
    auto type = parse_mapped_type(text, of_families);
    if (!type) return with_place(std::move(type).error(), node["type"]);
    return *type;
  }

  Status read_metrics(const YAML::Node& root) {
    const YAML::Node node = root["metrics"];
    if (!node.IsSequence()) {
      return value_error(root, "metrics", "metrics must be a list",
                         "write each one as '- {column: NAME, name: NAME, type: gauge}'");
    }
    mapping_.metrics.emplace();
    for (const YAML::Node& entry : node) PROMFILL_TRY_STATUS(read_metric(entry));
    if (mapping_.metrics->empty()) {
      return error(node, "metrics is empty", "list at least one, or leave it out to have them inferred");
    }
    return {};
  }

  /// Samples that no row has.
  Status read_generated(const YAML::Node& root) {
    PROMFILL_TRY(mapping_.counter_start_zero, choice_of(root, "counter_start", "zero", "none", false));
    if (!root["stale_after"]) return {};
    PROMFILL_TRY(const std::string text, scalar_of(root, "stale_after"));
    const Result<Duration> after = parse_duration(text);
    if (!after) return value_error(root, "stale_after", after.error().message, "write stale_after: 5m");
    mapping_.stale_after = *after;
    return {};
  }

  Status read_metric(const YAML::Node& node) {
    if (!node.IsMap()) return error(node, "a metric must be an object", "write it as '- {column: NAME, type: gauge}'");
    PROMFILL_TRY_STATUS(check_keys(node, mapping_object("metric")));
    MetricMapping metric;
    metric.place = place_of(node.Mark());
    PROMFILL_TRY(metric.column, column_of(node));
    metric.name = metric.column;
    PROMFILL_TRY(metric.type, read_type(node, true));
    PROMFILL_TRY_STATUS(read_family(node, metric));
    PROMFILL_TRY_STATUS(read_native(node, metric));
    const bool has_parts = !metric.bounds.empty() || metric.type == MetricType::kNativeHistogram;
    if (metric.column.empty() && !has_parts) {
      return error(node, "a metric without a column", "add 'column: NAME'");
    }
    if (metric.name.empty() && !node["name"]) {
      return error(node, "a " + std::string(to_string(metric.type)) + " without a name", "add 'name: NAME'");
    }
    if (node["labels"]) {
      if (!node["labels"].IsMap()) {
        return value_error(node, "labels", "labels must be an object of names",
                           "write labels: {code: {column: status}}");
      }
      PROMFILL_TRY_STATUS(read_label_list(node["labels"], metric.labels, metric.constants));
    }
    for (const auto& [key, text] : {std::pair{"name", &metric.name}, std::pair{"help", &metric.help},
                                    std::pair{"human_name", &metric.human_name}, std::pair{"unit", &metric.unit}}) {
      if (!node[key]) continue;
      PROMFILL_TRY(*text, scalar_of(node, key));
    }
    if (metric.name.empty()) return error(node["name"], "'name' is empty", "leave it out to use the column's name");
    mapping_.metrics->push_back(std::move(metric));
    return {};
  }

  /// Of histograms and summaries: where their buckets or quantiles, sums and counts are.
  Status read_family(const YAML::Node& node, MetricMapping& metric) const {
    const bool is_summary = metric.type == MetricType::kSummary;
    const bool is_family = is_summary || metric.type == MetricType::kHistogram;
    const bool is_native = metric.type == MetricType::kNativeHistogram;
    for (const std::string_view key :
         {"buckets", "quantiles", "bounds", "le", "quantile", "sum", "count", "cumulative", "start", "stale"}) {
      const bool of_summary = key == "quantiles" || key == "quantile";
      const bool of_histogram = key == "buckets" || key == "le" || key == "cumulative";
      const bool of_one = key == "start" || key == "stale";
      if (!node[key.data()] || (is_family ? !of_one && !(is_summary ? of_histogram : of_summary) : of_one)) continue;
      if (is_native && (key == "sum" || key == "count" || key == "buckets" || key == "cumulative")) continue;
      const std::string what = quoted(key) + " is not of a " + std::string(to_string(metric.type));
      return value_error(node, key.data(), what,
                         of_one       ? "it is of one series: list its counters as metrics of their own"
                         : of_summary ? "say type: summary"
                                      : "say type: histogram");
    }
    if (!is_family) PROMFILL_TRY_STATUS(read_columns(node, {{"start", &metric.start}, {"stale", &metric.stale}}));
    if (is_native) {
      PROMFILL_TRY_STATUS(read_columns(node, {{"sum", &metric.sum}, {"count", &metric.count}}));
      PROMFILL_TRY_STATUS(read_bounds(node, "buckets", metric));
      PROMFILL_TRY(metric.cumulative, truth_of(node, "cumulative", true));
    }
    if (!is_family) return {};
    PROMFILL_TRY_STATUS(read_bounds(node, is_summary ? "quantiles" : "buckets", metric));
    const char* const of_rows = is_summary ? "quantile" : "le";
    PROMFILL_TRY_STATUS(
        read_columns(node, {{of_rows, &metric.bound_column}, {"sum", &metric.sum}, {"count", &metric.count}}));
    PROMFILL_TRY(metric.cumulative, truth_of(node, "cumulative", true));
    return {};
  }

  /// Names of columns that may be left out, but not left empty.
  Status read_columns(const YAML::Node& node, std::initializer_list<std::pair<const char*, std::string*>> keys) const {
    for (const auto& [key, text] : keys) {
      if (!node[key]) continue;
      PROMFILL_TRY(*text, scalar_of(node, key));
      if (text->empty()) return value_error(node, key, quoted(key) + " is empty", "name a column of the source");
    }
    return {};
  }

  /// Where a native histogram has its parts.
  Status read_native(const YAML::Node& node, MetricMapping& metric) const {
    if (metric.type != MetricType::kNativeHistogram) {
      for (const char* key : {"schema", "scale", "zero_threshold", "zero_count", "custom_bounds", "positive",
                              "negative", "counts", "gauge"}) {
        if (!node[key]) continue;
        return value_error(node, key, quoted(key) + " is not of a " + std::string(to_string(metric.type)),
                           "say type: native_histogram");
      }
      return {};
    }
    for (const char* side : {"positive", "negative"}) {
      if (!node[side]) continue;
      if (!node[side].IsMap()) {
        return value_error(node, side, quoted(side) + " must be an object",
                           "write " + std::string(side) + ": {spans: COLUMN, counts: COLUMN}");
      }
      PROMFILL_TRY_STATUS(check_keys(node[side], mapping_object("side")));
    }
    Status read;
    for_each_part(metric.native, [&](std::string_view side, const char* key, std::string& text) {
      if (!read) return;
      if (side.empty()) {
        read = read_columns(node, {{key, &text}});
      } else if (node[std::string(side)]) {
        read = read_columns(node[std::string(side)], {{key, &text}});
      }
    });
    PROMFILL_TRY_STATUS(read);
    PROMFILL_TRY(metric.native.is_gauge, truth_of(node, "gauge", false));
    PROMFILL_TRY(metric.native.counts_are_floats, choice_of(node, "counts", "float", "integer", false));
    return {};
  }

  Status read_bounds(const YAML::Node& node, const char* key, MetricMapping& metric) const {
    if (node[key]) {
      const std::string form = "write " + std::string(key) + ": {\"0.5\": COLUMN}";
      if (!node[key].IsMap()) return value_error(node, key, quoted(key) + " must be columns by bound", form);
      if (!metric.column.empty()) {
        return error(node["column"], "either 'column' or " + quoted(key), "a column with lists has 'bounds' beside it");
      }
      for (const auto& entry : node[key]) {
        PROMFILL_TRY(const std::string bound, scalar(entry.first, "a bound"));
        PROMFILL_TRY(const std::string column, scalar(entry.second, "a column"));
        if (column.empty()) return error(entry.first, "bound " + quoted(bound) + " has no column", form);
        metric.bounds.push_back({bound, column, place_of(entry.first.Mark())});
      }
    }
    if (!node["bounds"]) return {};
    if (!node["bounds"].IsSequence() || node[key]) {
      return value_error(node, "bounds", "'bounds' must be the only list of bounds", "write bounds: [0.1, 1, +Inf]");
    }
    for (const YAML::Node& entry : node["bounds"]) {
      PROMFILL_TRY(const std::string bound, scalar(entry, "a bound"));
      metric.bounds.push_back({bound, "", place_of(entry.Mark())});
    }
    return {};
  }

  Status read_relabelling(const YAML::Node& root) {
    const YAML::Node node = root["relabel_configs"];
    if (!node.IsSequence()) {
      return value_error(root, "relabel_configs", "relabel_configs must be a list",
                         "write each rule as '- {source_labels: [NAME], regex: TEXT, action: keep}'");
    }
    return read_rules(node);
  }

  Status read_rules(const YAML::Node& node) {
    for (const YAML::Node& entry : node) {
      PROMFILL_TRY_STATUS(read_rule(entry));
      const RelabelRule& rule = mapping_.relabel_rules.back();
      if (auto checked = Relabeller::compile({&rule, 1}); !checked) {
        return with_place(std::move(checked).error(), entry);
      }
    }
    return {};
  }

  Status read_rule(const YAML::Node& node) {
    if (!node.IsMap()) {
      return error(node, "a relabelling rule must be an object", "write it as '- {regex: TEXT, action: labeldrop}'");
    }
    PROMFILL_TRY_STATUS(check_keys(node, mapping_object("rule")));
    RelabelRule rule;
    rule.place = place_of(node.Mark());
    if (node["source_labels"]) {
      PROMFILL_TRY(rule.source_labels, read_source_labels(node["source_labels"]));
    }
    if (node["regex"]) {
      PROMFILL_TRY(rule.regex, scalar_of(node, "regex"));
    }
    if (node["action"]) {
      PROMFILL_TRY(const std::string text, scalar_of(node, "action"));
      auto action = parse_relabel_action(text);
      if (!action) return with_place(std::move(action).error(), node["action"]);
      rule.action = *action;
    }
    if (node["modulus"]) {
      PROMFILL_TRY(const std::string text, scalar_of(node, "modulus"));
      const char* const end = text.data() + text.size();
      const auto [stop, trouble] = std::from_chars(text.data(), end, rule.modulus);
      if (trouble != std::errc() || stop != end) {
        return error(node["modulus"], "modulus " + quoted(text) + " is no whole number", "write modulus: 8");
      }
    }
    for (const auto& [key, text] :
         {std::pair{"separator", &rule.separator}, std::pair{"target_label", &rule.target_label},
          std::pair{"replacement", &rule.replacement}}) {
      if (node[key]) {
        PROMFILL_TRY(*text, scalar_of(node, key));
      }
    }
    mapping_.relabel_rules.push_back(std::move(rule));
    return {};
  }

  [[nodiscard]] Result<std::vector<std::string>> read_source_labels(const YAML::Node& node) const {
    if (!node.IsSequence()) {
      return error(node, "source_labels must be a list of names", "write source_labels: [NAME, NAME]");
    }
    std::vector<std::string> names;
    for (const YAML::Node& entry : node) {
      PROMFILL_TRY(std::string name, scalar(entry, "a label's name"));
      if (!is_valid_label_name(name, NameScheme::kUtf8)) {
        return error(entry, quoted(name) + " is no label name", "names are UTF-8 and not empty");
      }
      names.push_back(std::move(name));
    }
    return names;
  }

  Mapping mapping_;
};

/// Notes where something stands in a document.
class FirstEvent final : public YAML::EventHandler {
 public:
  [[nodiscard]] const std::optional<YAML::Mark>& place() const { return place_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override { note(mark); }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnMapEnd() override {}

 private:
  void note(const YAML::Mark& mark) {
    if (!place_) place_ = mark;
  }
  std::optional<YAML::Mark> place_;
};

/// Not by YAML::LoadAll: for a text that begins with a comma it makes documents until memory is full (yaml-cpp 0.7).
std::optional<YAML::Mark> place_of_second_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  FirstEvent first;
  if (!parser.HandleNextDocument(first)) return std::nullopt;
  FirstEvent second;
  if (!parser.HandleNextDocument(second)) return std::nullopt;
  return second.place();
}

/// Call `use` with the only document of a text. yaml-cpp throws; nothing leaves this.
template <typename T, typename Use>
Result<T> with_document(std::string_view text, MappingParser parser, Use use) {
  try {
    const std::string owned(text);
    if (const auto second = place_of_second_document(owned)) {
      return parser.error_at(*second, "a second document", "a mapping file has one: remove the line '---'");
    }
    return use(std::move(parser), YAML::Load(owned));
  } catch (const YAML::Exception& exception) {
    return parser.error_at(exception.mark, "this is not YAML: " + exception.msg,
                           "check quotes, brackets and indentation there");
  }
}

}  // namespace

inline namespace PROMFILL_ABI {

Result<Mapping> parse_mapping(std::string_view text, std::string file) {
  return with_document<Mapping>(
      text, MappingParser(std::move(file)),
      [](MappingParser&& parser, const YAML::Node& root) { return std::move(parser).parse(root); });
}

Result<std::vector<RelabelRule>> parse_relabel_rules(std::string_view text, std::string file) {
  return with_document<std::vector<RelabelRule>>(
      text, MappingParser(std::move(file)),
      [](MappingParser&& parser, const YAML::Node& root) { return std::move(parser).parse_rules(root); });
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
