// meta.json; see meta_json.h. Written by hand, because key order and white space are part of the promise; read with a
// JSON parser, because others may write it otherwise.
#include "block/meta_json.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace promfill {
namespace {

using Json = nlohmann::json;

/// Nothing in the file nests deeper than 4; Thanos's section takes a few more.
constexpr int kDepthMax = 64;

Error corrupt(std::string problem) { return {ErrorCode::kCorrupt, "read meta.json: " + std::move(problem), "", ""}; }

std::string quoted(const std::string& text) { return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace); }

/// The lines of an object: `"key": value` with a comma after all but the last.
class ObjectText {
 public:
  explicit ObjectText(std::string indent) : indent_(std::move(indent)) {}

  void add(std::string_view key, const std::string& value) {
    body_ += (body_.empty() ? "\n\t" : ",\n\t") + indent_ + '"' + std::string(key) + "\": " + value;
  }
  void add_unless_zero(std::string_view key, std::uint64_t value) {
    if (value != 0) add(key, std::to_string(value));
  }
  [[nodiscard]] std::string text() const { return body_.empty() ? "{}" : "{" + body_ + "\n" + indent_ + "}"; }

 private:
  std::string indent_;
  std::string body_;
};

std::string array_text(const std::vector<std::string>& values) {
  std::string out = "[";
  for (std::size_t i = 0; i < values.size(); ++i) out += (i == 0 ? "\n\t\t\t" : ",\n\t\t\t") + quoted(values[i]);
  return out + "\n\t\t]";
}

std::string stats_text(const BlockStats& stats) {
  ObjectText out("\t");
  out.add_unless_zero("numSamples", stats.samples);
  out.add_unless_zero("numFloatSamples", stats.float_samples);
  out.add_unless_zero("numHistogramSamples", stats.histogram_samples);
  out.add_unless_zero("numSeries", stats.series);
  out.add_unless_zero("numChunks", stats.chunks);
  out.add_unless_zero("numTombstones", stats.tombstones);
  return out.text();
}

std::string compaction_text(const BlockMeta& meta) {
  ObjectText out("\t");
  out.add("level", std::to_string(meta.level));
  std::vector<std::string> sources;
  for (const Ulid& source : meta.sources) sources.push_back(source.text());
  if (!sources.empty()) out.add("sources", array_text(sources));
  if (meta.deletable) out.add("deletable", "true");
  if (meta.failed) out.add("failed", "true");
  if (!meta.hints.empty()) out.add("hints", array_text(meta.hints));
  return out.text();
}

/// Thanos's section, with what it needs to take a block. Source: Thanos, pkg/block/metadata/meta.go.
std::string thanos_text(const Labels& labels) {
  ObjectText names("\t\t");
  for (const Label& label : labels) names.add(label.name, quoted(label.value));
  ObjectText downsample("\t\t");
  downsample.add("resolution", "0");
  ObjectText out("\t");
  out.add("version", "1");
  out.add("labels", names.text());
  out.add("downsample", downsample.text());
  out.add("source", quoted("promfill"));
  return out.text();
}

/// Takes keys out of a JSON object and keeps the first problem, so that a caller checks once.
class ObjectReader {
 public:
  ObjectReader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object_.is_object()) fail("is not an object");
  }

  /// The value of `key`, or null where it is absent; absence is a problem if `required`.
  const Json* find(const char* key, bool required) {
    if (!object_.is_object()) return nullptr;
    const auto it = object_.find(key);
    if (it != object_.end()) {
      ++taken_;
      return &*it;
    }
    if (required) fail(std::string("has no ") + key);
    return nullptr;
  }

  template <typename T>
  T number(const char* key, bool required) {
    const Json* value = find(key, required);
    if (value == nullptr) return 0;
    if (!value->is_number_integer() || !fits<T>(*value)) {
      fail(std::string(key) + " is not a whole number in range");
      return 0;
    }
    return value->get<T>();
  }

  bool boolean(const char* key) {
    const Json* value = find(key, false);
    if (value == nullptr) return false;
    if (!value->is_boolean()) fail(std::string(key) + " is not true or false");
    return value->is_boolean() && value->get<bool>();
  }

  Ulid ulid(const Json& value, const char* key) {
    const auto parsed = value.is_string() ? Ulid::parse(value.get_ref<const std::string&>()) : std::nullopt;
    if (!parsed) fail(std::string(key) + " is not a ULID");
    return parsed.value_or(Ulid{});
  }

  /// Elements of an array; none where the key is absent or null, as Go reads it.
  std::vector<Json> array(const char* key) {
    const Json* value = find(key, false);
    if (value == nullptr || value->is_null()) return {};
    if (value->is_array()) return value->get<std::vector<Json>>();
    fail(std::string(key) + " is not an array");
    return {};
  }

  void fail(const std::string& problem) {
    if (!error_) error_ = corrupt(path_ + " " + problem);
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] bool has_more_keys() const { return object_.is_object() && taken_ < object_.size(); }

 private:
  template <typename T>
  static bool fits(const Json& value) {
    if (value.is_number_unsigned()) return std::in_range<T>(value.get<std::uint64_t>());
    return std::in_range<T>(value.get<std::int64_t>());
  }

  const Json& object_;
  std::string path_;
  std::size_t taken_ = 0;
  std::optional<Error> error_;
};

