#include "mapping/metric_definitions.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "mapping/nearest_name.h"

namespace promfill {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string where(const Mapping& mapping, MappingPlace place) {
  return place.line > 0 ? to_string(mapping, place) : std::string();
}

/// `name` with an underscore for every byte that a classic name can't have there.
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

Status check_labels(const Mapping& mapping, const Limits& limits) {
  const std::uint64_t labels = mapping.labels->size() + mapping.constants.size() + 1;
  PROMFILL_TRY_STATUS(check_limit(&Limits::labels_per_series, limits, labels,
                                  "labels of a series, with __name__ and constants", mapping.file));
  LabelNames names(mapping, limits);
  for (const LabelMapping& label : *mapping.labels) {
    PROMFILL_TRY_STATUS(names.add(label.name, "column " + quoted(label.column), "label", label.place));
  }
  for (const ConstantLabel& constant : mapping.constants) {
    PROMFILL_TRY_STATUS(names.add(constant.name, "the constant " + quoted(constant.value), "const", constant.place));
    if (!is_valid_utf8(constant.value)) {
      return Error{ErrorCode::kUsage, "the value of label " + quoted(constant.name) + " is not UTF-8",
                   where(mapping, constant.place), "save the mapping as UTF-8"};
    }
    PROMFILL_TRY_STATUS(check_limit(&Limits::label_value_bytes, limits, constant.value.size(),
                                    "bytes of the value of label " + quoted(constant.name),
                                    where(mapping, constant.place)));
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

Result<MetricType> parse_mapped_type(std::string_view text) {
  constexpr std::array<std::string_view, 3> kMapped{"gauge", "counter", "untyped"};
  const std::optional<MetricType> type = parse_metric_type(text);
  if (type && std::find(kMapped.begin(), kMapped.end(), text) != kMapped.end()) return *type;
  const std::string types = "types are " + list_names(kMapped, kMapped.size());
  if (type) {
    return Error{ErrorCode::kUsage, "metric type " + quoted(text) + " is not supported yet by this version", "", types};
  }
  return Error{ErrorCode::kUsage, "unknown metric type " + quoted(text), "", did_you_mean(text, kMapped) + types};
}

Result<std::vector<MetricDef>> metric_definitions(const Mapping& mapping, const Limits& limits) {
  PROMFILL_ASSERT(mapping.labels.has_value() && mapping.metrics.has_value());
  PROMFILL_TRY_STATUS(check_labels(mapping, limits));
  PROMFILL_TRY_STATUS(
      check_limit(&Limits::metrics, limits, mapping.metrics->size(), "metrics of a mapping", mapping.file));
  std::map<std::string_view, std::string_view> columns;  // by metric name
  std::vector<MetricDef> definitions;
  definitions.reserve(mapping.metrics->size());
  for (const MetricMapping& metric : *mapping.metrics) {
    PROMFILL_TRY_STATUS(check_metric_name(mapping, metric, limits));
    const auto [at, is_new] = columns.emplace(metric.name, metric.column);
    if (!is_new) {
      return Error{ErrorCode::kUsage, "metric " + quoted(metric.name) + " is given twice", where(mapping, metric.place),
                   "columns " + quoted(at->second) + " and " + quoted(metric.column) +
                       " would make the same series: give one of them another name"};
    }
    std::vector<Label> labels{{std::string(kMetricName), metric.name}};
    for (const ConstantLabel& constant : mapping.constants) labels.push_back({constant.name, constant.value});
    PROMFILL_TRY(Labels all, Labels::create(std::move(labels)));
    definitions.push_back({.labels = std::move(all), .type = metric.type});
  }
  return definitions;
}

}  // namespace promfill
