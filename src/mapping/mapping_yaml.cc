// Grammar: docs/mapping.md. A mapping is small, so clarity goes before speed here. yaml-cpp throws; nothing leaves this
// file.
#include "mapping/mapping_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <utility>
#include <vector>

#include "mapping/metric_definitions.h"
#include "mapping/nearest_name.h"
#include "mapping/time_unit.h"

namespace promfill {
namespace {

/// The keys of one kind of object: those that are read, and those that the format knows and a later version reads.
struct Keys {
  std::string_view object;
  std::vector<std::string_view> known;
  std::vector<std::string_view> later;
};

const Keys& root_keys() {
  static const Keys keys{
      "a mapping", {"version", "timestamp", "labels", "metrics"}, {"labels_from", "long", "relabel_configs", "prefix"}};
  return keys;
}
const Keys& timestamp_keys() {
  static const Keys keys{"timestamp", {"column", "unit", "offset"}, {"timezone", "ambiguous", "format"}};
  return keys;
}
const Keys& label_keys() {
  static const Keys keys{"a label", {"column", "value"}, {"null"}};
  return keys;
}
const Keys& metric_keys() {
  static const Keys keys{"a metric",
                         {"column", "name", "type", "help", "human_name", "unit"},
                         {"labels", "buckets", "sum", "count", "quantiles", "schema", "zero_count", "zero_threshold",
                          "positive", "negative", "nan"}};
  return keys;
}

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
    PROMFILL_TRY_STATUS(check_keys(root, root_keys()));
    PROMFILL_TRY_STATUS(read_version(root));
    if (root["timestamp"]) PROMFILL_TRY_STATUS(read_timestamp(root));
    if (root["labels"]) PROMFILL_TRY_STATUS(read_labels(root));
    if (root["metrics"]) PROMFILL_TRY_STATUS(read_metrics(root));
    return std::move(mapping_);
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
  [[nodiscard]] Status check_keys(const YAML::Node& object, const Keys& keys) const {
    std::set<std::string> seen;
    for (const auto& entry : object) {
      PROMFILL_TRY(const std::string key, scalar(entry.first, "a key"));
      if (!seen.insert(key).second)
        return error(entry.first, "key " + quoted(key) + " stands twice", "keep one of them");
      if (contains(keys.known, key)) continue;
      const std::string known = "the keys of " + std::string(keys.object) + " are " + list_names(keys.known, 12);
      if (contains(keys.later, key)) {
        return error(entry.first, "key " + quoted(key) + " is not supported yet by this version", known);
      }
      return error(entry.first, "unknown key " + quoted(key), did_you_mean(key, keys.known) + known);
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
    PROMFILL_TRY_STATUS(check_keys(node, timestamp_keys()));
    TimestampMapping& timestamp = mapping_.timestamp;
    timestamp.place = place_of((node["column"] ? node["column"] : node).Mark());
    PROMFILL_TRY(timestamp.column, column_of(node));
    if (node["unit"]) {
      PROMFILL_TRY(const std::string text, scalar_of(node, "unit"));
      auto unit = parse_time_unit(text);
      if (!unit) return with_place(std::move(unit).error(), node["unit"]);
      timestamp.unit = *unit;
    }
    if (node["offset"]) {
      PROMFILL_TRY(const std::string text, scalar_of(node, "offset"));
      auto offset = parse_time_offset(text);
      if (!offset) return with_place(std::move(offset).error(), node["offset"]);
      timestamp.offset_ms = *offset;
    }
    return {};
  }

  Status read_labels(const YAML::Node& root) {
    const YAML::Node node = root["labels"];
    if (!node.IsMap()) {
      return value_error(root, "labels", "labels must be an object of names",
                         "write labels: {host: {column: host}}, {} for none, or leave it out to have them inferred");
    }
    mapping_.labels.emplace();
    std::set<std::string> names;
    for (const auto& entry : node) {
      PROMFILL_TRY(const std::string name, scalar(entry.first, "a label name"));
      if (!names.insert(name).second) {
        return error(entry.first, "label " + quoted(name) + " stands twice", "keep one of them, or rename it");
      }
      PROMFILL_TRY_STATUS(read_label(name, entry.first, entry.second));
    }
    return {};
  }

  Status read_label(const std::string& name, const YAML::Node& key, const YAML::Node& node) {
    const std::string form = "write " + name + ": {column: NAME} or " + name + ": {value: TEXT}";
    if (!node.IsMap()) return error(node, "label " + quoted(name) + " must be an object", form);
    PROMFILL_TRY_STATUS(check_keys(node, label_keys()));
    if (static_cast<bool>(node["column"]) == static_cast<bool>(node["value"])) {
      return error(node, "label " + quoted(name) + " needs either a column or a value", form);
    }
    if (node["value"]) {
      PROMFILL_TRY(std::string value, scalar_of(node, "value"));
      mapping_.constants.push_back({name, std::move(value), place_of(key.Mark())});
      return {};
    }
    PROMFILL_TRY(std::string column, column_of(node));
    mapping_.labels->push_back({name, std::move(column), place_of(key.Mark())});
    return {};
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

  Status read_metric(const YAML::Node& node) {
    if (!node.IsMap()) return error(node, "a metric must be an object", "write it as '- {column: NAME, type: gauge}'");
    PROMFILL_TRY_STATUS(check_keys(node, metric_keys()));
    MetricMapping metric;
    metric.place = place_of(node.Mark());
    PROMFILL_TRY(metric.column, column_of(node));
    if (metric.column.empty()) return error(node, "a metric without a column", "add 'column: NAME'");
    metric.name = metric.column;
    if (node["type"]) {
      PROMFILL_TRY(const std::string text, scalar_of(node, "type"));
      auto type = parse_mapped_type(text);
      if (!type) return with_place(std::move(type).error(), node["type"]);
      metric.type = *type;
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

}  // namespace

Result<Mapping> parse_mapping(std::string_view text, std::string file) {
  MappingParser parser(std::move(file));
  try {
    const std::string owned(text);
    if (const auto second = place_of_second_document(owned)) {
      return parser.error_at(*second, "a second document", "a mapping file has one: remove the line '---'");
    }
    return std::move(parser).parse(YAML::Load(owned));
  } catch (const YAML::Exception& exception) {
    return parser.error_at(exception.mark, "this is not YAML: " + exception.msg,
                           "check quotes, brackets and indentation there");
  }
}

}  // namespace promfill
