#include "mapping/metric_definitions.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "family/family_series.h"
#include "model/nearest_name.h"
#include "relabel/label_split.h"

namespace promfill {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string where(const Mapping& mapping, MappingPlace place) {
  return place.line > 0 ? to_string(mapping, place) : std::string();
}

/// `name` with an underscore for every character that a classic name can't have there.
std::string legal_form(std::string_view name, bool colons) {
  std::string legal;
  if (!name.empty() && name.front() >= '0' && name.front() <= '9') legal = "_";
  for (const char c : name) {
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (colons && c == ':');
    // One underscore for a character of several bytes.
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) legal += fits ? c : '_';
  }
  return legal.empty() ? "name" : legal;
}

/// Names that Prometheus 2 can't read are refused although version 3 takes any UTF-8: blocks outlive their readers'
/// upgrades.
Status check_label_name(const Mapping& mapping, const std::string& name, std::string_view form, MappingPlace place) {
  if (name == kMetricName) {
    return Error{ErrorCode::kUsage, "label __name__ can't be mapped", where(mapping, place),
                 "the metric's name takes that place: name metrics with --metric NAME=COL"};
  }
  if (is_classic_label_name(name)) return {};
  return Error{ErrorCode::kUsage, "invalid label name " + quoted(name), where(mapping, place),
               "use letters, digits and underscores, not starting with a digit, such as --" + std::string(form) + " " +
                   legal_form(name, false) + "=…"};
}

/// Labels of Prometheus 3's feature type-and-unit-labels (schema/labels.go, Metadata.AddToLabels), which leaves out
/// what is not known.
constexpr std::string_view kTypeLabel = "__type__";
constexpr std::string_view kUnitLabel = "__unit__";

void add_metadata_labels(const MetricMapping& metric, std::vector<Label>& labels) {
  if (metric.type != MetricType::kUntyped) {
    const bool native = metric.type == MetricType::kNativeHistogram;
    labels.push_back({std::string(kTypeLabel), std::string(to_string(native ? MetricType::kHistogram : metric.type))});
  }
  if (!metric.unit.empty()) labels.push_back({std::string(kUnitLabel), metric.unit});
}

/// `count` of what `limit` bounds.
Status check_limit(std::uint64_t Limits::* limit, const Limits& limits, std::uint64_t count, std::string_view what,
                   std::string place) {
  if (count <= limits.*limit) return {};
  return Error{ErrorCode::kUsage,
               std::string(what) + ": " + std::to_string(count) + ", and the limit is " + std::to_string(limits.*limit),
               std::move(place), hint_to_raise(limit, count)};
}

/// How a name that is too long is told: its beginning says which it is.
std::string shortened(std::string_view text) {
  constexpr std::size_t kShownBytes = 64;
  if (text.size() <= kShownBytes) return quoted(text);
  return quoted(std::string(text.substr(0, kShownBytes)) + "...");
}

/// Label names are used once, be it for a column or a constant.
class LabelNames {
 public:
  LabelNames(const Mapping& mapping, const Limits& limits) : mapping_(mapping), limits_(limits) {}

  Status add(const std::string& name, std::string source, std::string_view form, MappingPlace place) {
    PROMFILL_TRY_STATUS(check_limit(&Limits::label_name_bytes, limits_, name.size(),
                                    "bytes of the label name " + shortened(name), where(mapping_, place)));
    PROMFILL_TRY_STATUS(check_label_name(mapping_, name, form, place));
    const auto [at, is_new] = sources_.emplace(name, std::move(source));
    if (is_new) return {};
    return Error{ErrorCode::kUsage, "label " + quoted(name) + " is given twice", where(mapping_, place),
                 "it already is " + at->second + ": rename one of them"};
  }

 private:
  const Mapping& mapping_;
  const Limits& limits_;
  std::map<std::string, std::string> sources_;
};

Status check_constant(const Mapping& mapping, const ConstantLabel& constant, const Limits& limits) {
  if (!is_valid_utf8(constant.value)) {
    return Error{ErrorCode::kUsage, "the value of label " + quoted(constant.name) + " is not UTF-8",
                 where(mapping, constant.place), "save the mapping as UTF-8"};
  }
  return check_limit(&Limits::label_value_bytes, limits, constant.value.size(),
                     "bytes of the value of label " + quoted(constant.name), where(mapping, constant.place));
}

