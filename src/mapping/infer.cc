#include "mapping/infer.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "distribution/native_parts.h"
#include "model/nearest_name.h"
#include "promfill/labels.h"

namespace promfill {
namespace {

/// In order of preference.
constexpr std::array<std::string_view, 5> kTimeNames{"timestamp", "time", "ts", "date", "datetime"};

constexpr std::size_t kColumnsListedMax = 12;

constexpr std::string_view kTotal = "_total";  // at the end of a counter's name, as OpenMetrics has it

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_but_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool ends_in_id(std::string_view name) {
  return name.size() >= 2 && equal_but_case(name.substr(name.size() - 2), "id");
}

bool is_text(const ColumnType& type) { return type.kind == ColumnKind::kUtf8 || type.kind == ColumnKind::kDictionary; }

bool is_integer(const ColumnType& type) { return type.kind == ColumnKind::kInt64 || type.kind == ColumnKind::kUint64; }

bool is_number(const ColumnType& type) { return is_integer(type) || type.kind == ColumnKind::kDouble; }

/// `column` as a name that every version of Prometheus takes: "CPU use (%)" is CPU_use, and a.b a_b.
std::string classic_name(std::string_view column, bool of_metric) {
  std::string name;
  for (const char c : column) {
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_good = is_digit || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || (c == ':' && of_metric);
    if (is_digit && name.empty()) name += '_';
    if (is_good) {
      name += c;
    } else if (!name.ends_with('_')) {
      name += '_';
    }
  }
  const std::size_t last = name.find_last_not_of('_');
  return column.ends_with('_') || last == std::string::npos ? name : name.substr(0, last + 1);
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string of_column(const std::string& name, const std::string& column) {
  return name == column ? "" : " from column " + quoted(column);
}

class Inference {
 public:
  Inference(const Mapping& mapping, const SourceSchema& schema) : schema_(schema) { result_.mapping = mapping; }

  Status infer_time() {
    TimestampMapping& timestamp = result_.mapping.timestamp;
    if (!timestamp.column.empty()) return {};
    std::vector<std::string_view> typed;
    for (const ColumnField& field : schema_) {
      if (field.type.kind == ColumnKind::kTimestamp) typed.push_back(field.name);
    }
    if (typed.size() == 1) {
      timestamp.column = typed.front();
      explain("time is " + quoted(timestamp.column) + ", the only column of a timestamp type");
      return {};
    }
    for (const std::string_view name : kTimeNames) {
      const auto found = std::find_if(schema_.begin(), schema_.end(),
                                      [&](const ColumnField& field) { return equal_but_case(field.name, name); });
      if (found == schema_.end()) continue;
      timestamp.column = found->name;
      explain("time is " + quoted(timestamp.column) + ", by its name");
      return {};
    }
    return Error{ErrorCode::kUsage,
                 typed.empty() ? "no column looks like the time"
                               : "several columns have a timestamp type: " + list_names(typed, kColumnsListedMax),
                 "", "name the time column with --timestamp COL; the columns are " + column_list()};
  }

  /// Of a native histogram whose parts are found by their names.
  [[nodiscard]] bool is_native_member(std::string_view column) const {
    const std::vector<MetricMapping> none;
    for (const MetricMapping& metric : result_.mapping.metrics ? *result_.mapping.metrics : none) {
      const bool has_members = metric.type == MetricType::kNativeHistogram && !metric.column.empty();
      if (has_members && column.starts_with(metric.column + ".")) return true;
    }
    return false;
  }

  void infer_labels() {
    Mapping& mapping = result_.mapping;
    if (mapping.labels) return;
    mapping.labels.emplace();
    std::set<std::string_view> metrics;
    if (mapping.metrics) {
      for (const MetricMapping& metric : *mapping.metrics) {
        metrics.insert({metric.column, metric.bound_column, metric.sum, metric.count, metric.start, metric.stale});
        for (const BoundMapping& bound : metric.bounds) metrics.insert(bound.column);
        for_each_part(metric.native,
                      [&](std::string_view, const char*, const std::string& text) { metrics.insert(text); });
      }
    }
    for (const ColumnField& field : schema_) {
      const bool id = is_integer(field.type) && ends_in_id(field.name);
      if (!is_text(field.type) && !id) continue;
      if (is_taken(field.name) || metrics.contains(field.name) || is_native_member(field.name)) continue;
      const std::string name = classic_name(field.name, false);
      mapping.labels->push_back({name, field.name, {}});
      explain("label " + quoted(name) + of_column(name, field.name) +
              (id ? ", an integer column whose name ends in id" : ", a text column") + decimal_hint(field));
    }
  }

  Status infer_metrics() {
    Mapping& mapping = result_.mapping;
    if (mapping.long_table) return take_metric_of_long_table();
    if (!mapping.metrics) {
      mapping.metrics.emplace();
      result_.metrics_inferred = true;
      std::set<std::string_view> labels;
      for (const LabelMapping& label : *mapping.labels) labels.insert(label.column);
      for (const ColumnField& field : schema_) {
        if (is_taken(field.name) || labels.contains(field.name)) continue;
        if (is_number(field.type)) {
          MetricMapping& metric = mapping.metrics->emplace_back();
          metric.column = field.name;
          metric.name = classic_name(field.name, true);
          explain("metric " + quoted(metric.name) + of_column(metric.name, field.name) +
                  ", a numeric column, as a gauge");
        } else if (!is_text(field.type)) {
          explain("column " + quoted(field.name) + " is left out: its type is " + field.type.source_type);
        }
      }
    }
    if (mapping.metrics->empty()) {
      return Error{ErrorCode::kUsage, "no column is left to be a metric", "",
                   "name one with --metric COL; the columns are " + column_list() + decimal_hint()};
    }
    for (MetricMapping& metric : *mapping.metrics) {
      if (metric.name.empty()) metric.name = metric.column;
      metric.name.insert(0, mapping.prefix);
      const bool lacks_total = metric.type == MetricType::kCounter && !metric.name.ends_with(kTotal);
      if (mapping.counter_total && lacks_total) metric.name += kTotal;
    }
    mapping.prefix.clear();  // it is in the names now
    return {};
  }

  CompleteMapping take() && { return std::move(result_); }

 private:
  /// Its name stands in the rows.
  Status take_metric_of_long_table() {
    Mapping& mapping = result_.mapping;
    const LongTable& table = *mapping.long_table;
    if (mapping.metrics) {
      return Error{ErrorCode::kUsage, "a mapping has either metrics or a long table", to_string(mapping, table.place),
                   "leave out one of them"};
    }
    MetricMapping& metric = mapping.metrics.emplace().emplace_back();
    metric.column = table.value_column;
    metric.type = table.type;
    metric.place = table.place;
    return {};
  }

  /// Used for something else than a label or a metric of its own.
  [[nodiscard]] bool is_taken(std::string_view column) const {
    const Mapping& mapping = result_.mapping;
    if (column == mapping.timestamp.column || column == mapping.timestamp.time_column) return true;
    const auto& splits = mapping.label_splits;
    if (std::any_of(splits.begin(), splits.end(), [&](const auto& split) { return split.column == column; }))
      return true;
    const auto& table = mapping.long_table;
    return table && (column == table->name_column || column == table->value_column);
  }

  void explain(std::string reason) { result_.reasons.push_back(std::move(reason)); }

  [[nodiscard]] std::string column_list() const {
    std::vector<std::string_view> names;
    for (const ColumnField& field : schema_) names.push_back(field.name);
    return list_names(names, kColumnsListedMax);
  }

  /// What to say where texts look like numbers of another country.
  static std::string decimal_hint(const ColumnField& field) {
    constexpr std::string_view kLike = "text like ";  // CsvLayout's word for it
    if (!field.type.source_type.starts_with(kLike)) return "";
    return "; texts like " + field.type.source_type.substr(kLike.size()) + " are numbers with --csv-decimal ,";
  }
  [[nodiscard]] std::string decimal_hint() const {
    for (const ColumnField& field : schema_) {
      if (std::string hint = decimal_hint(field); !hint.empty()) return hint;
    }
    return "";
  }

  const SourceSchema& schema_;
  CompleteMapping result_;
};

}  // namespace

Result<CompleteMapping> complete_mapping(const Mapping& mapping, const SourceSchema& schema) {
  Inference inference(mapping, schema);
  PROMFILL_TRY_STATUS(inference.infer_time());
  inference.infer_labels();
  PROMFILL_TRY_STATUS(inference.infer_metrics());
  return std::move(inference).take();
}

}  // namespace promfill
