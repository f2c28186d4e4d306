// Goal: no byte of a block can change without `verify` telling. Method: every byte of small blocks that Prometheus
// wrote is changed in nine ways, each bit alone and all of them. What is no problem to `verify` must stand in the list
// below, with the reason why the block means the same, or might be another's; and even then `verify` has to note it.
//
// The counts go to $PROMFILL_RELIABILITY/flips.json, one line of JSON.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "block/block_verifier.h"
#include "block/example_block.h"

namespace promfill {
namespace {

struct Place {
  std::string_view name;  ///< in meta.json: a path of keys, or white space
  std::string_view reason;
};
constexpr Place kMeaningless[] = {
    {"white space", "another white space in its place is the same JSON"},
    {"minTime", "below the first sample: blocks of a server cover their whole window, whatever is in it"},
    {"maxTime", "beyond the last sample: blocks of a server cover their whole window, whatever is in it"},
    {"compaction.level", "how often the block was compacted: nothing else in it says so"},
    {"compaction.sources", "which blocks it was compacted from: nothing else in it says so"},
};
constexpr Place kNotRead[] = {
    {"minTime", "series are not decoded"},
    {"maxTime", "series are not decoded"},
};

struct FlippedBlock {
  std::string path;  ///< in the source tree
  std::string ulid;  ///< that its directory should have
};

std::vector<FlippedBlock> flipped_blocks() {
  const std::string tests = std::string(PROMFILL_ROOT) + "/tests/";
  return {{tests + "cli/blocks/plain/01HM0000000000000000000002", "01HM0000000000000000000002"},
          {tests + "golden/around_zero/expected/3", "00000000000000000000000000"}};
}

constexpr std::string_view kFiles[] = {"index", "chunks/000001", "meta.json", "tombstones"};
constexpr std::array<std::uint8_t, 9> kMasks{0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff};

/// For each byte of a meta.json, as Prometheus lays it out with one key or element a line, what it belongs to.
std::vector<std::string> places_of(std::string_view text) {
  std::vector<std::string> places;
  std::vector<std::string> keys;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    const std::size_t begin = std::min(line.find_first_not_of('\t'), line.size());
    const bool has_key = line.substr(begin).starts_with('"') && line.find("\": ") != line.npos;
    if (has_key) keys.emplace_back(line.substr(begin + 1, line.find("\": ") - begin - 1));
    std::string path;
    for (const std::string& key : keys) path += (path.empty() ? "" : ".") + key;
    for (std::size_t i = 0; i < line.size(); ++i) {
      places.push_back(line[i] == '\t' || line[i] == ' ' ? "white space" : path);
    }
    if (at + line.size() < text.size()) places.emplace_back("white space");
    at = places.size();
    const bool opens = line.ends_with('{') || line.ends_with('[');
    const bool closes = line.find_first_of("}]") != line.npos;
    if (!keys.empty() && (closes || (has_key && !opens))) keys.pop_back();
  }
  return places;
}

struct Tally {
  std::uint64_t bytes = 0;
  std::uint64_t flips = 0;
  std::uint64_t found = 0;
  std::map<std::string, std::uint64_t> meaningless;  // by place
};

bool is_listed(std::span<const Place> list, std::string_view place) {
  return std::ranges::find(list, place, &Place::name) != list.end();
}

/// Whether a meta.json gives the block a range that holds all of `range`: a narrower one is always a problem.
bool covers(Bytes text, std::size_t at, std::uint8_t mask, const TimeRange& range) {
  text[at] ^= mask;
  const auto meta = parse_meta_json(as_text(text));
  return meta && meta->range.min <= range.min && meta->range.max >= range.max;
}

/// Change every byte of a file in every way, and expect that it is found or listed.
/// @param noted  what is listed has to be noted all the same.
Tally flip_file(const FlippedBlock& block, std::string_view name, const VerifyOptions& options,
                std::span<const Place> listed, bool noted) {
  FilesInMemory fs(block.path);
  EXPECT_TRUE(verify_block(fs, block.path, options, block.ulid).ok()) << block.path;
  Bytes& bytes = fs[join_path(block.path, name)];
  const std::vector<std::string> places =
      name == kMetaFile ? places_of(as_text(bytes)) : std::vector<std::string>(bytes.size());
  EXPECT_EQ(places.size(), bytes.size());
  const TimeRange range = read_block_meta(fs, block.path)->range;
  Tally tally{.bytes = bytes.size(), .meaningless = {}};
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const std::uint8_t mask : kMasks) {
      bytes[at] ^= mask;
      const VerifyReport report = verify_block(fs, block.path, options, block.ulid);
      bytes[at] ^= mask;
      ++tally.flips;
      if (!report.ok()) {
        ++tally.found;
        continue;
      }
      ++tally.meaningless[places[at]];
      EXPECT_TRUE(is_listed(listed, places[at]))
          << name << " byte " << at << " mask " << int{mask} << " in \"" << places[at] << "\" is not found";
      if (noted) {
        EXPECT_TRUE(covers(bytes, at, mask, range)) << name << " byte " << at << " mask " << int{mask};
      }
      EXPECT_TRUE(!noted || !report.notes.empty()) << name << " byte " << at << " mask " << int{mask};
    }
  }
  return tally;
}

