// Mapping: which columns of a table are time, labels and metrics. What a mapping file (version 1), the CLI's flags and
// a program all fill in; a source's schema completes it (inference) and checks it (compilation).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/result.h"
#include "promfill/sample.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// Where in a mapping file something was said, counted from 1, for messages. Line 0: on the command line or by a
/// program.
struct MappingPlace {
  int line = 0;    ///< from 1; 0 where no file says it
  int column = 0;  ///< from 1
};

/// What becomes of a local time that the clocks of its zone show twice, when they are set back.
enum class AmbiguousTime : std::uint8_t { kReject, kEarlier, kLater };

/// Where rows have their time.
struct TimestampMapping {
  std::string column{};            ///< empty: inferred
  std::optional<TimeUnit> unit{};  ///< of a numeric column; absent: judged by magnitude. Timestamp types know their own
  std::int64_t offset_ms = 0;      ///< added to every time
  std::string format{};            ///< of a text column: "rfc3339" or a strptime pattern; empty: recognized
  std::string time_column{};       ///< of the time of day, where `column` holds dates; empty: there is none
  std::string timezone{};          ///< of times that name no zone; empty: UTC
  AmbiguousTime ambiguous = AmbiguousTime::kReject;  ///< what becomes of times that clocks show twice
  MappingPlace place{};                              ///< where it was said
};

/// A label whose value is that of a column. Null or empty: the series has no such label.
struct LabelMapping {
  std::string name{};    ///< of the label
  std::string column{};  ///< whose values are the label's
  MappingPlace place{};  ///< where it was said
};

/// A label with the same value on every series.
struct ConstantLabel {
  std::string name{};    ///< of the label
  std::string value{};   ///< of the label, on every series
  MappingPlace place{};  ///< where it was said
};

/// Labels out of one column: the named groups of a regular expression, or the keys of a JSON object.
struct LabelSplitMapping {
  std::string column{};                ///< whose values are taken apart
  std::optional<std::string> regex{};  ///< absent: JSON
  MappingPlace place{};                ///< where it was said
};

/// A table with one value a row, and the metric's name beside it.
struct LongTable {
  std::string name_column{};             ///< whose values are metrics' names
  std::string value_column{};            ///< of the values
  MetricType type = MetricType::kGauge;  ///< of all of them
  MappingPlace place{};                  ///< where it was said
};

/// A bucket of a classic histogram, or a quantile of a summary.
struct BoundMapping {
  std::string bound{};   ///< a number: the bucket's upper bound, up to +Inf; or the quantile, from 0 to 1
  std::string column{};  ///< of its values; empty: it has a place in the lists of MetricMapping::column
  MappingPlace place{};  ///< where it was said
};

/// Columns of the buckets on one side of zero. Their numbers are said in one of three ways.
struct BucketsMapping {
  std::string spans{};      ///< column of (offset, length) pairs, as Prometheus has them; then `deltas` or `counts`
  std::string deltas{};     ///< column of lists: of each bucket the difference to the one before
  std::string counts{};     ///< column of lists: of each bucket its count
  std::string offset{};     ///< instead of `spans`: column of the number of the first of `counts`, or a number
  std::string by_number{};  ///< alone: column of maps from a bucket's number to its count
};

/// Where a native histogram has its parts. Each is a column's name, and of `schema`, `scale` and `zero_threshold` may
/// be a number. What is empty is found by name among the members of the metric's column: "latency.schema",
/// "latency.positive_spans" …
struct NativeHistogramMapping {
  std::string schema{};            ///< -4 to 8, or -53 for bounds of its own
  std::string scale{};             ///< OpenTelemetry's, instead: `offset` counts from its buckets' numbers
  std::string zero_threshold{};    ///< empty: 0
  std::string zero_count{};        ///< empty: 0
  std::string custom_bounds{};     ///< lists, with or without +Inf; of schema -53
  BucketsMapping positive{};       ///< buckets above zero
  BucketsMapping negative{};       ///< buckets below zero
  bool counts_are_floats = false;  ///< false: whole numbers
  bool is_gauge = false;           ///< counts may fall
};

