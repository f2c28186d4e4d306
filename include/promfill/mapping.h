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

/// A column whose values are samples.
struct MetricMapping {
  std::string column{};                    ///< of the values
  std::string name{};                      ///< empty: the column's name
  MetricType type = MetricType::kGauge;    ///< kept as metadata
  std::string help{};                      ///< what it is, for people; kept as metadata
  std::string human_name{};                ///< a name for people; kept as metadata
  std::string unit{};                      ///< such as bytes; kept as metadata
  std::vector<LabelMapping> labels{};      ///< of this metric alone
  std::vector<ConstantLabel> constants{};  ///< of this metric alone
  MappingPlace place{};                    ///< where it was said
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
