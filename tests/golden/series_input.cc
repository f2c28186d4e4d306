#include "series_input.h"

#include <bit>
#include <charconv>
#include <cstdlib>
#include <istream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>

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

template <typename N>
std::optional<N> parse_number(const Json& value) {
  if constexpr (std::is_same_v<N, double>) return parse_value(value);
  return value.is_number_integer() ? std::optional(value.get<N>()) : std::nullopt;
}

template <typename N>
bool parse_numbers(const Json& object, const char* key, std::vector<N>& numbers) {
  if (!object.contains(key)) return true;
  for (const Json& value : object[key]) {
    const std::optional<N> number = parse_number<N>(value);
    if (!number) return false;
    numbers.push_back(*number);
  }
  return true;
}

std::vector<HistogramSpan> parse_spans(const Json& object, const char* key) {
  std::vector<HistogramSpan> spans;
  if (!object.contains(key)) return spans;
  for (const Json& pair : object[key]) spans.push_back({pair[0].get<std::int32_t>(), pair[1].get<std::uint32_t>()});
  return spans;
}

template <typename H>
std::optional<AnySample> parse_histogram(const Json& line, const Json& json) {
  using Count = decltype(H::count);
  const std::map<std::string, CounterReset> hints{{"unknown", CounterReset::kUnknown},
                                                  {"reset", CounterReset::kReset},
                                                  {"not_reset", CounterReset::kNotReset},
                                                  {"gauge", CounterReset::kGauge}};
  HistogramSample<H> sample;
  sample.time = {line["t"].get<std::int64_t>()};
  sample.start = {line.value("st", std::int64_t{0})};
  H& h = sample.histogram;
  h.counter_reset = hints.at(json.value("hint", "unknown"));
  h.layout.schema = json.value("schema", 0);
  h.layout.positive_spans = parse_spans(json, "positive_spans");
  h.layout.negative_spans = parse_spans(json, "negative_spans");
  const std::optional<double> threshold = parse_value(json.value("zero_threshold", Json(0)));
  const std::optional<double> sum = parse_value(json.value("sum", Json(0)));
  const std::optional<Count> count = parse_number<Count>(json.value("count", Json(0)));
  const std::optional<Count> zero_count = parse_number<Count>(json.value("zero_count", Json(0)));
  if (!threshold || !sum || !count || !zero_count || !parse_numbers(json, "positive_buckets", h.positive) ||
      !parse_numbers(json, "negative_buckets", h.negative) ||
      !parse_numbers(json, "custom_values", h.layout.custom_bounds)) {
    return std::nullopt;
  }
  h.layout.zero_threshold = *threshold;
  h.sum = *sum;
  h.count = *count;
  h.zero_count = *zero_count;
  if (!validate(h)) return std::nullopt;
  return sample;
}

std::optional<AnySample> parse_one(const Json& json) {
  if (json.contains("h")) return parse_histogram<Histogram>(json, json["h"]);
  if (json.contains("fh")) return parse_histogram<FloatHistogram>(json, json["fh"]);
  const std::optional<double> value = json.contains("v") ? parse_value(json["v"]) : std::nullopt;
  if (!value) return std::nullopt;
  return Sample{{json["t"].get<std::int64_t>()}, *value};
}

Result<InputSeries> parse_line(const std::string& line) {
  const Error bad{.code = ErrorCode::kCorrupt, .message = "not a series: {\"labels\":{…},\"samples\":[[t,v],…]}"};
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("labels")) return bad;
  std::vector<Label> labels;
  for (const auto& [name, value] : json["labels"].items()) {
    if (!value.is_string()) return bad;
    if (!value.get_ref<const std::string&>().empty()) labels.push_back({name, value.get<std::string>()});
  }
  InputSeries series;
  PROMFILL_TRY(series.labels, Labels::create(std::move(labels)));
  if (json.contains("t")) {
    const std::optional<AnySample> sample = parse_one(json);
    if (!sample) return bad;
    series.histograms.push_back(*sample);
    return series;
  }
  if (!json.contains("samples")) return bad;
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
