// See manifest.h.
#include "publish/manifest.h"

#include <array>
#include <nlohmann/json.hpp>

#include "block/block_reader.h"

namespace promfill {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kManifestBytesMax = 64ULL << 20;
constexpr std::array<std::string_view, 4> kStates{"placing", "placed", "served", "rolled back"};

Error corrupt(const std::string& path) {
  return {ErrorCode::kCorrupt, "not a manifest of promfill publish", path, "give the file that publish named"};
}

bool parse_block(const Json& json, PlacedBlock& out) {
  const auto text = [&json](const char* key) {
    const auto at = json.find(key);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  const auto number = [&json](const char* key, auto& to) {
    const auto at = json.find(key);
    if (at == json.end() || !at->is_number_integer()) return false;
    to = at->get<std::decay_t<decltype(to)>>();
    return true;
  };
  const auto source = Ulid::parse(text("source"));
  const auto ulid = Ulid::parse(text("ulid"));
  if (!source || !ulid) return false;
  out.source = *source;
  out.ulid = *ulid;
  return number("min_time", out.range.min.ms) && number("max_time", out.range.max.ms) &&
         number("samples", out.samples) && number("bytes", out.bytes);
}

}  // namespace

std::string_view to_string(PublishState state) { return kStates[static_cast<std::size_t>(state)]; }

Status write_manifest(FileSystem& fs, const std::string& path, const PublishManifest& manifest) {
  Json json{{"version", 1},
            {"data_directory", manifest.data_directory},
            {"server", manifest.server},
            {"state", to_string(manifest.state)},
            {"blocks", Json::array()}};
  for (const PlacedBlock& block : manifest.blocks) {
    json["blocks"].push_back({{"source", block.source.text()},
                              {"ulid", block.ulid.text()},
                              {"min_time", block.range.min.ms},
                              {"max_time", block.range.max.ms},
                              {"samples", block.samples},
                              {"bytes", block.bytes}});
  }
  const std::string text = json.dump(1, '\t', false, Json::error_handler_t::replace) + "\n";
  const std::string fresh = path + ".unfinished";
  const std::string old = path + ".before";
  PROMFILL_TRY_STATUS(remove_tree(fs, fresh));
  PROMFILL_TRY_STATUS(write_file(fs, fresh, as_bytes(text)));
  // A rename here never replaces. In between there is one of both names, and read_manifest() looks for the other.
  if (exists(fs, path)) {
    PROMFILL_TRY_STATUS(remove_tree(fs, old));
    PROMFILL_TRY_STATUS(fs.rename(path, old));
  }
  PROMFILL_TRY_STATUS(fs.rename(fresh, path));
  PROMFILL_TRY_STATUS(remove_tree(fs, old));
  return fs.sync_directory(path.substr(0, path.rfind('/')));
}

Result<PublishManifest> read_manifest(FileSystem& fs, const std::string& path) {
  const bool cut_short = !exists(fs, path) && exists(fs, path + ".before");
  PROMFILL_TRY(const Bytes bytes, read_file(fs, cut_short ? path + ".before" : path, kManifestBytesMax));
  const Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (!json.is_object() || !json.contains("version") || json["version"] != 1) return corrupt(path);
  PublishManifest manifest;
  if (!json.contains("data_directory") || !json["data_directory"].is_string()) return corrupt(path);
  manifest.data_directory = json["data_directory"].get<std::string>();
  if (json.contains("server") && json["server"].is_string()) manifest.server = json["server"].get<std::string>();
  const std::string state =
      json.contains("state") && json["state"].is_string() ? json["state"].get<std::string>() : std::string();
  std::size_t number = 0;
  while (number < kStates.size() && kStates[number] != state) ++number;
  if (number == kStates.size() || !json.contains("blocks") || !json["blocks"].is_array()) return corrupt(path);
  manifest.state = static_cast<PublishState>(number);
  for (const Json& one : json["blocks"]) {
    if (!one.is_object() || !parse_block(one, manifest.blocks.emplace_back())) return corrupt(path);
  }
  return manifest;
}

std::vector<std::string> find_manifests(FileSystem& fs, const std::string& source) {
  constexpr std::string_view kBefore = ".before";
  std::vector<std::string> found;
  const std::string folder = join_path(source, ".promfill");
  const auto entries = fs.list(folder);
  if (!entries) return found;
  for (const DirectoryEntry& entry : *entries) {
    std::string name = entry.name;
    if (name.ends_with(kBefore)) name.resize(name.size() - kBefore.size());
    if (!name.starts_with("publish-") || !name.ends_with(".json")) continue;
    const std::string path = join_path(folder, name);
    if (found.empty() || found.back() != path) found.push_back(path);
  }
  return found;
}

Result<std::uint64_t> unchanging_bytes(FileSystem& fs, const std::string& block) {
  PROMFILL_TRY(const FileInfo index, fs.info(join_path(block, kIndexFile)));
  std::uint64_t bytes = index.size_bytes;
  const std::string chunks = join_path(block, kChunksDirectory);
  PROMFILL_TRY(const auto segments, fs.list(chunks));
  for (const DirectoryEntry& segment : segments) {
    PROMFILL_TRY(const FileInfo info, fs.info(join_path(chunks, segment.name)));
    bytes += info.size_bytes;
  }
  return bytes;
}

}  // namespace promfill
