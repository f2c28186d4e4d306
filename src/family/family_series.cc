#include "family/family_series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "family/bound.h"

namespace promfill {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

Error mistake(const Mapping& mapping, MappingPlace place, std::string message, std::string hint) {
  return {ErrorCode::kUsage, std::move(message), place.line > 0 ? to_string(mapping, place) : std::string(),
          std::move(hint)};
}

/// The words of a metric's type.
struct FamilyWords {
  std::string_view label;   ///< of a bound
  std::string_view suffix;  ///< of the series with a bound
  std::string_view list;    ///< the key of a mapping file
  std::string_view one;     ///< a bound
};

FamilyWords words_of(MetricType type) {
  if (type == MetricType::kSummary) return {"quantile", "", "quantiles", "quantile"};
  return {"le", "_bucket", "buckets", "bucket"};
}

/// What can be wrong with which columns are given, before their bounds are looked at.
Status check_form(const Mapping& mapping, const MetricMapping& metric) {
  const FamilyWords words = words_of(metric.type);
  const std::string name(to_string(metric.type));
  const std::string label(words.label);
  const std::string forms = "give " + std::string(words.list) + ": {BOUND: COLUMN}, column and bounds: [BOUND] for " +
                            "lists, or column and " + label + ": COLUMN for rows of one " + std::string(words.one);
  if (metric.bounds.empty() && metric.bound_column.empty()) {
    return mistake(mapping, metric.place, name + " " + quoted(metric.name) + " has no " + std::string(words.list),
                   forms);
  }
  if (!metric.bounds.empty() && !metric.bound_column.empty()) {
    return mistake(mapping, metric.place,
                   name + " " + quoted(metric.name) + " has both " + std::string(words.list) + " and a column of them",
                   forms);
  }
  if (!metric.bound_column.empty() && metric.column.empty()) {
    return mistake(mapping, metric.place, name + " " + quoted(metric.name) + " has no column of values", forms);
  }
  if (!metric.bound_column.empty() && !metric.cumulative) {
    return mistake(mapping, metric.place, "rows of one bucket each must have cumulative counts",
                   "add them up beforehand, or give each bucket a column");
  }
  if (metric.type == MetricType::kSummary && !metric.cumulative) {
    return mistake(mapping, metric.place, "'cumulative' is of histograms", "leave it out: quantiles don't add up");
  }
  return {};
}

/// The bounds as numbers, rising. Those of a list must rise as they stand, as its values do.
Result<std::vector<std::pair<double, BoundMapping>>> sorted_bounds(const Mapping& mapping,
                                                                   const MetricMapping& metric) {
  const FamilyWords words = words_of(metric.type);
  const bool is_summary = metric.type == MetricType::kSummary;
  std::vector<std::pair<double, BoundMapping>> sorted;
  for (const BoundMapping& bound : metric.bounds) {
    const std::optional<double> value = parse_bound(bound.bound);
    const bool in_range = value && (is_summary ? *value >= 0 && *value <= 1 : *value > -HUGE_VAL);
    if (!in_range) {
      return mistake(mapping, bound.place, quoted(bound.bound) + " is no " + std::string(words.one),
                     is_summary ? "quantiles are numbers from 0 to 1" : "bounds are numbers, the last is +Inf");
    }
    sorted.emplace_back(*value, bound);
  }
  const auto below = [](const auto& a, const auto& b) { return a.first < b.first; };
  const bool are_columns = metric.column.empty();
  if (!are_columns && !std::is_sorted(sorted.begin(), sorted.end(), below)) {
    return mistake(mapping, metric.place, "the bounds of " + quoted(metric.name) + " don't rise",
                   "list them from the lowest to the highest, in the order of the values");
  }
  std::stable_sort(sorted.begin(), sorted.end(), below);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].first != sorted[i - 1].first) continue;
    return mistake(
        mapping, sorted[i].second.place,
        std::string(words.one) + " " + bound_text(sorted[i].first) + " of " + quoted(metric.name) + " stands twice",
        "leave one of them out");
  }
  return sorted;
}

