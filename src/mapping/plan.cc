#include "mapping/plan.h"

#include <algorithm>
#include <utility>

#include "distribution/native_parts.h"
#include "distribution/number_list.h"
#include "mapping/metric_definitions.h"
#include "model/nearest_name.h"

namespace promfill {

class PlanCompiler {
 public:
  PlanCompiler(const Mapping& mapping, const SourceSchema& schema, const std::string& source_name)
      : mapping_(mapping), schema_(schema) {
    plan_.source_name_ = source_name;
  }

  [[nodiscard]] Status check_columns(const Limits& limits) const {
    if (schema_.size() <= limits.columns) return {};
    return Error{
        ErrorCode::kLimit,
        "has " + std::to_string(schema_.size()) + " columns, and the limit is " + std::to_string(limits.columns),
        plan_.source_name_, hint_to_raise(&Limits::columns, schema_.size())};
  }

  Status add_time(const PlanOptions& options) {
    const TimestampMapping& timestamp = mapping_.timestamp;
    PROMFILL_TRY(const std::size_t column, find("time column", timestamp.column, timestamp.place));
    const ColumnType& type = schema_[column].type;
    if (const std::string_view why = TimeReader::check_time(timestamp, type); !why.empty()) {
      return wrong_type("time column", column, timestamp.place, std::string(why));
    }
    plan_.timestamp_ = timestamp;
    plan_.time_type_ = type;
    plan_.time_position_ = request(column, false);
    if (!TimeReader::is_needed(timestamp, type)) {
      const bool knows = type.kind == ColumnKind::kTimestamp;
      plan_.time_unit_ = knows ? type.unit : timestamp.unit ? timestamp.unit : options.time_unit;
      return {};
    }
    auto reader = TimeReader::create(timestamp, type);
    if (!reader) return with_place(std::move(reader).error(), timestamp.place);
    plan_.time_reader_ = std::make_shared<const TimeReader>(*std::move(reader));
    plan_.time_unit_ = TimeUnit::kMicroseconds;
    if (!timestamp.time_column.empty()) PROMFILL_TRY_STATUS(add_time_of_day());
    for (ColumnRequest& asked : plan_.columns_) asked.as_text = !timestamp.format.empty();
    return {};
  }

  Status add_labels() {
    for (const LabelMapping& label : *mapping_.labels) {
      PROMFILL_TRY_STATUS(add_label(label, LabelUse::kLabel));
    }
    std::sort(plan_.labels_.begin(), plan_.labels_.end(),
              [](const PlannedLabel& a, const PlannedLabel& b) { return a.name < b.name; });
    for (const LabelSplitMapping& split : mapping_.label_splits) {
      PROMFILL_TRY_STATUS(add_label({split.column, split.column, split.place}, LabelUse::kSplit));
      auto compiled = LabelSplit::compile(split);
      if (!compiled) return with_place(std::move(compiled).error(), split.place);
      plan_.labels_.back().split = std::make_shared<const LabelSplit>(*std::move(compiled));
    }
    if (mapping_.long_table) {
      const LongTable& table = *mapping_.long_table;
      PROMFILL_TRY_STATUS(
          add_label({std::string(kMetricName), table.name_column, table.place}, LabelUse::kNameOfMetric));
      plan_.prefix_ = mapping_.prefix;
      plan_.counter_total_ = mapping_.counter_total && table.type == MetricType::kCounter;
    }
    return {};
  }

  Status add_metrics() {
    for (const MetricMapping& metric : *mapping_.metrics) {
      if (metric.type == MetricType::kNativeHistogram) {
        PROMFILL_TRY_STATUS(add_native(metric));
        continue;
      }
      PROMFILL_TRY(std::vector<FamilySeries> series, family_series(mapping_, metric));
      const std::size_t first = plan_.metrics_.size();
      for (const FamilySeries& one : series) PROMFILL_TRY_STATUS(add_series(one, metric));
      if (is_family(metric)) {
        add_family(std::move(series), first, metric);
      } else if (says_start_or_end(metric)) {
        PROMFILL_TRY_STATUS(add_started(metric, first));
      }
    }
    place_families();
    return {};
  }

  /// Series by rules and single metrics' labels. The labels of metrics are needed, too, where others are split off
  /// texts, whose names may be the same.
  Status add_resolution(const Limits& limits) {
    plan_.resolves_series_ = resolves_series(mapping_);
    if (!plan_.resolves_series_ && mapping_.label_splits.empty()) return {};
    PROMFILL_TRY(const std::vector<Labels> labels, metric_labels(mapping_, limits));
    for (std::size_t i = 0; i < labels.size(); ++i) {
      plan_.metrics_[i].own_labels.assign(labels[i].begin(), labels[i].end());
    }
    auto relabeller = Relabeller::compile(mapping_.relabel_rules);
    if (!relabeller) return std::move(relabeller).error();
    plan_.relabeller_ = *std::move(relabeller);
    return {};
  }

