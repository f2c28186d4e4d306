#include "mapping/plan.h"

#include <algorithm>
#include <utility>

#include "mapping/nearest_name.h"

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
    switch (type.kind) {
      case ColumnKind::kTimestamp:
        plan_.time_unit_ = type.unit;
        break;
      case ColumnKind::kInt64:
      case ColumnKind::kDouble:
        plan_.time_unit_ = timestamp.unit ? timestamp.unit : options.time_unit;
        break;
      case ColumnKind::kUtf8:
      case ColumnKind::kDictionary:
        return wrong_type(
            "time column", column, timestamp.place,
            "times as text are not supported yet by this version: cast the column to a timestamp, or to a "
            "number of seconds");
      default:
        return wrong_type("time column", column, timestamp.place,
                          "a time column is a timestamp or a number; name another with --timestamp");
    }
    plan_.timestamp_ = timestamp;
    plan_.time_type_ = type;
    plan_.time_position_ = request(column, false);
    return {};
  }

  Status add_labels() {
    for (const LabelMapping& label : *mapping_.labels) {
      PROMFILL_TRY(const std::size_t column, find("label column", label.column, label.place));
      const ColumnKind kind = schema_[column].type.kind;
      if (kind == ColumnKind::kOther || kind == ColumnKind::kTimestamp) {
        return wrong_type("label column", column, label.place, "a label is text, a number or a bool: cast the column");
      }
      plan_.labels_.push_back({label.name, label.column, request(column, true)});
    }
    std::sort(plan_.labels_.begin(), plan_.labels_.end(),
              [](const PlannedLabel& a, const PlannedLabel& b) { return a.name < b.name; });
    return {};
  }

  Status add_metrics() {
    for (const MetricMapping& metric : *mapping_.metrics) {
      PROMFILL_TRY(const std::size_t column, find("metric column", metric.column, metric.place));
      const ColumnKind kind = schema_[column].type.kind;
      if (kind != ColumnKind::kInt64 && kind != ColumnKind::kDouble && kind != ColumnKind::kBool) {
        return wrong_type("metric column", column, metric.place,
                          "a metric's values are numbers or bools: cast the column");
      }
      plan_.metrics_.push_back({metric.column, request(column, false)});
    }
    return {};
  }

  Plan finish(const PlanOptions& options) && {
    if (!options.allow_implausible) plan_.plausible_ = PlausibleTimes::until(options.now);
    plan_.min_time_ = options.min_time.value_or(kTimestampMin);
    plan_.max_time_ = options.max_time.value_or(kTimestampMax);
    plan_.explain_rejects_ = options.explain_rejects;
    plan_.label_value_bytes_max_ = options.limits.label_value_bytes;
    return std::move(plan_);
  }

 private:
  [[nodiscard]] std::string where(MappingPlace place) const {
    return place.line > 0 ? to_string(mapping_, place) : std::string();
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
  return std::move(compiler).finish(options);
}

}  // namespace promfill