/// A copy without what makes it a family.
FamilySeries series_of(const MetricMapping& metric, SeriesRole role, std::string_view suffix, std::string column) {
  FamilySeries series{.role = role, .bound = 0, .is_generated = false, .family = metric.name, .metric = metric};
  series.metric.name += suffix;
  series.metric.column = std::move(column);
  series.metric.bounds.clear();
  series.metric.bound_column.clear();
  series.metric.sum.clear();
  series.metric.count.clear();
  return series;
}

Status add_bounds(const Mapping& mapping, const MetricMapping& metric, std::vector<FamilySeries>& all) {
  const FamilyWords words = words_of(metric.type);
  if (!metric.bound_column.empty()) {
    all.push_back(series_of(metric, SeriesRole::kBound, words.suffix, metric.column));
    all.back().bound = std::numeric_limits<double>::quiet_NaN();
    all.back().metric.labels.push_back({std::string(words.label), metric.bound_column, metric.place});
    return {};
  }
  PROMFILL_TRY(const auto bounds, sorted_bounds(mapping, metric));
  const auto add = [&](double bound, const std::string& column, MappingPlace place) {
    all.push_back(series_of(metric, SeriesRole::kBound, words.suffix, column));
    all.back().bound = bound;
    all.back().metric.constants.push_back({std::string(words.label), bound_text(bound), place});
  };
  for (const auto& [bound, from] : bounds) add(bound, from.column.empty() ? metric.column : from.column, from.place);
  if (metric.type != MetricType::kHistogram || std::isinf(bounds.back().first)) return {};
  if (metric.count.empty()) {
    return mistake(mapping, metric.place, "histogram " + quoted(metric.name) + " has neither a bucket +Inf nor a count",
                   R"(add "+Inf": COLUMN to its buckets, or count: COLUMN)");
  }
  add(HUGE_VAL, metric.count, metric.place);
  all.back().is_generated = true;
  return {};
}

}  // namespace

std::string series_text(const FamilySeries& series) {
  if (series.role != SeriesRole::kBound || std::isnan(series.bound)) return series.metric.name;
  const std::string label(words_of(series.metric.type).label);
  return series.metric.name + "{" + label + "=\"" + bound_text(series.bound) + "\"}";
}

bool is_family(const MetricMapping& metric) {
  return metric.type == MetricType::kHistogram || metric.type == MetricType::kSummary;
}

Result<std::vector<FamilySeries>> family_series(const Mapping& mapping, const MetricMapping& metric) {
  std::vector<FamilySeries> all;
  if (!is_family(metric)) {
    const bool has_parts =
        !metric.bounds.empty() || !metric.bound_column.empty() || !metric.sum.empty() || !metric.count.empty();
    if (has_parts && metric.type != MetricType::kNativeHistogram) {
      return mistake(mapping, metric.place,
                     "a " + std::string(to_string(metric.type)) + " has one column: " + quoted(metric.name),
                     "if it is one, say type: histogram or type: summary");
    }
    all.push_back(
        {.role = SeriesRole::kValue, .bound = 0, .is_generated = false, .family = metric.name, .metric = metric});
    return all;
  }
  PROMFILL_TRY_STATUS(check_form(mapping, metric));
  PROMFILL_TRY_STATUS(add_bounds(mapping, metric, all));
  if (!metric.sum.empty()) all.push_back(series_of(metric, SeriesRole::kSum, "_sum", metric.sum));
  const bool completes = metric.type == MetricType::kHistogram && !metric.bounds.empty();
  if (!metric.count.empty()) {
    all.push_back(series_of(metric, SeriesRole::kCount, "_count", metric.count));
  } else if (completes) {
    const auto last = std::find_if(all.begin(), all.end(), [](const FamilySeries& one) {
      return one.role == SeriesRole::kBound && std::isinf(one.bound);
    });
    PROMFILL_ASSERT(last != all.end());
    FamilySeries count = series_of(metric, SeriesRole::kCount, "_count", last->metric.column);
    count.is_generated = true;
    all.push_back(std::move(count));
  }
  return all;
}

}  // namespace promfill