Status add_names(const Mapping& mapping, std::span<const LabelMapping> labels, std::span<const ConstantLabel> constants,
                 const Limits& limits, LabelNames& names) {
  for (const LabelMapping& label : labels) {
    PROMFILL_TRY_STATUS(names.add(label.name, "column " + quoted(label.column), "label", label.place));
  }
  for (const ConstantLabel& constant : constants) {
    PROMFILL_TRY_STATUS(names.add(constant.name, "the constant " + quoted(constant.value), "const", constant.place));
    PROMFILL_TRY_STATUS(check_constant(mapping, constant, limits));
  }
  return {};
}

/// The names of groups; keys of JSON are known row by row.
Status add_split_names(const Mapping& mapping, const LabelSplitMapping& split, LabelNames& names) {
  auto compiled = LabelSplit::compile(split);
  if (!compiled) {
    Error error = std::move(compiled).error();
    error.where = where(mapping, split.place);
    return error;
  }
  for (const std::string& name : compiled->names()) {
    PROMFILL_TRY_STATUS(names.add(name, "a group of column " + quoted(split.column), "label", split.place));
  }
  return {};
}

/// Each series of a histogram or summary as a metric of its own.
Result<std::vector<MetricMapping>> series_as_metrics(const Mapping& mapping) {
  std::vector<MetricMapping> metrics;
  for (const MetricMapping& metric : *mapping.metrics) {
    PROMFILL_TRY(std::vector<FamilySeries> series, family_series(mapping, metric));
    for (FamilySeries& one : series) metrics.push_back(std::move(one.metric));
  }
  return metrics;
}

Status check_labels(const Mapping& mapping, std::span<const MetricMapping> metrics, const Limits& limits) {
  std::size_t own_most = 0;
  for (const MetricMapping& metric : metrics) {
    own_most = std::max(own_most, metric.labels.size() + metric.constants.size());
  }
  const std::uint64_t metadata = mapping.type_and_unit_labels ? 2 : 0;
  const std::uint64_t labels = mapping.labels->size() + mapping.constants.size() + own_most + metadata + 1;
  PROMFILL_TRY_STATUS(check_limit(&Limits::labels_per_series, limits, labels,
                                  "labels of a series, with __name__ and constants", mapping.file));
  LabelNames names(mapping, limits);
  if (mapping.type_and_unit_labels) {
    for (const std::string_view name : {kTypeLabel, kUnitLabel}) {
      PROMFILL_TRY_STATUS(names.add(std::string(name), "what --type-and-unit-labels adds", "label", {}));
    }
  }
  PROMFILL_TRY_STATUS(add_names(mapping, *mapping.labels, mapping.constants, limits, names));
  for (const LabelSplitMapping& split : mapping.label_splits) {
    PROMFILL_TRY_STATUS(add_split_names(mapping, split, names));
  }
  for (const MetricMapping& metric : metrics) {
    if (metric.labels.empty() && metric.constants.empty()) continue;
    LabelNames with_own = names;
    PROMFILL_TRY_STATUS(add_names(mapping, metric.labels, metric.constants, limits, with_own));
  }
  return {};
}

Status check_metric_name(const Mapping& mapping, const MetricMapping& metric, const Limits& limits) {
  PROMFILL_TRY_STATUS(check_limit(&Limits::label_value_bytes, limits, metric.name.size(),
                                  "bytes of the metric name " + shortened(metric.name), where(mapping, metric.place)));
  if (is_classic_metric_name(metric.name)) return {};
  const std::string legal = legal_form(metric.name, true);
  return Error{ErrorCode::kUsage, "invalid metric name " + quoted(metric.name), where(mapping, metric.place),
               "use letters, digits, underscores and colons, not starting with a digit: --metric " + legal + "=" +
                   metric.column + ", or name: " + legal + " in a mapping file"};
}

}  // namespace

