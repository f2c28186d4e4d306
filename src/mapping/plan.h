// A mapping compiled against one source's schema: which columns to read, and what each becomes. Compiled for each file,
// as the same column may be double in one and int64 in the next.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "calendar/time_reader.h"
#include "calendar/time_unit.h"
#include "distribution/native_columns.h"
#include "distribution/started_values.h"
#include "family/family_series.h"
#include "mapping/infer.h"
#include "model/column.h"
#include "promfill/limits.h"
#include "promfill/mapping.h"
#include "promfill/options.h"
#include "promfill/result.h"
#include "relabel/label_split.h"
#include "relabel/relabel.h"

namespace promfill {

struct PlanOptions {
  /// Of a numeric time column, from judge_times; not needed where the mapping names one or the column's type knows.
  std::optional<TimeUnit> time_unit;
  std::optional<Timestamp> min_time;  ///< inclusive
  std::optional<Timestamp> max_time;  ///< inclusive
  bool allow_implausible = false;
  Timestamp now;                ///< for the guard against implausible times
  bool explain_rejects = true;  ///< fill SampleBatch::rejects; false: only count
  NanPolicy nan = NanPolicy::kKeep;
  InexactPolicy inexact = InexactPolicy::kRound;
  CounterStart counter_start = CounterStart::kNone;
  NullLabelPolicy null_label = NullLabelPolicy::kAbsent;
  Limits limits{};
};

/// What becomes of the values of a label column.
enum class LabelUse : std::uint8_t {
  kLabel,         ///< a label of the row's series
  kNameOfMetric,  ///< in a long table
  kSplit,         ///< several labels
  kOfMetrics,     ///< labels of single metrics: no part of the entity's key
};

/// A label and where its column stands among Plan::columns().
struct PlannedLabel {
  std::string name;
  std::string column;
  std::size_t position = 0;
  LabelUse use = LabelUse::kLabel;
  std::shared_ptr<const LabelSplit> split{};  ///< of kSplit
};

/// A metric and where its column stands among Plan::columns(); its place in the list is its number.
struct PlannedMetric {
  struct ColumnLabel {
    std::string name;
    std::size_t label = 0;  ///< position among Plan::labels()
    bool is_bound = false;  ///< its value is put into the form of bound_text()
  };
  std::string column;
  std::size_t position = 0;                  ///< of the values; of families' series behind those of Plan::columns()
  std::size_t input = 0;                     ///< of the column that is read for it
  bool is_generated = false;                 ///< completed from another: no cell of the input
  std::vector<Label> own_labels{};           ///< __name__ and constants, where it matters what they are
  std::vector<ColumnLabel> column_labels{};  ///< of this metric alone
};

/// A classic histogram or a summary, whose columns are held against each other. Its series are metrics in a row.
struct PlannedFamily {
  std::vector<FamilySeries> series;
  std::size_t first_metric = 0;
  std::optional<std::size_t> lists{};  ///< position of the column of lists that the bounds' values are in
};

/// A native histogram, whose column is made of others.
struct PlannedNative {
  NativeHistogramColumns columns;
  std::size_t metric = 0;
};

/// Floats whose start or end columns say: their column is made of these.
struct PlannedStarted {
  StartedColumns columns;
  std::size_t metric = 0;
  bool begins_with_zero = false;  ///< a counter: each start is a sample of value 0
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
  /// What to ask Source::read for where only times matter: the first of columns(), that of a time of day behind it.
  [[nodiscard]] std::span<const ColumnRequest> time_columns() const {
    return columns().first(time_reader_ && !timestamp_.time_column.empty() ? 2 : 1);
  }
  /// Reads the times of a batch that has columns() or only time_columns(); null where they are plain numbers.
  [[nodiscard]] const TimeReader* time_reader() const { return time_reader_.get(); }
  [[nodiscard]] const ColumnView* time_of_day(const ColumnBatch& batch) const {
    return time_columns().size() > 1 ? &batch.columns[1] : nullptr;
  }
  [[nodiscard]] const TimestampMapping& timestamp() const { return timestamp_; }
  /// True while nobody has said what the time column's numbers mean: compile again with judge_times's answer.
  [[nodiscard]] bool needs_time_unit() const { return !time_unit_.has_value(); }

  [[nodiscard]] const std::string& source_name() const { return source_name_; }
  /// First those of kLabel, sorted by name.
  [[nodiscard]] std::span<const PlannedLabel> labels() const { return labels_; }
  [[nodiscard]] std::span<const PlannedMetric> metrics() const { return metrics_; }
  /// Their series' columns are put behind those of a batch, in their order.
  [[nodiscard]] std::span<const PlannedFamily> families() const { return families_; }
  /// Their columns are put behind those.
  [[nodiscard]] std::span<const PlannedNative> natives() const { return natives_; }
  /// Their columns are put behind those.
  [[nodiscard]] std::span<const PlannedStarted> started() const { return started_; }
  /// Of columns(), and of those put behind them.
  [[nodiscard]] std::span<const std::string> column_names() const { return column_names_; }
  [[nodiscard]] TimeUnit time_unit() const { return *time_unit_; }
  [[nodiscard]] const PlausibleTimes& plausible() const { return plausible_; }
  [[nodiscard]] Timestamp min_time() const { return min_time_; }
  [[nodiscard]] Timestamp max_time() const { return max_time_; }
  /// Whether a column that a source's beginning doesn't have might have been a metric.
  [[nodiscard]] bool metrics_inferred() const { return metrics_inferred_; }
  [[nodiscard]] bool explain_rejects() const { return explain_rejects_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] NanPolicy nan() const { return nan_; }
  [[nodiscard]] InexactPolicy inexact() const { return inexact_; }
  [[nodiscard]] NullLabelPolicy null_label() const { return null_label_; }
  [[nodiscard]] const std::string& prefix() const { return prefix_; }  ///< of the names in a long table
  /// Whether names in a long table, which are of counters, get `_total`.
  [[nodiscard]] bool counter_total() const { return counter_total_; }
  /// Whether series are more than entities × metrics (metric_definitions.h): each is then an entity with all its
  /// labels, of metric 0.
  [[nodiscard]] bool resolves_series() const { return resolves_series_; }
  [[nodiscard]] const Relabeller& relabeller() const { return relabeller_; }

 private:
  friend class PlanCompiler;
  Plan() = default;

  std::string source_name_;
  std::vector<ColumnRequest> columns_;
  std::vector<std::string> column_names_;
  std::vector<PlannedLabel> labels_;
  std::vector<PlannedMetric> metrics_;
  std::vector<PlannedFamily> families_;
  std::vector<PlannedNative> natives_;
  std::vector<PlannedStarted> started_;
  TimestampMapping timestamp_;
  ColumnType time_type_;
  std::size_t time_position_ = 0;
  std::optional<TimeUnit> time_unit_;
  std::shared_ptr<const TimeReader> time_reader_;
  PlausibleTimes plausible_;
  Timestamp min_time_ = kTimestampMin;
  Timestamp max_time_ = kTimestampMax;
  bool metrics_inferred_ = false;
  bool explain_rejects_ = true;
  Limits limits_;
  NanPolicy nan_ = NanPolicy::kKeep;
  InexactPolicy inexact_ = InexactPolicy::kRound;
  NullLabelPolicy null_label_ = NullLabelPolicy::kAbsent;
  std::string prefix_;
  bool counter_total_ = false;
  bool resolves_series_ = false;
  Relabeller relabeller_;
};

}  // namespace promfill
