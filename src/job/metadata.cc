// See metadata.h.
#include "job/metadata.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "job/recovery.h"

namespace promfill {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kOfJob = ".metadata.json";
constexpr std::string_view kOfAll = "metadata.json";
constexpr std::uint64_t kMetadataBytesMax = 1ULL << 30;

/// The texts of a metric by their keys.
constexpr std::pair<const char*, std::string MetricMetadata::*> kTexts[] = {
    {"help", &MetricMetadata::help}, {"unit", &MetricMetadata::unit}, {"human_name", &MetricMetadata::human_name}};

std::string changed(const std::string& name, std::string_view what, std::string_view before, std::string_view now) {
  return std::string(what) + " of metric '" + name + "' was '" + std::string(before) + "' in an earlier job, and is '" +
         std::string(now) + "' from now on";
}

Error damaged(std::string message) {
  return {ErrorCode::kCorrupt, std::move(message), "", "remove the file: samples don't depend on it"};
}

/// Put `text` in place of what is there, unless it is the same.
Status keep_of_all(FileSystem& fs, const std::string& folder, const std::string& text) {
  const std::string path = join_path(folder, kOfAll);
  const std::string unfinished = path + std::string(kUnfinished);
  PROMFILL_TRY_STATUS(remove_tree(fs, unfinished));
  const Result<Bytes> before = read_file(fs, path, kMetadataBytesMax);
  if (before && as_text(*before) == text) return {};
  PROMFILL_TRY_STATUS(write_file(fs, unfinished, as_bytes(text)));
  PROMFILL_TRY_STATUS(fs.replace(unfinished, path));
  return fs.sync_directory(folder);
}

}  // namespace

std::vector<MetricMetadata> metadata_of(const Mapping& mapping) {
  std::vector<MetricMetadata> all;
  if (!mapping.metrics || mapping.long_table) return all;
  for (const MetricMapping& metric : *mapping.metrics) {
    const MetricMetadata one{metric.name, metric.type, metric.help, metric.unit, metric.human_name};
    (void)merge_metadata(all, std::span(&one, 1));
  }
  return all;
}

std::vector<std::string> merge_metadata(std::vector<MetricMetadata>& all, std::span<const MetricMetadata> later) {
  std::vector<std::string> differences;
  for (const MetricMetadata& one : later) {
    const auto at = std::lower_bound(all.begin(), all.end(), one.name,
                                     [](const MetricMetadata& a, const auto& name) { return a.name < name; });
    if (at == all.end() || at->name != one.name) {
      all.insert(at, one);
      continue;
    }
    if (at->type != one.type) {
      differences.push_back(changed(one.name, "the type", to_string(at->type), to_string(one.type)));
      at->type = one.type;
    }
    for (const auto& [key, text] : kTexts) {
      std::string& said = (*at).*text;
      if ((one.*text).empty() || said == one.*text) continue;
      if (!said.empty()) differences.push_back(changed(one.name, key, said, one.*text));
      said = one.*text;
    }
  }
  return differences;
}

std::string metadata_json(std::span<const MetricMetadata> metadata) {
  Json metrics = Json::object();
  for (const MetricMetadata& one : metadata) {
    Json entry = {{"type", to_string(one.type)}};
    for (const auto& [key, text] : kTexts) {
      if (!(one.*text).empty()) entry[key] = one.*text;
    }
    metrics[one.name] = std::move(entry);
  }
  const Json json = {{"version", 1}, {"metrics", std::move(metrics)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::vector<MetricMetadata>> parse_metadata(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("version") || !json.contains("metrics") || !json["metrics"].is_object()) {
    return damaged("this is no metadata of metrics");
  }
  if (json["version"] != 1) {
    return Error{ErrorCode::kRefused, "metadata of version " + json["version"].dump() + " is not known", "",
                 "a newer promfill wrote it"};
  }
  std::vector<MetricMetadata> all;
  for (const auto& [name, entry] : json["metrics"].items()) {
    if (!entry.is_object()) return damaged("metric '" + name + "' is no object");
    MetricMetadata one{.name = name};
    const std::optional<MetricType> type = parse_metric_type(
        entry.value("type", Json("")).is_string() ? entry.value("type", std::string()) : std::string());
    if (!type) return damaged("metric '" + name + "' has no type");
    one.type = *type;
    for (const auto& [key, member] : kTexts) {
      if (!entry.contains(key)) continue;
      if (!entry[key].is_string()) return damaged("'" + std::string(key) + "' of metric '" + name + "' is no text");
      one.*member = entry[key].get<std::string>();
    }
    (void)merge_metadata(all, std::span(&one, 1));
  }
  return all;
}

Result<std::vector<std::string>> collect_metadata(FileSystem& fs, const std::string& out, std::string_view job) {
  const std::string folder = job_folder(out);
  PROMFILL_TRY(const std::vector<DirectoryEntry> entries, fs.list(folder));
  std::vector<MetricMetadata> all;
  std::vector<std::string> differences;
  for (const DirectoryEntry& entry : entries) {  // sorted by name, and a job's name begins with the time of its start
    if (entry.kind != FileKind::kFile || !entry.name.ends_with(kOfJob)) continue;
    const std::string path = join_path(folder, entry.name);
    PROMFILL_TRY(const Bytes text, read_file(fs, path, kMetadataBytesMax));
    auto metadata = parse_metadata(as_text(text));
    if (!metadata) {
      Error error = std::move(metadata).error();
      error.where = path;
      return error;
    }
    std::vector<std::string> of_job = merge_metadata(all, *metadata);
    if (entry.name.starts_with(job)) differences = std::move(of_job);
  }
  if (!all.empty()) PROMFILL_TRY_STATUS(keep_of_all(fs, folder, metadata_json(all)));
  return differences;
}

}  // namespace promfill
