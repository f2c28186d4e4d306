// See reject_text.h.
#include "record/reject_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "mapping/reject_record.h"
#include "record/record_entities.h"

namespace promfill {
namespace {

constexpr std::size_t kShownValues = 64;

nlohmann::ordered_json json_of(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return value;
}

/// What tells one from another for people; buckets would be too long.
nlohmann::ordered_json json_of(const RecordType::AnyValue& value) {
  const auto said = [](const auto& histogram) {
    return nlohmann::ordered_json{
        {"schema", histogram.layout.schema}, {"count", histogram.count}, {"sum", json_of(histogram.sum)}};
  };
  if (value.integer != nullptr) return said(*value.integer);
  if (value.floating_point != nullptr) return said(*value.floating_point);
  return value.number ? json_of(*value.number) : nlohmann::ordered_json();
}

nlohmann::ordered_json json_of(const RecordType::FamilyValue& value) {
  if (value.values == nullptr) return {};
  nlohmann::ordered_json values = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < std::min(value.count_of_values, kShownValues); ++i)
    values.push_back(json_of(value.values[i]));
  return {{"values", std::move(values)},
          {"sum", value.sum ? json_of(*value.sum) : nlohmann::ordered_json()},
          {"count", value.count ? json_of(*value.count) : nlohmann::ordered_json()}};
}

}  // namespace

std::string shown_text(std::string_view text) {
  text = text.substr(0, 2 * kShownTextBytesMax);
  const std::array<std::int32_t, 2> offsets{0, static_cast<std::int32_t>(text.size())};
  ColumnView view;
  view.kind = ColumnKind::kUtf8;
  view.values = text.data();
  view.offsets = offsets.data();
  return value_text(view, 0);
}

std::string time_text(const ColumnView& times, std::size_t row) {
  return value_text(times, static_cast<std::int64_t>(row));
}

std::string record_text(const RecordType& type, const RowRange& one, const ColumnView& times, std::string_view labels) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  const auto at = static_cast<std::int64_t>(one.begin);
  nlohmann::ordered_json& time = json[type.time.member];
  if (times.valid(at)) {
    time =
        times.kind == ColumnKind::kDouble ? json_of(times.doubles()[at]) : nlohmann::ordered_json(times.int64s()[at]);
  }
  for (const SunkLabel& label : sunk_labels(labels)) json[shown_text(label.name)] = shown_text(label.value);
  for (const RecordType::Metric& metric : type.metrics) {
    if (metric.sample) json[metric.member] = json_of(metric.sample(one.rows, one.first + one.begin));
    if (metric.family) json[metric.member] = json_of(metric.family(one.rows, one.first + one.begin));
    if (!metric.read) continue;
    double value = 0;
    std::uint8_t valid = 0;
    const ColumnCounts counts =
        metric.read({.rows = one.rows, .first = one.first + one.begin, .begin = 0, .end = 1}, &value, &valid);
    json[metric.member] = counts.nulls > 0 ? nlohmann::ordered_json() : json_of(value);
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace promfill
