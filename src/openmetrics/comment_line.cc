// See comment_line.h.
#include "openmetrics/comment_line.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace promfill {
namespace {

constexpr std::array<std::string_view, 8> kOpenMetricsTypes{"counter", "gauge", "histogram", "gaugehistogram",
                                                            "summary", "info",  "stateset",  "unknown"};
constexpr std::array<std::string_view, 5> kPrometheusTypes{"counter", "gauge", "histogram", "summary", "untyped"};

CommentLine wrong(std::size_t at, std::string reason) { return {.error = LineError{at, std::move(reason)}}; }

bool is_blank(char c, TextDialect dialect) { return c == ' ' || (c == '\t' && dialect == TextDialect::kPrometheus); }

/// Blanks of one gap: exactly one, or in Prometheus's older format any number.
std::size_t skip_gap(std::string_view line, std::size_t at, TextDialect dialect) {
  const std::size_t most = dialect == TextDialect::kPrometheus ? line.size() : std::min(line.size(), at + 1);
  while (at < most && is_blank(line[at], dialect)) ++at;
  return at;
}

bool is_type(std::string_view text, TextDialect dialect) {
  return dialect == TextDialect::kOpenMetrics ? std::ranges::find(kOpenMetricsTypes, text) != kOpenMetricsTypes.end()
                                              : std::ranges::find(kPrometheusTypes, text) != kPrometheusTypes.end();
}

/// A unit is what the metric's name ends with, behind an underscore.
bool is_unit_of(std::string_view unit, std::string_view name) {
  return unit.empty() ||
         (name.size() > unit.size() && name.ends_with(unit) && name[name.size() - unit.size() - 1] == '_');
}

std::optional<CommentLine::Kind> kind_of(std::string_view word, TextDialect dialect) {
  if (word == "TYPE") return CommentLine::Kind::kType;
  if (word == "HELP") return CommentLine::Kind::kHelp;
  if (word == "UNIT" && dialect == TextDialect::kOpenMetrics) return CommentLine::Kind::kUnit;
  return std::nullopt;
}

std::optional<LineError> check(const CommentLine& comment, std::size_t text_at, TextDialect dialect) {
  switch (comment.kind) {
    case CommentLine::Kind::kType:
      if (is_type(comment.text, dialect)) return std::nullopt;
      return LineError{text_at, "unknown type '" + std::string(comment.text) + "'"};
    case CommentLine::Kind::kHelp:
      if (is_valid_utf8(comment.text)) return std::nullopt;
      return LineError{text_at, "the help is not UTF-8"};
    case CommentLine::Kind::kUnit:
      if (is_unit_of(comment.text, comment.name)) return std::nullopt;
      return LineError{text_at, "the metric's name doesn't end with _" + std::string(comment.text) + ", its unit"};
    default:
      return std::nullopt;
  }
}

}  // namespace

CommentLine parse_comment(std::string_view line, TextDialect dialect) {
  constexpr std::size_t kKeywordBytes = 4;
  const bool strict = dialect == TextDialect::kOpenMetrics;
  if (dialect != TextDialect::kOpenMetrics && dialect != TextDialect::kPrometheus)
    return wrong(0, "a dump has no comments");
  if (strict && line == "# EOF") return {.kind = CommentLine::Kind::kEnd};
  const std::size_t word = skip_gap(line, 1, dialect);
  const auto kind = word > 1 ? kind_of(line.substr(word, kKeywordBytes), dialect) : std::nullopt;
  std::size_t at = std::min(line.size(), word + kKeywordBytes);
  const std::size_t name_at = skip_gap(line, at, dialect);
  if (!kind || name_at == at) {
    if (!strict) return {};
    if (line.starts_with("# EOF")) return wrong(5, "there is something behind # EOF");
    return wrong(0, "comments are # HELP, # TYPE, # UNIT and # EOF, one blank between words");
  }
  const bool quoted = name_at < line.size() && line[name_at] == '"';
  at = quoted ? end_of_quoted(line, name_at) : end_of_name(line, name_at, true);
  if (at == std::string_view::npos || at == name_at) return wrong(name_at, "a metric's name is expected");
  CommentLine comment{.kind = *kind};
  comment.name = quoted ? line.substr(name_at + 1, at - name_at - 2) : line.substr(name_at, at - name_at);
  const bool has_text = at < line.size();
  // The older format takes whatever comes behind the name, less one byte.
  if (strict && (!has_text || line[at] != ' ')) return wrong(at, "one blank is expected behind a metric's name");
  comment.text = has_text ? line.substr(at + 1) : std::string_view();
  comment.error = check(comment, at + (has_text ? 1 : 0), dialect);
  return comment;
}

MetricComment metric_comment(const CommentLine& line) {
  return {line.kind, unescaped(line.name), unescaped(line.text)};
}

std::vector<MetricComment> metric_comments(std::string_view block, TextDialect dialect) {
  std::vector<MetricComment> comments;
  while (!block.empty()) {
    const std::size_t end = std::min(block.find('\n'), block.size() - 1);
    std::string_view line = block.substr(0, end);
    block.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with('#')) continue;
    const CommentLine comment = parse_comment(line, dialect);
    if (!comment.error && comment.is_of_metric()) comments.push_back(metric_comment(comment));
  }
  return comments;
}

FloatLabel float_label_of(std::string_view type) {
  if (type == "histogram") return FloatLabel::kLe;
  if (type == "summary") return FloatLabel::kQuantile;
  return type == "counter" ? FloatLabel::kCounter : FloatLabel::kNone;
}

std::optional<FloatLabel> float_label_behind(std::string_view block, TextDialect dialect) {
  if (dialect != TextDialect::kOpenMetrics && dialect != TextDialect::kPrometheus) return FloatLabel::kNone;
  for (std::size_t left = block.size(); left > 0;) {
    const void* const mark = memrchr(block.data(), '#', left);
    if (mark == nullptr) return std::nullopt;
    left = static_cast<std::size_t>(static_cast<const char*>(mark) - block.data());
    std::size_t begin = left;
    while (dialect == TextDialect::kPrometheus && begin > 0 && is_blank(block[begin - 1], dialect)) --begin;
    if (begin > 0 && block[begin - 1] != '\n') continue;
    std::string_view line = block.substr(left);
    line = line.substr(0, line.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const CommentLine comment = parse_comment(line, dialect);
    if (comment.kind == CommentLine::Kind::kType && !comment.error) return float_label_of(comment.text);
  }
  return std::nullopt;
}

}  // namespace promfill
