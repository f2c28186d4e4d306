#include "series_input.h"

#include <bit>
#include <charconv>
#include <cstdlib>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace promfill {
namespace {

using Json = nlohmann::json;

std::optional<double> parse_value(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "stale") return std::bit_cast<double>(kStaleNanBits);
  const char* const end = text.data() + text.size();
  if (text.starts_with("0x")) {
    std::uint64_t bits = 0;
    const auto parsed = std::from_chars(text.data() + 2, end, bits, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != end || text.size() != 18) return std::nullopt;
    return std::bit_cast<double>(bits);
  }
  char* stop = nullptr;
  const double number = std::strtod(text.c_str(), &stop);
  if (stop != end || text.empty()) return std::nullopt;
  return number;
}

Result<InputSeries> parse_line(const std::string& line) {
  const Error bad{.code = ErrorCode::kCorrupt, .message = "not a series: {\"labels\":{…},\"samples\":[[t,v],…]}"};
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("labels") || !json.contains("samples")) return bad;
  std::vector<Label> labels;
  for (const auto& [name, value] : json["labels"].items()) {
    if (!value.is_string()) return bad;
    if (!value.get_ref<const std::string&>().empty()) labels.push_back({name, value.get<std::string>()});
  }
  InputSeries series;
  PROMFILL_TRY(series.labels, Labels::create(std::move(labels)));
  for (const Json& pair : json["samples"]) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number_integer()) return bad;
    const std::optional<double> value = parse_value(pair[1]);
    if (!value) return bad;
    series.samples.push_back({{pair[0].get<std::int64_t>()}, *value});
  }
  return series;
}

}  // namespace

Result<std::vector<InputSeries>> read_series_lines(std::istream& in) {
  std::vector<InputSeries> read;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    Result<InputSeries> series = parse_line(line);
    if (!series) {
      series.error().where = "line " + std::to_string(number);
      return std::move(series).error();
    }
    read.push_back(std::move(*series));
  }
  return read;
}

}  // namespace promfill
