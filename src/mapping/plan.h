// A mapping compiled against one source's schema: which columns to read, and what each becomes. Compiled for each file,
// as the same column may be double in one and int64 in the next.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mapping/infer.h"
#include "mapping/time_unit.h"
#include "model/column.h"
#include "promfill/limits.h"
#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

struct PlanOptions {
  /// Of a numeric time column, from judge_times; not needed where the mapping names one or the column's type knows.
  std::optional<TimeUnit> time_unit;
  std::optional<Timestamp> min_time;  ///< inclusive
  std::optional<Timestamp> max_time;  ///< inclusive
  bool allow_implausible = false;
  Timestamp now;                ///< for the guard against implausible times
  bool explain_rejects = true;  ///< fill SampleBatch::rejects; false: only count
  Limits limits{};
};

/// A label and where its column stands among Plan::columns().
struct PlannedLabel {
  std::string name;
  std::string column;
  std::size_t position = 0;
};

/// A metric and where its column stands among Plan::columns(); its place in the list is its number.
struct PlannedMetric {
  std::string column;
  std::size_t position = 0;
};

class Plan {
 public:
  /// @param source_name  for messages and rejects.
  /// @error kUsage  a column that isn't there, stands twice, or has a type that can't be what the mapping wants.
  /// @error kLimit  more columns than the limit.
  static Result<Plan> compile(const CompleteMapping& mapping, const SourceSchema& schema, std::string source_name,
                              const PlanOptions& options);

  /// What to ask Source::read for; the batches given to RowMapper have just these columns.
  [[nodiscard]] std::span<const ColumnRequest> columns() const { return columns_; }

  /// The time column's place among columns(), and its type: what judge_times wants.
  [[nodiscard]] std::size_t time_position() const { return time_position_; }
  [[nodiscard]] const ColumnType& time_type() const { return time_type_; }
  [[nodiscard]] const TimestampMapping& timestamp() const { return timestamp_; }
  /// True while nobody has said what the time column's numbers mean: compile again with judge_times's answer.
  [[nodiscard]] bool needs_time_unit() const { return !time_unit_.has_value(); }

  [[nodiscard]] const std::string& source_name() const { return source_name_; }
  [[nodiscard]] std::span<const PlannedLabel> labels() const { return labels_; }  ///< sorted by name
  [[nodiscard]] std::span<const PlannedMetric> metrics() const { return metrics_; }
  [[nodiscard]] std::span<const std::string> column_names() const { return column_names_; }  ///< of columns()
  [[nodiscard]] TimeUnit time_unit() const { return *time_unit_; }
  [[nodiscard]] const PlausibleTimes& plausible() const { return plausible_; }
  [[nodiscard]] Timestamp min_time() const { return min_time_; }
  [[nodiscard]] Timestamp max_time() const { return max_time_; }
  [[nodiscard]] bool explain_rejects() const { return explain_rejects_; }
  [[nodiscard]] std::uint64_t label_value_bytes_max() const { return label_value_bytes_max_; }

 private:
  friend class PlanCompiler;
  Plan() = default;

  std::string source_name_;
  std::vector<ColumnRequest> columns_;
  std::vector<std::string> column_names_;
  std::vector<PlannedLabel> labels_;
  std::vector<PlannedMetric> metrics_;
  TimestampMapping timestamp_;
  ColumnType time_type_;
  std::size_t time_position_ = 0;
  std::optional<TimeUnit> time_unit_;
  PlausibleTimes plausible_;
  Timestamp min_time_ = kTimestampMin;
  Timestamp max_time_ = kTimestampMax;
  bool explain_rejects_ = true;
  std::uint64_t label_value_bytes_max_ = Limits().label_value_bytes;
};

}  // namespace promfill
