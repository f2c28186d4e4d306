// See server.h. API: https://prometheus.io/docs/prometheus/latest/querying/api/
#include "publish/server.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "promfill/options.h"

namespace promfill {
namespace {

using Json = nlohmann::json;

constexpr long kOk = 200;
constexpr long kUnauthorized = 401;
constexpr long kForbidden = 403;

/// `data` of an answer.
Result<Json> data_of(const HttpClient& client, const std::string& path, Result<HttpAnswer> answer) {
  if (!answer) return answer.error();
  const std::string where = client.url() + path;
  if (answer->status == kUnauthorized || answer->status == kForbidden) {
    return Error{ErrorCode::kPermission, "the server wants a user and password", where,
                 "put them into ~/.netrc or the URL"};
  }
  Json json = Json::parse(answer->body, nullptr, false);
  if (answer->status != kOk || !json.is_object() || !json.contains("data")) {
    std::string said = "HTTP status " + std::to_string(answer->status);
    if (json.is_object() && json.contains("error") && json["error"].is_string()) said = json["error"];
    return Error{ErrorCode::kData, "the server did not answer as a Prometheus does: " + said, where,
                 "give the URL that its web page has"};
  }
  return std::move(json["data"]);
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

double number_of(const Json& value) {
  if (!value.is_string()) return value.is_number() ? value.get<double>() : std::nan("");
  const std::string text = value.get<std::string>();
  if (text == "NaN") return std::bit_cast<double>(kNormalNanBits);
  return std::strtod(text.c_str(), nullptr);
}

/// The API's times are seconds with three decimals, as JSON numbers.
Timestamp time_of(const Json& value) {
  return {value.is_number() ? std::llround(value.get<double>() * 1000.0) : std::int64_t{0}};
}

std::string seconds_text(Timestamp time) {
  const std::string sign = time.ms < 0 ? "-" : "";
  const std::uint64_t ms = time.ms < 0 ? 0 - static_cast<std::uint64_t>(time.ms) : static_cast<std::uint64_t>(time.ms);
  std::string fraction = std::to_string(ms % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return sign + std::to_string(ms / 1000) + "." + fraction;
}

Labels labels_from(const Json& metric) {
  std::vector<Label> labels;
  for (const auto& [name, value] : metric.items()) {
    if (value.is_string()) labels.push_back({name, value.get<std::string>()});
  }
  auto made = Labels::create(std::move(labels));
  return made ? *std::move(made) : Labels();
}

ServedSeries series_from(const Json& one) {
  ServedSeries series;
  series.labels = labels_from(one.value("metric", Json::object()));
  for (const Json& pair : one.value("values", Json::array())) {
    if (pair.is_array() && pair.size() == 2) series.samples.push_back({time_of(pair[0]), number_of(pair[1])});
  }
  for (const Json& pair : one.value("histograms", Json::array())) {
    if (!pair.is_array() || pair.size() != 2 || !pair[1].is_object()) continue;
    series.samples.push_back({time_of(pair[0]), number_of(pair[1].value("sum", Json()))});
  }
  std::ranges::sort(series.samples, {}, &Sample::time);
  return series;
}

}  // namespace

Result<Retention> parse_retention(std::string_view text) {
  Retention retention{.text = std::string(text)};
  while (!text.empty()) {
    const std::size_t end = text.find(" or ");
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 4);
    if (const auto time = parse_duration(part)) {
      retention.time = *time;
      continue;
    }
    // As Go's units print them: 1GiB512MiB.
    std::uint64_t bytes = 0;
    for (std::string_view rest = part; !rest.empty();) {
      const std::size_t unit = rest.find_first_not_of("0123456789.");
      const std::size_t next = rest.find_first_of("0123456789", std::min(unit, rest.size()));
      const auto size = parse_byte_size(rest.substr(0, next));
      if (!size) {
        return Error{ErrorCode::kData, "not a retention", std::string(part), "such as 15d, 5GiB, or 40d or 5GiB"};
      }
      bytes += *size;
      rest.remove_prefix(std::min(next, rest.size()));
    }
    retention.size_bytes = bytes;
  }
  return retention;
}

std::optional<ServerVersion> parse_server_version(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  ServerVersion version;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return {};
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc()) return {};
  return version;
}

Result<Server> Server::connect(const std::string& url) {
  PROMFILL_TRY(HttpClient client, HttpClient::create(url));
  return Server(std::move(client));
}

Result<ServerFacts> Server::facts() {
  const auto ask = [this](const std::string& path) { return data_of(client_, path, client_.get(path)); };
  PROMFILL_TRY(const Json build, ask("/api/v1/status/buildinfo"));
  PROMFILL_TRY(const Json runtime, ask("/api/v1/status/runtimeinfo"));
  PROMFILL_TRY(const Json flags, ask("/api/v1/status/flags"));
  PROMFILL_TRY(const Json tsdb, ask("/api/v1/status/tsdb"));
  ServerFacts facts;
  facts.version_text = text_at(build, "version");
  auto version = parse_server_version(facts.version_text);
  // Built without its number, as by `go install`: the flag is of version 3.
  if (!version && facts.version_text.empty() && flags.contains("storage.tsdb.block-reload-interval")) {
    version = ServerVersion{3, 0};
    facts.version_text = "of a build without a number, taken for 3.0";
  }
  const Json head = tsdb.is_object() ? tsdb.value("headStats", Json()) : Json();
  const Json head_min = head.is_object() ? head.value("minTime", Json()) : Json();
  if (!version || !head_min.is_number_integer()) {
    return Error{ErrorCode::kData, "the server does not say what its version and its head are", client_.url(),
                 "publishing is for Prometheus itself, 2.42 or later"};
  }
  facts.version = *version;
  // An empty head has the largest time, and in one that only has opened its WAL it may be the smallest.
  const auto head_min_ms = head_min.get<std::int64_t>();
  if (head_min_ms != kTimestampMax.ms && head_min_ms != kTimestampMin.ms) facts.head_min = Timestamp{head_min_ms};
  const std::string path = text_at(flags, "storage.tsdb.path");
  facts.data_directory = path.starts_with('/') ? path : text_at(runtime, "CWD") + "/" + path;
  PROMFILL_TRY(facts.retention, parse_retention(text_at(runtime, "storageRetention")));
  if (const auto max = parse_duration(text_at(flags, "storage.tsdb.max-block-duration"))) {
    facts.max_block_duration = *max;
  }
  return facts;
}

Result<std::vector<ServedSeries>> Server::samples(const std::string& selector, Timestamp mint, Timestamp maxt) {
  // Ranges exclude their start from version 3 on; before that they include it.
  const std::string range = std::to_string(maxt.ms - mint.ms + 1) + "ms";
  const std::string path = "/api/v1/query";
  PROMFILL_TRY(const Json data,
               data_of(client_, path,
                       client_.post(path, {{"query", selector + "[" + range + "]"}, {"time", seconds_text(maxt)}})));
  std::vector<ServedSeries> series;
  for (const Json& one : data.value("result", Json::array())) series.push_back(series_from(one));
  return series;
}

Result<double> Server::sample_count(Timestamp mint, Timestamp maxt, bool closed_ranges) {
  const std::int64_t length_ms = maxt.ms - mint.ms + (closed_ranges ? 0 : 1);
  const std::string query =
      "sum(count_over_time({__name__=~\".+\"}[" + std::to_string(std::max<std::int64_t>(length_ms, 1)) + "ms]))";
  const std::string path = "/api/v1/query";
  PROMFILL_TRY(const Json data,
               data_of(client_, path, client_.post(path, {{"query", query}, {"time", seconds_text(maxt)}})));
  const Json result = data.value("result", Json::array());
  if (!result.is_array() || result.empty()) return 0.0;
  const Json value = result[0].value("value", Json::array());
  return value.is_array() && value.size() == 2 ? number_of(value[1]) : 0.0;
}

Result<std::optional<double>> Server::own_metric(const std::string& name) {
  PROMFILL_TRY(const HttpAnswer answer, client_.get("/metrics"));
  const std::size_t line = answer.body.find("\n" + name + " ");
  if (answer.status != kOk || line == std::string::npos) return std::optional<double>();
  return std::optional<double>(std::strtod(answer.body.c_str() + line + 2 + name.size(), nullptr));
}

std::string selector_of(const Labels& labels) {
  std::string inside;
  for (const Label& label : labels) {
    const std::string name = is_classic_label_name(label.name) ? label.name : quote_label_value(label.name);
    inside += (inside.empty() ? "" : ",") + name + "=" + quote_label_value(label.value);
  }
  return "{" + inside + "}";
}

}  // namespace promfill
