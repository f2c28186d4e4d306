// Lines of `promfill dump`, read back as it writes them, without blanks and in this order:
//
//   dump-csv    "m{a=""1""}",1700000000123,1.5                                        the first line names the columns
//   dump-jsonl  {"labels":{"__name__":"m","a":"1"},"t":1700000000123,"v":1.5}         v may be a text, as "stale"
//
// Labels are any bytes in CSV, and need no metric's name in either: what a block holds can be read back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "openmetrics/series_text.h"

namespace promfill {

inline constexpr std::string_view kCsvDumpHeader = "series,timestamp_ms,value";

/// What `promfill dump` writes in formats of its own.
[[nodiscard]] constexpr bool is_of_our_dump(TextDialect dialect) {
  return dialect == TextDialect::kCsvDump || dialect == TextDialect::kJsonDump;
}

/// As series_extent() and parse_series().
[[nodiscard]] std::size_t dump_series_extent(std::string_view line, TextDialect dialect);
[[nodiscard]] SeriesText parse_dump_series(std::string_view line, TextDialect dialect);

/// What stands behind a series.
struct DumpSample {
  std::int64_t ms = 0;
  double value = 0;
  std::string_view time_text{};  ///< of the line
  std::optional<LineError> error{};
};

/// @param line  without its line break. @param at  behind its series.
[[nodiscard]] DumpSample parse_dump_sample(std::string_view line, std::size_t at, TextDialect dialect);

}  // namespace promfill