  Plan finish(const PlanOptions& options) && {
    if (!options.allow_implausible) plan_.plausible_ = PlausibleTimes::until(options.now);
    plan_.min_time_ = options.min_time.value_or(kTimestampMin);
    plan_.max_time_ = options.max_time.value_or(kTimestampMax);
    plan_.explain_rejects_ = options.explain_rejects;
    plan_.limits_ = options.limits;
    plan_.nan_ = options.nan;
    plan_.inexact_ = options.inexact;
    for (PlannedStarted& started : plan_.started_) {
      started.begins_with_zero = started.begins_with_zero && options.counter_start == CounterStart::kZero;
    }
    plan_.null_label_ = options.null_label;
    return std::move(plan_);
  }

 private:
  void add_family(std::vector<FamilySeries> series, std::size_t first, const MetricMapping& metric) {
    PlannedFamily& family = plan_.families_.emplace_back();
    family.series = std::move(series);
    family.first_metric = first;
    if (!metric.column.empty() && !metric.bounds.empty()) family.lists = plan_.metrics_[first].input;
  }

  /// One of the series of `metric`.
  Status add_series(const FamilySeries& series, const MetricMapping& metric) {
    PROMFILL_TRY(const std::size_t column, find("metric column", series.metric.column, metric.place));
    const ColumnKind kind = schema_[column].type.kind;
    const bool is_number = kind == ColumnKind::kInt64 || kind == ColumnKind::kUint64 || kind == ColumnKind::kDouble;
    const bool of_lists = !metric.bounds.empty() && series.metric.column == metric.column;
    if (of_lists && kind != ColumnKind::kList && kind != ColumnKind::kPairs) {
      return wrong_type("metric column", column, metric.place,
                        "with 'bounds' it has lists of numbers, or maps from bounds to numbers");
    }
    if (!of_lists && (!is_value(kind) || (series.role != SeriesRole::kValue && !is_number))) {
      return wrong_type("metric column", column, metric.place,
                        series.role == SeriesRole::kValue
                            ? "a metric's values are numbers, bools, moments or lengths of time: cast the column"
                            : "buckets, quantiles, sums and counts are numbers: cast the column");
    }
    const std::size_t position = request(column, false);
    if (plan_.columns_[position].as_text) {
      return Error{ErrorCode::kUsage,
                   "column '" + series.metric.column + "' is to be the time by a pattern, and a metric, too",
                   where(metric.place), "give the time in s, ms, us or ns, or leave the metric out"};
    }
    PlannedMetric& planned = plan_.metrics_.emplace_back();
    planned.column = series.metric.column;
    planned.position = position;
    planned.input = position;
    planned.is_generated = series.is_generated;
    for (const LabelMapping& label : series.metric.labels) {
      PROMFILL_TRY(const std::size_t own, add_metric_label(label));
      const bool is_bound = series.role == SeriesRole::kBound && label.column == metric.bound_column;
      plan_.metrics_.back().column_labels.push_back({label.name, own, is_bound});
    }
    return {};
  }

  /// @param number  of the metric, which add_series has added.
  Status add_started(const MetricMapping& metric, std::size_t number) {
    StartedColumns columns{.value = plan_.metrics_[number].input};
    const ColumnKind kind = schema_[plan_.columns_[columns.value].column].type.kind;
    if (!is_number(kind)) {
      return wrong_type("metric column", plan_.columns_[columns.value].column, metric.place,
                        "with 'start' or 'stale' its values are numbers: cast the column");
    }
    if (!metric.start.empty()) {
      PROMFILL_TRY(const std::size_t column, find("start column", metric.start, metric.place));
      const ColumnKind times = schema_[column].type.kind;
      if (!is_number(times) && times != ColumnKind::kTimestamp) {
        return wrong_type("start column", column, metric.place, "it must hold times, or numbers: cast the column");
      }
      columns.start = request(column, false);
    }
    if (!metric.stale.empty()) {
      PROMFILL_TRY(const std::size_t column, find("stale column", metric.stale, metric.place));
      if (!is_number(schema_[column].type.kind) && schema_[column].type.kind != ColumnKind::kBool) {
        return wrong_type("stale column", column, metric.place, "it must hold truth values, or numbers");
      }
      columns.stale = request(column, false);
    }
    plan_.started_.push_back({columns, number, metric.type == MetricType::kCounter && columns.start});
    return {};
  }

  Status add_native(const MetricMapping& metric) {
    const NativePartsRequest request{metric, schema_, plan_.source_name_, where(metric.place)};
    PROMFILL_TRY(NativeHistogramColumns columns,
                 find_native_columns(request, [this](std::size_t column) { return this->request(column, false); }));
    plan_.natives_.push_back({std::move(columns), plan_.metrics_.size()});
    plan_.metrics_.push_back({.column = metric.column.empty() ? metric.name : metric.column});
    for (const LabelMapping& label : metric.labels) {
      PROMFILL_TRY(const std::size_t own, add_metric_label(label));
      plan_.metrics_.back().column_labels.push_back({label.name, own});
    }
    return {};
  }