/// A column whose values are samples; of classic histograms and summaries, columns that make several series.
struct MetricMapping {
  std::string column{};                    ///< of the values; empty where bounds have columns of their own
  std::string name{};                      ///< empty: the column's name
  MetricType type = MetricType::kGauge;    ///< kept as metadata
  std::string help{};                      ///< what it is, for people; kept as metadata
  std::string human_name{};                ///< a name for people; kept as metadata
  std::string unit{};                      ///< such as bytes; kept as metadata
  std::vector<LabelMapping> labels{};      ///< of this metric alone
  std::vector<ConstantLabel> constants{};  ///< of this metric alone
  std::vector<BoundMapping> bounds{};      ///< buckets or quantiles of a row
  std::string bound_column{};              ///< instead: each row has one bucket or quantile, and this its bound
  std::string sum{};                       ///< column of the sum of what was observed; empty: there is none, or NaN
  std::string count{};                     ///< column of how much was observed; empty: the buckets say it
  bool cumulative = true;                  ///< a bucket counts those below it, too
  std::string start{};                     ///< column of times when the counting began; numbers in the time's unit
  std::string stale{};                     ///< column of truth values: true where the series ends
  MappingPlace place{};                    ///< where it was said
  NativeHistogramMapping native{};         ///< of kNativeHistogram
};

/// What a relabelling rule does; the words are Prometheus's.
enum class RelabelAction : std::uint8_t {
  kReplace,
  kKeep,
  kDrop,
  kKeepEqual,
  kDropEqual,
  kHashMod,
  kLabelMap,
  kLabelDrop,
  kLabelKeep,
  kLowercase,
  kUppercase,
};

/// A rule of Prometheus's relabel_configs, with its defaults.
struct RelabelRule {
  std::optional<std::vector<std::string>> source_labels{};  ///< whose values are joined; absent: none
  std::string separator = ";";                              ///< between the values joined
  std::optional<std::string> regex{};                       ///< absent: (.*)
  std::uint64_t modulus = 0;                                ///< of the hashmod action
  std::string target_label{};                               ///< that replace, hashmod and the case actions write
  std::string replacement = "$1";                           ///< with $1 and ${name} for groups
  RelabelAction action = RelabelAction::kReplace;           ///< what it does
  MappingPlace place{};                                     ///< where it was said
};

/// What the columns of a table are.
struct Mapping {
  std::string file{};                                   ///< where it was read from, for messages; may be empty
  TimestampMapping timestamp{};                         ///< where rows have their time
  std::optional<std::vector<LabelMapping>> labels{};    ///< absent: inferred; empty: none
  std::vector<LabelSplitMapping> label_splits{};        ///< columns that several labels come from
  std::vector<ConstantLabel> constants{};               ///< labels of every series
  std::optional<std::vector<MetricMapping>> metrics{};  ///< absent: inferred
  std::optional<LongTable> long_table{};                ///< then there are no metrics beside it
  std::string prefix{};                                 ///< of every metric's name
  bool counter_total = false;                           ///< `_total` is put behind names of counters that lack it
  bool counter_start_zero = false;                      ///< as BackfillOptions::counter_start
  std::optional<Duration> stale_after{};                ///< as BackfillOptions::stale_after, where that says nothing
  bool type_and_unit_labels = false;                    ///< __type__ and __unit__ are labels of every series
  std::vector<RelabelRule> relabel_rules{};             ///< applied to every series
};

/// The mapping that a file of version 1 (docs/mapping.md) describes.
/// @param text  YAML. @param file  name of the file it comes from, for messages.
/// @error kUsage  not YAML, an unknown key or word, a missing or doubled key; `where` is file:line:column.
Result<Mapping> parse_mapping(std::string_view text, std::string file);

/// Relabelling rules in a file of their own: a list of them, or an object whose relabel_configs is one, as in
/// prometheus.yml. @error kUsage  as parse_mapping.
Result<std::vector<RelabelRule>> parse_relabel_rules(std::string_view text, std::string file);

/// "mapping.yaml:4:3", or the file's name alone, or "".
[[nodiscard]] std::string to_string(const Mapping& mapping, MappingPlace place);

}  // namespace PROMFILL_ABI
}  // namespace promfill