Result<MetricType> parse_mapped_type(std::string_view text, bool of_families) {
  constexpr std::array<std::string_view, 8> kMapped{"gauge",    "counter",          "untyped",   "info",
                                                    "stateset", "native_histogram", "histogram", "summary"};
  constexpr std::size_t kOfOneColumn = 6;
  const auto words = std::span(kMapped).first(of_families ? kMapped.size() : kOfOneColumn);
  const std::optional<MetricType> type = parse_metric_type(text);
  if (type && std::find(words.begin(), words.end(), text) != words.end()) return *type;
  const std::string types = "types are " + list_names(words, words.size());
  if (type && std::find(kMapped.begin(), kMapped.end(), text) != kMapped.end()) {
    return Error{ErrorCode::kUsage, "a " + std::string(text) + " is more than one column", "",
                 "describe it in a mapping file, under metrics; here " + types};
  }
  if (type) {
    return Error{ErrorCode::kUsage, "metric type " + quoted(text) + " is not supported yet by this version", "", types};
  }
  return Error{ErrorCode::kUsage, "unknown metric type " + quoted(text), "", did_you_mean(text, words) + types};
}

bool says_start_or_end(const MetricMapping& metric) {
  return metric.type != MetricType::kNativeHistogram && (!metric.start.empty() || !metric.stale.empty());
}

bool resolves_series(const Mapping& mapping) {
  if (!mapping.relabel_rules.empty()) return true;
  return std::any_of(mapping.metrics->begin(), mapping.metrics->end(), [](const MetricMapping& metric) {
    return !metric.labels.empty() || !metric.bound_column.empty() || says_start_or_end(metric);
  });
}

Result<std::vector<Labels>> metric_labels(const Mapping& mapping, const Limits& limits) {
  PROMFILL_ASSERT(mapping.labels.has_value() && mapping.metrics.has_value());
  PROMFILL_TRY(const std::vector<MetricMapping> metrics, series_as_metrics(mapping));
  PROMFILL_TRY_STATUS(check_labels(mapping, metrics, limits));
  PROMFILL_TRY_STATUS(check_limit(&Limits::metrics, limits, metrics.size(), "metrics of a mapping", mapping.file));
  std::map<std::vector<Label>, std::string_view> columns;  // by what tells a metric's series from others
  std::vector<Labels> all;
  all.reserve(metrics.size());
  for (const MetricMapping& metric : metrics) {
    std::vector<Label> labels;
    if (!mapping.long_table) {
      PROMFILL_TRY_STATUS(check_metric_name(mapping, metric, limits));
      labels.push_back({std::string(kMetricName), metric.name});
    }
    for (const ConstantLabel& constant : metric.constants) labels.push_back({constant.name, constant.value});
    if (mapping.type_and_unit_labels) add_metadata_labels(metric, labels);
    std::vector<Label> telling = labels;
    for (const LabelMapping& label : metric.labels) telling.push_back({label.name, label.column});
    std::sort(telling.begin(), telling.end());
    const auto [at, is_new] = columns.emplace(std::move(telling), metric.column);
    if (!is_new) {
      return Error{ErrorCode::kUsage, "metric " + quoted(metric.name) + " is given twice", where(mapping, metric.place),
                   "columns " + quoted(at->second) + " and " + quoted(metric.column) +
                       " would make the same series: give one of them another name"};
    }
    for (const ConstantLabel& constant : mapping.constants) labels.push_back({constant.name, constant.value});
    PROMFILL_TRY(Labels made, Labels::create(std::move(labels)));
    all.push_back(std::move(made));
  }
  return all;
}

Result<std::vector<MetricDef>> metric_definitions(const Mapping& mapping, const Limits& limits) {
  PROMFILL_TRY(std::vector<Labels> labels, metric_labels(mapping, limits));
  const bool has_records = std::any_of(mapping.metrics->begin(), mapping.metrics->end(), [](const MetricMapping& one) {
    return one.type == MetricType::kNativeHistogram || says_start_or_end(one);
  });
  if (resolves_series(mapping)) {
    std::vector<MetricDef> all(1);
    all[0].holds_records = has_records;
    return all;
  }
  std::vector<MetricDef> definitions;
  definitions.reserve(labels.size());
  PROMFILL_TRY(const std::vector<MetricMapping> metrics, series_as_metrics(mapping));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    definitions.push_back({.labels = std::move(labels[i]),
                           .type = metrics[i].type,
                           .holds_records = metrics[i].type == MetricType::kNativeHistogram});
  }
  return definitions;
}

}  // namespace promfill
