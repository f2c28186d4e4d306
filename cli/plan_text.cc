// See plan_text.h.
#include "plan_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "ledger_table.h"
#include "printable.h"

namespace promfill::cli {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kRowsShown = 40;  // of a table

/// Code points, which is what columns of a terminal are for most scripts.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// At most `columns` wide, padded to them.
std::string cell(std::string_view text, std::size_t columns) {
  std::string shown = printable(text);
  if (width(shown) > columns) {
    std::size_t bytes = 0;
    for (std::size_t seen = 0; seen + 1 < columns; ++seen) {
      do {
        ++bytes;
      } while (bytes < shown.size() && (shown[bytes] & 0xC0) == 0x80);
    }
    shown = shown.substr(0, bytes) + "…";
  }
  return shown + std::string(columns - width(shown), ' ');
}

/// The end of a path says more than its beginning.
std::string path_cell(std::string_view path, std::size_t columns) {
  if (width(path) <= columns) return cell(path, columns);
  std::size_t begin = path.size();
  for (std::size_t seen = 0; seen + 1 < columns;) {
    if ((path[--begin] & 0xC0) != 0x80) ++seen;
  }
  return cell("…" + std::string(path.substr(begin)), columns);
}

std::string right(std::string text, std::size_t columns) {
  return std::string(columns - std::min(columns, width(text)), ' ') + text;
}

/// Words of `text` in lines, the first behind `mark`, the others as far in.
std::string wrapped(std::string_view mark, std::string_view text) {
  const std::string shown = printable(text);
  std::string out(mark);
  std::size_t at = width(mark);
  const std::size_t indent = at;
  for (std::size_t begin = 0; begin < shown.size();) {
    const std::size_t end = std::min(shown.find(' ', begin), shown.size());
    const std::string_view word = std::string_view(shown).substr(begin, end - begin);
    if (at > indent && at + 1 + width(word) > kColumns) {
      out += "\n" + std::string(indent, ' ');
      at = indent;
    } else if (at > indent) {
      out += ' ';
      ++at;
    }
    out += word;
    at += width(word);
    begin = end + 1;
  }
  return out + "\n";
}

std::string trimmed_lines(std::string text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::size_t last = end;
    while (last > begin && text[last - 1] == ' ') --last;
    out += text.substr(begin, last - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

/// "and 12 more", where a table was cut.
std::string rest_of(std::size_t rows) {
  return rows > kRowsShown ? fmt::format("  … and {} more\n", grouped(rows - kRowsShown)) : "";
}

std::string count_or_unknown(std::uint64_t count) { return count == 0 ? "?" : grouped(count); }

std::string sources_text(const Survey& survey) {
  std::string out = cell("SOURCE", 42) + right("PIECES", 8) + right("ROWS", 16) + right("SIZE", 12) + "\n";
  std::size_t shown = 0;
  for (const SourceSurvey& source : survey.sources) {
    if (shown++ == kRowsShown) break;
    out += path_cell(source.name, 42) + right(grouped(source.pieces), 8) + right(count_or_unknown(source.rows), 16) +
           right(source.bytes == 0 ? "?" : format_byte_size(source.bytes), 12) + "\n";
  }
  return out + rest_of(survey.sources.size());
}

std::string columns_text(const Survey& survey) {
  std::string out = cell("COLUMN", 28) + "  " + cell("TYPE", 22) + "  " + cell("BECOMES", 26) + "\n";
  std::size_t shown = 0;
  for (const ColumnSurvey& column : survey.columns) {
    if (shown++ == kRowsShown) break;
    out += cell(column.name, 28) + "  " + cell(column.type, 22) + "  " +
           cell(column.use.empty() ? "(not used)" : column.use, 26) + "\n";
  }
  return out + rest_of(survey.columns.size());
}

std::string labels_text(const Survey& survey) {
  if (survey.labels.empty()) return "";
  std::string out = cell("LABEL", 20) + right("VALUES", 12) + "  SUCH AS\n";
  for (const LabelSurvey& label : survey.labels) {
    std::string examples;
    for (const std::string& example : label.examples) examples += (examples.empty() ? "" : ", ") + example;
    out += cell(label.name, 20) + right((label.exact ? "" : "≈ ") + grouped(label.values), 12) + "  " +
           cell(examples, 46) + "\n";
  }
  return out + "\n";
}

std::string metrics_text(const Survey& survey) {
  std::string out =
      cell("METRIC", 26) + "  " + cell("TYPE", 9) + right("VALUES", 12) + right("NULLS", 10) + "  FROM … TO\n";
  std::size_t shown = 0;
  for (const MetricSurvey& metric : survey.metrics) {
    if (shown++ == kRowsShown) break;
    out += cell(metric.name, 26) + "  " + cell(metric.type, 9) + right(grouped(metric.values), 12) +
           right(grouped(metric.nulls), 10) + "  " +
           cell(metric.values == 0 ? "" : fmt::format("{:.6g} … {:.6g}", metric.min, metric.max), 20);
    if (metric.type == "counter" && metric.falls > 0) out += "  " + grouped(metric.falls) + " resets";
    out += "\n";
  }
  return out + rest_of(survey.metrics.size());
}

std::string totals_text(const Survey& survey) {
  std::string out;
  const auto row = [&](std::string_view name, const std::string& text) { out += wrapped("  " + cell(name, 12), text); };
  out += survey.all_rows
             ? fmt::format("All {} rows were looked at:\n", grouped(survey.judged.rows_read))
             : fmt::format("{} rows of {} were looked at; the rest is estimated:\n", grouped(survey.judged.rows_read),
                           survey.rows == 0 ? "an unknown number" : "about " + grouped(survey.rows));
  const std::string about = survey.all_rows ? "" : "about ";
  if (!survey.times.empty()) {
    row("times", to_string(survey.times.min) + " … " + to_string(survey.times.max) +
                     (survey.times_complete ? "" : ", of the rows looked at"));
  }
  row("series", (survey.series_exact ? "" : "≈ ") + grouped(survey.series) + (survey.all_rows ? "" : " so far"));
  row("samples", survey.samples == 0 && !survey.all_rows ? "unknown" : about + grouped(survey.samples));
  row("blocks", (survey.blocks == 0 && !survey.all_rows ? std::string("unknown") : about + grouped(survey.blocks)) +
                    " of " + to_string(survey.block_duration));
  if (survey.bytes != 0) {
    row("disk",
        fmt::format("about {}, {:.2f} bytes a sample", format_byte_size(survey.bytes), survey.bytes_per_sample));
  }
  row("memory", "up to " + format_byte_size(survey.tuning.memory_limit_bytes) + ", see --memory-limit");
  if (survey.seconds > 0) {
    row("time", fmt::format("about {:.{}f} s with {} threads", survey.seconds, survey.seconds < 10 ? 1 : 0,
                            survey.tuning.threads));
  }
  return out;
}

}  // namespace

std::string plan_text(const Survey& survey) {
  std::string out = sources_text(survey) + "\n" + columns_text(survey) + "\nWhy\n";
  for (const std::string& decision : survey.decisions) out += wrapped("  - ", decision);
  out += "\n" + labels_text(survey) + metrics_text(survey);
  if (!survey.examples.empty()) out += "\nSamples, as they will be\n";
  for (const std::string& example : survey.examples) out += "  " + printable(example) + "\n";
  out += "\n" + totals_text(survey);
  if (!survey.warnings.empty()) out += "\nWatch out\n";
  for (const SurveyWarning& warning : survey.warnings) out += wrapped("  ! ", warning.text);
  return trimmed_lines(out);
}

std::string plan_json(const Survey& survey) {
  using Json = nlohmann::ordered_json;
  const auto number = [](double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); };
  Json json;
  for (const SourceSurvey& source : survey.sources) {
    json["sources"].push_back(
        {{"name", source.name}, {"pieces", source.pieces}, {"rows", source.rows}, {"bytes", source.bytes}});
  }
  for (const ColumnSurvey& column : survey.columns) {
    json["columns"].push_back({{"name", column.name}, {"type", column.type}, {"becomes", column.use}});
  }
  json["decisions"] = survey.decisions;
  json["labels"] = Json::array();
  for (const LabelSurvey& label : survey.labels) {
    json["labels"].push_back(
        {{"name", label.name}, {"values", label.values}, {"exact", label.exact}, {"examples", label.examples}});
  }
  json["metrics"] = Json::array();
  for (const MetricSurvey& metric : survey.metrics) {
    json["metrics"].push_back({{"name", metric.name},
                               {"type", metric.type},
                               {"values", metric.values},
                               {"nulls", metric.nulls},
                               {"min", metric.values == 0 ? Json(nullptr) : number(metric.min)},
                               {"max", metric.values == 0 ? Json(nullptr) : number(metric.max)},
                               {"steps", metric.steps},
                               {"falls", metric.falls}});
  }
  json["examples"] = survey.examples;
  json["rows_looked_at"] = survey.judged.rows_read;
  json["all_rows"] = survey.all_rows;
  json["rows"] = survey.rows;
  json["series"] = survey.series;
  json["series_exact"] = survey.series_exact;
  json["samples"] = survey.samples;
  const auto time = [&](Timestamp at) { return survey.times.empty() ? Json(nullptr) : Json(at.ms); };
  json["min_time"] = time(survey.times.min);
  json["max_time"] = time(survey.times.max);
  json["times_complete"] = survey.times_complete;
  json["block_duration_ms"] = survey.block_duration.ms;
  json["blocks"] = survey.blocks;
  json["bytes"] = survey.bytes;
  json["memory_limit_bytes"] = survey.tuning.memory_limit_bytes;
  json["threads"] = survey.tuning.threads;
  json["seconds"] = number(survey.seconds);
  json["rejected_by_reason"] = survey.judged.rejected_by_reason;
  json["warnings"] = Json::array();
  for (const SurveyWarning& warning : survey.warnings) {
    json["warnings"].push_back({{"code", warning.code}, {"text", warning.text}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace promfill::cli