Status read_stats(const Json& object, BlockMeta& meta) {
  ObjectReader reader(object, "stats");
  meta.stats.samples = reader.number<std::uint64_t>("numSamples", false);
  meta.stats.float_samples = reader.number<std::uint64_t>("numFloatSamples", false);
  meta.stats.histogram_samples = reader.number<std::uint64_t>("numHistogramSamples", false);
  meta.stats.series = reader.number<std::uint64_t>("numSeries", false);
  meta.stats.chunks = reader.number<std::uint64_t>("numChunks", false);
  meta.stats.tombstones = reader.number<std::uint64_t>("numTombstones", false);
  meta.has_unknown_keys = meta.has_unknown_keys || reader.has_more_keys();
  if (reader.error()) return *reader.error();
  return {};
}

Status read_compaction(const Json& object, BlockMeta& meta) {
  ObjectReader reader(object, "compaction");
  meta.level = reader.number<std::uint32_t>("level", true);
  for (const Json& source : reader.array("sources")) meta.sources.push_back(reader.ulid(source, "a source"));
  meta.deletable = reader.boolean("deletable");
  const std::vector<Json> parents = reader.array("parents");
  meta.parent_count = static_cast<std::uint32_t>(parents.size());
  meta.failed = reader.boolean("failed");
  for (const Json& hint : reader.array("hints")) {
    if (!hint.is_string()) return corrupt("compaction has a hint that is not text");
    meta.hints.push_back(hint.get<std::string>());
  }
  meta.has_unknown_keys = meta.has_unknown_keys || reader.has_more_keys();
  if (reader.error()) return *reader.error();
  return {};
}

}  // namespace

std::string encode_meta_json(const BlockMeta& meta) {
  ObjectText out("");
  out.add("ulid", quoted(meta.ulid.text()));
  out.add("minTime", std::to_string(meta.range.min.ms));
  out.add("maxTime", std::to_string(meta.range.max.ms));
  out.add("stats", stats_text(meta.stats));
  out.add("compaction", compaction_text(meta));
  out.add("version", std::to_string(meta.version));
  if (!meta.external_labels.empty()) out.add("thanos", thanos_text(meta.external_labels));
  return out.text();
}

Result<BlockMeta> parse_meta_json(std::string_view text) {
  if (text.size() > kMetaBytesMax) return corrupt("larger than " + std::to_string(kMetaBytesMax) + " bytes");
  bool too_deep = false;
  const auto watch_depth = [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kDepthMax;
    return !too_deep;
  };
  const Json json = Json::parse(text, watch_depth, /*allow_exceptions=*/false);
  if (too_deep) return corrupt("nests deeper than " + std::to_string(kDepthMax));
  if (json.is_discarded()) return corrupt("not valid JSON");

  BlockMeta meta;
  ObjectReader reader(json, "the file");
  if (const Json* ulid = reader.find("ulid", true)) meta.ulid = reader.ulid(*ulid, "ulid");
  meta.range.min.ms = reader.number<std::int64_t>("minTime", true);
  meta.range.max.ms = reader.number<std::int64_t>("maxTime", true);
  const Json* stats = reader.find("stats", false);
  const Json* compaction = reader.find("compaction", true);
  meta.version = reader.number<std::uint32_t>("version", true);
  if (!reader.error() && meta.version != 1) reader.fail("has version " + std::to_string(meta.version) + ", not 1");
  if (reader.error()) return *reader.error();
  meta.has_unknown_keys = reader.has_more_keys();
  if (stats != nullptr) PROMFILL_TRY_STATUS(read_stats(*stats, meta));
  PROMFILL_TRY_STATUS(read_compaction(*compaction, meta));
  return meta;
}

}  // namespace promfill