  /// Behind the columns that are read, when all of these are known.
  void place_families() {
    for (const PlannedFamily& family : plan_.families_) {
      for (std::size_t i = 0; i < family.series.size(); ++i) {
        PlannedMetric& metric = plan_.metrics_[family.first_metric + i];
        metric.position = plan_.column_names_.size();
        plan_.column_names_.push_back(metric.column);
      }
    }
    for (const PlannedNative& native : plan_.natives_) place_made(native.metric);
    for (const PlannedStarted& started : plan_.started_) place_made(started.metric);
  }

  void place_made(std::size_t number) {
    PlannedMetric& metric = plan_.metrics_[number];
    metric.position = metric.input = plan_.column_names_.size();
    plan_.column_names_.push_back(metric.column);
  }

  Status add_time_of_day() {
    const TimestampMapping& timestamp = mapping_.timestamp;
    PROMFILL_TRY(const std::size_t column, find("column of times of day", timestamp.time_column, timestamp.place));
    if (timestamp.time_column == timestamp.column) {
      return Error{ErrorCode::kUsage, "dates and times of day are both to be in column '" + timestamp.column + "'",
                   where(timestamp.place), "leave out the second: a column of both is read as it is"};
    }
    const std::string_view why = TimeReader::check_time_of_day(timestamp, schema_[column].type);
    if (!why.empty()) return wrong_type("column of times of day", column, timestamp.place, std::string(why));
    request(column, false);
    return {};
  }

  [[nodiscard]] std::string where(MappingPlace place) const {
    return place.line > 0 ? to_string(mapping_, place) : std::string();
  }

  [[nodiscard]] Error with_place(Error cause, MappingPlace place) const {
    cause.where = where(place);
    return cause;
  }

  static bool is_value(ColumnKind kind) {
    return kind == ColumnKind::kInt64 || kind == ColumnKind::kUint64 || kind == ColumnKind::kDouble ||
           kind == ColumnKind::kBool || kind == ColumnKind::kTimestamp || kind == ColumnKind::kDuration;
  }

  Status add_label(const LabelMapping& label, LabelUse use) {
    PROMFILL_TRY(const std::size_t column, find("label column", label.column, label.place));
    const ColumnKind kind = schema_[column].type.kind;
    const bool is_nested = kind == ColumnKind::kList || kind == ColumnKind::kPairs;
    if (kind == ColumnKind::kOther || kind == ColumnKind::kTimestamp || kind == ColumnKind::kDuration || is_nested) {
      return wrong_type("label column", column, label.place, "a label is text, a number or a bool: cast the column");
    }
    plan_.labels_.push_back(
        {.name = label.name, .column = label.column, .position = request(column, true), .use = use});
    return {};
  }

  /// A column that gives labels to several metrics is looked up once.
  Result<std::size_t> add_metric_label(const LabelMapping& label) {
    const std::span<const PlannedLabel> labels = plan_.labels_;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i].use == LabelUse::kOfMetrics && labels[i].column == label.column) return i;
    }
    PROMFILL_TRY_STATUS(add_label(label, LabelUse::kOfMetrics));
    return plan_.labels_.size() - 1;
  }

  Result<std::size_t> find(std::string_view what, std::string_view column, MappingPlace place) const {
    return find_column(schema_, plan_.source_name_, column, what, where(place));
  }

  [[nodiscard]] Error wrong_type(std::string_view what, std::size_t column, MappingPlace place,
                                 std::string hint) const {
    const ColumnField& field = schema_[column];
    return {ErrorCode::kUsage,
            std::string(what) + " '" + field.name + "' of " + plan_.source_name_ + " is " + field.type.source_type,
            where(place), std::move(hint)};
  }

  /// Position of `column` among the plan's columns; each is read once, whatever it is used for.
  std::size_t request(std::size_t column, bool as_label) {
    std::vector<ColumnRequest>& columns = plan_.columns_;
    const auto same = [&](const ColumnRequest& other) { return other.column == column; };
    auto at = std::find_if(columns.begin(), columns.end(), same);
    if (at == columns.end()) {
      at = columns.insert(columns.end(), {column, false});
      plan_.column_names_.push_back(schema_[column].name);
    }
    at->as_label = at->as_label || as_label;
    return static_cast<std::size_t>(at - columns.begin());
  }

  const Mapping& mapping_;
  const SourceSchema& schema_;
  Plan plan_;
};

Result<Plan> Plan::compile(const CompleteMapping& mapping, const SourceSchema& schema, std::string source_name,
                           const PlanOptions& options) {
  PROMFILL_ASSERT(mapping.mapping.labels.has_value() && mapping.mapping.metrics.has_value());
  PlanCompiler compiler(mapping.mapping, schema, source_name);
  PROMFILL_TRY_STATUS(compiler.check_columns(options.limits));
  PROMFILL_TRY_STATUS(compiler.add_time(options));
  PROMFILL_TRY_STATUS(compiler.add_labels());
  PROMFILL_TRY_STATUS(compiler.add_metrics());
  PROMFILL_TRY_STATUS(compiler.add_resolution(options.limits));
  Plan plan = std::move(compiler).finish(options);
  plan.metrics_inferred_ = mapping.metrics_inferred;
  return plan;
}

}  // namespace promfill