TEST(Flips, PlacesInMetaAreTold) {
  const std::string_view text =
      "{\n\t\"ulid\": \"01\",\n\t\"stats\": {\n\t\t\"n\": 6\n\t},\n\t\"v\": [\n\t\t\"x\"\n\t]\n}";
  const std::vector<std::string> places = places_of(text);
  ASSERT_EQ(places.size(), text.size());
  EXPECT_EQ(places[text.find("01")], "ulid");
  EXPECT_EQ(places[text.find("ats")], "stats");
  EXPECT_EQ(places[text.find('6')], "stats.n");
  EXPECT_EQ(places[text.find('x')], "v");
  EXPECT_EQ(places[text.find('v')], "v");
  EXPECT_EQ(places[text.rfind('\n')], "white space");
  EXPECT_EQ(places.back(), "");
}

TEST(Flips, StrictVerifyFindsEveryOne) {
  for (const FlippedBlock& block : flipped_blocks()) {
    for (const std::string_view name : kFiles) {
      const Tally tally = flip_file(block, name, {.strict = true}, {}, false);
      EXPECT_EQ(tally.found, tally.flips) << name;
    }
  }
}

TEST(Flips, VerifyFindsOrNotesEveryOne) {
  nlohmann::ordered_json json{{"blocks", flipped_blocks().size()}, {"bytes", 0}, {"flips", 0}, {"found", 0}};
  std::map<std::string, std::uint64_t> by_file;
  std::map<std::string, std::uint64_t> by_place;
  Tally all;
  for (const FlippedBlock& block : flipped_blocks()) {
    for (const std::string_view name : kFiles) {
      const Tally tally = flip_file(block, name, {}, kMeaningless, true);
      all.bytes += tally.bytes;
      all.flips += tally.flips;
      all.found += tally.found;
      by_file[std::string(name)] += tally.flips;
      for (const auto& [place, count] : tally.meaningless) by_place[place] += count;
    }
  }
  for (const Place& place : kMeaningless) {
    EXPECT_GT(by_place[std::string(place.name)], 0U) << place.name << " need not be listed";
  }
  json["bytes"] = all.bytes;
  json["flips"] = all.flips;
  json["found"] = all.found;
  json["meaningless"] = all.flips - all.found;
  json["flips_by_file"] = by_file;
  json["meaningless_by_place"] = nlohmann::ordered_json::object();
  for (const Place& place : kMeaningless) {
    json["meaningless_by_place"][place.name] = {{"flips", by_place[std::string(place.name)]}, {"reason", place.reason}};
  }
  std::cout << json.dump() << "\n";
  if (const char* directory = std::getenv("PROMFILL_RELIABILITY"); directory != nullptr) {
    std::filesystem::create_directories(directory);
    std::ofstream(std::string(directory) + "/flips.json") << json.dump() << "\n";
  }
}

TEST(Flips, ChecksumsAloneFindAllButTimes) {
  std::vector<Place> listed(std::begin(kMeaningless), std::end(kMeaningless));
  listed.insert(listed.end(), std::begin(kNotRead), std::end(kNotRead));
  for (const FlippedBlock& block : flipped_blocks()) {
    for (const std::string_view name : kFiles) {
      flip_file(block, name, {.depth = VerifyDepth::kChecksums}, listed, false);
      const Tally strict = flip_file(block, name, {.depth = VerifyDepth::kChecksums, .strict = true}, kNotRead, false);
      EXPECT_TRUE(name == kMetaFile || strict.found == strict.flips) << name;
    }
  }
}

}  // namespace
}  // namespace promfill
