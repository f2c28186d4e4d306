// Mapping: which columns of a table are time, labels and metrics. What a mapping file (version 1), the CLI's flags and
// a program all fill in; a source's schema completes it (inference) and checks it (compilation).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "promfill/sample.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// Where in a mapping file something was said, counted from 1, for messages. Line 0: on the command line or by a
/// program.
struct MappingPlace {
  int line = 0;
  int column = 0;
};

struct TimestampMapping {
  std::string column;            ///< empty: inferred
  std::optional<TimeUnit> unit;  ///< of a numeric column; absent: judged by magnitude. Timestamp types know their own
  std::int64_t offset_ms = 0;    ///< added to every time
  MappingPlace place;
};

/// A label whose value is that of a column. Null or empty: the series has no such label.
struct LabelMapping {
  std::string name;
  std::string column;
  MappingPlace place;
};

/// A label with the same value on every series.
struct ConstantLabel {
  std::string name;
  std::string value;
  MappingPlace place;
};

struct MetricMapping {
  std::string column;
  std::string name;  ///< empty: the column's name
  MetricType type = MetricType::kGauge;
  std::string help;
  std::string human_name;
  std::string unit;
  MappingPlace place;
};

struct Mapping {
  std::string file;  ///< where it was read from, for messages; may be empty
  TimestampMapping timestamp;
  std::optional<std::vector<LabelMapping>> labels;  ///< absent: inferred; empty: none
  std::vector<ConstantLabel> constants;
  std::optional<std::vector<MetricMapping>> metrics;  ///< absent: inferred
};

/// "mapping.yaml:4:3", or the file's name alone, or "".
[[nodiscard]] std::string to_string(const Mapping& mapping, MappingPlace place);

}  // namespace PROMFILL_ABI
}  // namespace promfill
