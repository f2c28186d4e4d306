// Lines that begin with '#': TYPE, HELP and UNIT of a family of metrics, and the end of the text.
// Source: Prometheus 3.14, model/textparse/openmetricsparse.go, promparse.go (Next).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "openmetrics/series_text.h"

namespace promfill {

/// The label whose values are written as floats are, 1 as 1.0: `le` of what follows a TYPE line that says histogram,
/// `quantile` after summary. Any other TYPE ends it; the names of metrics don't matter to Prometheus here.
/// kCounter has none, but says that a counter's TYPE line is in force.
enum class FloatLabel : std::uint8_t { kNone, kLe, kQuantile, kCounter };

struct CommentLine {
  enum class Kind : std::uint8_t { kType, kHelp, kUnit, kEnd, kIgnored };
  Kind kind = Kind::kIgnored;
  std::string_view name{};  ///< of the metric; borrowed from the line
  std::string_view text{};
  std::optional<LineError> error{};

  [[nodiscard]] bool is_of_metric() const { return kind == Kind::kType || kind == Kind::kHelp || kind == Kind::kUnit; }
};

/// What a TYPE, HELP or UNIT line says of a metric.
struct MetricComment {
  CommentLine::Kind kind = CommentLine::Kind::kType;
  std::string name;
  std::string text;
};
[[nodiscard]] MetricComment metric_comment(const CommentLine& line);
/// All of a block, lines that are wrong left out.
[[nodiscard]] std::vector<MetricComment> metric_comments(std::string_view block, TextDialect dialect);

/// @param line  without its line break; begins with '#'. Dumps have none.
[[nodiscard]] CommentLine parse_comment(std::string_view line, TextDialect dialect);

/// Of a TYPE line.
[[nodiscard]] FloatLabel float_label_of(std::string_view type);

/// What is in force behind a block of lines, if the block says it. Lines that are wrong are passed over.
[[nodiscard]] std::optional<FloatLabel> float_label_behind(std::string_view block, TextDialect dialect);

}  // namespace promfill
