// A series as texts name it, name{label="value",…}, and what may stand behind it. One reader of labels for three
// dialects, which differ in blanks, quotes and what they allow (dump_line.h has the other two):
//
//   openmetrics    m{a="1",b="x\n"} 1.5 1700000000.123 # {trace_id="7"} 1 1700000000    {"my.metric",a="1"} 1 2
//   prometheus     m { a = "1" , } 1.5 1700000000123                                    blanks anywhere between words
//   promtool-dump  {__name__="m", a="1"} 1.5 1700000000123                              texts are quoted as Go does
//
// Source: Prometheus 3.14, model/textparse/openmetricslex.l, promlex.l (tokens), openmetricsparse.go (parseLVals),
// model/labels/labels_common.go (String).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/labels.h"

namespace promfill {

enum class TextDialect : std::uint8_t { kOpenMetrics, kPrometheus, kPromtoolDump, kCsvDump, kJsonDump };
inline constexpr std::size_t kTextDialects = 5;
/// As --format has it.
std::string_view to_string(TextDialect dialect);

/// What is wrong with a line, and the byte of it where that shows, counted from 0.
struct LineError {
  std::size_t at = 0;
  std::string reason;
};

/// Labels as they stand in a text: in its order, escapes undone, those without a value left out.
struct SeriesText {
  std::size_t end = 0;        ///< behind the braces or the name; in the line
  std::vector<Label> labels;  ///< the name first
  bool ok = false;
  LineError error{};  ///< where it isn't
};

/// Read the series that a line begins with. Names stand once.
/// @param line  without its line break.
[[nodiscard]] SeriesText parse_series(std::string_view line, TextDialect dialect);

/// Read a series as Labels::text() writes it: as in OpenMetrics, but labels may be any bytes and lack a name.
[[nodiscard]] SeriesText parse_series_as_labels(std::string_view text);

/// Read the labels of an exemplar, {…}, from its opening brace on.
[[nodiscard]] SeriesText parse_exemplar_labels(std::string_view line, std::size_t at);

/// Where the series of a line ends, if it has one: all that its labels depend on lies before. Says nothing about
/// whether it is well-formed; texts that parse_series() accepts have the same end. npos: there is no end.
[[nodiscard]] std::size_t series_extent(std::string_view line, TextDialect dialect);

/// Escapes \" \\ and \n undone; other pairs stay as they are.
[[nodiscard]] std::string unescaped(std::string_view text);

/// Behind a name of the alphabet that needs no quotes; `at` where there is none.
[[nodiscard]] std::size_t end_of_name(std::string_view line, std::size_t at, bool colons);
/// Behind a text in quotes that begins at `at`; npos where it doesn't end.
[[nodiscard]] std::size_t end_of_quoted(std::string_view line, std::size_t at);

}  // namespace promfill
