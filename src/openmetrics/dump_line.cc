// See dump_line.h.
#include "openmetrics/dump_line.h"

#include <bit>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "openmetrics/float_text.h"
#include "promfill/sample.h"

namespace promfill {
namespace {

constexpr std::string_view kLabels = "{\"labels\":";
constexpr std::string_view kTime = ",\"t\":";
constexpr std::string_view kValue = ",\"v\":";

SeriesText wrong(std::size_t at, std::string reason) {
  return {.end = at, .labels = {}, .error = {at, std::move(reason)}};
}

/// Behind a cell of CSV.
std::size_t csv_cell_end(std::string_view line) {
  if (!line.starts_with('"')) return line.find(',');
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (line[at] != '"') continue;
    if (at + 1 == line.size() || line[at + 1] != '"') return at + 1;
    ++at;
  }
  return std::string_view::npos;
}

SeriesText parse_csv_series(std::string_view line) {
  const std::size_t end = csv_cell_end(line);
  if (end == std::string_view::npos) return wrong(0, "a series and a comma are expected");
  std::string cell(line.substr(0, end));
  if (cell.starts_with('"')) {
    cell = cell.substr(1, cell.size() - 2);
    for (std::size_t at = cell.find('"'); at != std::string::npos; at = cell.find('"', at + 1)) cell.erase(at, 1);
  }
  SeriesText series = parse_series_as_labels(cell);
  if (!series.ok) return wrong(0, std::move(series.error.reason));
  if (series.end != cell.size()) return wrong(0, "there is something behind the series");
  series.end = end;
  return series;
}

SeriesText parse_json_series(std::string_view line) {
  if (!line.starts_with(kLabels)) return wrong(0, "a line begins with " + std::string(kLabels));
  const std::size_t end = dump_series_extent(line, TextDialect::kJsonDump);
  if (end == std::string_view::npos) return wrong(kLabels.size(), "the labels don't end");
  std::size_t keys = 0;
  const auto count_keys = [&](int, nlohmann::json::parse_event_t event, nlohmann::json&) {
    keys += event == nlohmann::json::parse_event_t::key ? 1 : 0;
    return true;
  };
  const nlohmann::json labels =
      nlohmann::json::parse(line.substr(kLabels.size(), end - kLabels.size()), count_keys, false);
  if (!labels.is_object()) return wrong(kLabels.size(), "the labels are no JSON object");
  if (labels.size() != keys) return wrong(kLabels.size(), "a label's name is not unique");
  SeriesText series{.end = end, .labels = {}, .ok = true};
  for (const auto& [name, value] : labels.items()) {
    if (!value.is_string()) return wrong(kLabels.size(), "the value of \"" + name + "\" is no text");
    if (name.empty()) return wrong(kLabels.size(), "a label has an empty name");
    auto text = value.get<std::string>();
    if (!text.empty()) series.labels.push_back({name, std::move(text)});
  }
  return series.labels.empty() ? wrong(kLabels.size(), "the series has no labels") : series;
}

/// "stale", "0x7ff8000000000123" and what numbers may be; as dump writes them where JSON has no number.
std::optional<double> parse_json_value(std::string_view text) {
  constexpr std::size_t kHexDigits = 16;
  if (!text.starts_with('"')) return parse_float(text);
  text = text.substr(1, text.size() - 2);
  if (text == "stale") return std::bit_cast<double>(kStaleNanBits);
  if (!text.starts_with("0x")) return parse_float(text);
  text.remove_prefix(2);
  std::uint64_t bits = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  if (text.size() != kHexDigits || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return std::bit_cast<double>(bits);
}

}  // namespace

std::size_t dump_series_extent(std::string_view line, TextDialect dialect) {
  if (dialect == TextDialect::kCsvDump) return csv_cell_end(line);
  if (!line.starts_with(kLabels)) return std::string_view::npos;
  for (std::size_t at = kLabels.size(); at < line.size(); ++at) {
    if (line[at] == '}') return at + 1;
    if (line[at] != '"') continue;
    const std::size_t end = end_of_quoted(line, at);
    if (end == std::string_view::npos) return end;
    at = end - 1;
  }
  return std::string_view::npos;
}

SeriesText parse_dump_series(std::string_view line, TextDialect dialect) {
  return dialect == TextDialect::kCsvDump ? parse_csv_series(line) : parse_json_series(line);
}

DumpSample parse_dump_sample(std::string_view line, std::size_t at, TextDialect dialect) {
  const bool json = dialect == TextDialect::kJsonDump;
  const std::string_view before_time = json ? kTime : ",";
  const std::string_view before_value = json ? kValue : ",";
  const std::string_view end = json ? "}" : "";
  DumpSample sample;
  const auto fail = [&](std::size_t where, std::string reason) {
    sample.error = LineError{where, std::move(reason)};
    return sample;
  };
  if (!line.substr(at).starts_with(before_time)) return fail(at, "a time is expected behind a series");
  at += before_time.size();
  const char* const time_at = line.data() + at;
  const auto read = std::from_chars(time_at, line.data() + line.size(), sample.ms);
  if (read.ec != std::errc()) return fail(at, "a time in whole milliseconds is expected");
  sample.time_text = {time_at, read.ptr};
  at += sample.time_text.size();
  if (!line.substr(at).starts_with(before_value)) return fail(at, "a value is expected behind the time");
  at += before_value.size();
  std::string_view text = line.substr(at);
  if (!text.ends_with(end)) return fail(line.size(), "the line doesn't end with a brace");
  text.remove_suffix(end.size());
  const bool is_text = json && text.starts_with('"') && text.ends_with('"') && text.size() > 1;
  const std::optional<double> value = is_text ? parse_json_value(text) : parse_float(text);
  if (!value) return fail(at, "a number is expected");
  sample.value = *value;
  return sample;
}

}  // namespace promfill
