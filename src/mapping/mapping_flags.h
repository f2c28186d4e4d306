// The mapping flags of the command line: shorthand for the mapping file, and stronger than it.
#pragma once

#include <string>
#include <vector>

#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

struct MappingFlags {
  std::string timestamp;             ///< COL[:UNIT], the unit maybe a pattern
  std::string timestamp_offset;      ///< seconds or a duration, may be negative
  std::vector<std::string> labels;   ///< NAME=COL or COL
  std::vector<std::string> consts;   ///< NAME=VALUE
  std::vector<std::string> metrics;  ///< NAME=COL[:TYPE] or COL[:TYPE]
  std::string long_table{};          ///< NAMECOL=VALUECOL[:TYPE]
  std::string prefix{};              ///< of metric names
  std::string time_of_day{};         ///< COL
  std::string timezone{};            ///< of times that name none
  std::string ambiguous{};           ///< earlier, later or reject
  bool counter_total = false;        ///< `_total` is put behind names of counters
  bool type_and_unit_labels = false;
  std::string start{};  ///< COL, when the counting of every counter began that doesn't say
};

/// `base` with what the flags say: a time column, label, constant or metric of the same name is replaced, others are
/// added. A constant beside no other label leaves the inference of labels on.
/// @error kUsage  a flag that can't be read; `where` is the flag.
Result<Mapping> apply_flags(Mapping base, const MappingFlags& flags);

}  // namespace promfill
