// Block verifier; see block_verifier.h. Here: directory, meta.json, tombstones, and the order of the checks; index and
// chunks have files of their own.
#include "block/block_verifier.h"

#include <algorithm>
#include <array>
#include <optional>

#include "block/block_reader.h"
#include "block/segment_walk.h"
#include "block/tombstones.h"
#include "block/verify_chunks.h"
#include "block/verify_findings.h"
#include "block/verify_index.h"
#include "chunk/xor_chunk.h"
#include "index/index_frames.h"
#include "promfill/labels.h"

namespace promfill {
namespace {

std::string last_component(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

struct ExpectedEntry {
  std::string_view name;
  FileKind kind;
};
constexpr std::array<ExpectedEntry, 4> kExpectedEntries{{{kChunksDirectory, FileKind::kDirectory},
                                                         {kIndexFile, FileKind::kFile},
                                                         {kMetaFile, FileKind::kFile},
                                                         {kTombstonesFile, FileKind::kFile}}};

/// Whether entries are there and of the right kind, so that they can be opened.
struct Present {
  bool chunks = false;
  bool index = false;
  bool meta = false;
  bool tombstones = false;
};

Present check_directory(FileSystem& fs, const std::string& directory, Findings& findings) {
  const auto entries = fs.list(directory);
  if (!entries) {
    findings.problem(entries.error().text());
    return {};
  }
  std::array<bool, kExpectedEntries.size()> found{};
  for (const DirectoryEntry& entry : *entries) {
    const auto expected = std::ranges::find(kExpectedEntries, entry.name, &ExpectedEntry::name);
    if (expected == kExpectedEntries.end()) {
      findings.oddity("directory: " + quote_label_value(entry.name) + " does not belong into a block");
    } else if (entry.kind != expected->kind) {
      findings.problem("directory: " + entry.name + " is not a " +
                       (expected->kind == FileKind::kFile ? "regular file" : "directory"));
    } else {
      found[static_cast<std::size_t>(expected - kExpectedEntries.begin())] = true;
    }
  }
  const Present present{found[0], found[1], found[2], found[3]};
  if (!present.chunks) findings.problem("directory: there is no chunks");
  if (!present.index) findings.problem("directory: there is no index");
  if (!present.meta) findings.problem("directory: there is no meta.json");
  if (!present.tombstones) findings.oddity("directory: there is no tombstones");
  return present;
}

void check_meta(const BlockMeta& meta, std::string_view text, const std::string& name, Findings& findings) {
  if (name != meta.ulid.text()) {
    findings.problem("meta.json: the ULID is " + meta.ulid.text() + ", but the directory is named " + name);
  }
  if (meta.range.min >= meta.range.max) findings.problem("meta.json: minTime is not below maxTime");
  if (meta.level < 1) findings.problem("meta.json: compaction level is 0");
  if (meta.sources.empty()) findings.problem("meta.json: the block has no sources");
  if (meta.deletable) findings.problem("meta.json: the block is marked deletable");
  if (meta.failed) findings.problem("meta.json: the block is marked as failed");
  const bool fresh = meta.level == 1 && meta.sources == std::vector{meta.ulid} && meta.parent_count == 0;
  if (!fresh) findings.oddity("meta.json: level, sources and parents are those of a compacted block");
  if (!meta.has_unknown_keys && meta.parent_count == 0 && text != encode_meta_json(meta)) {
    findings.oddity("meta.json: not laid out as Prometheus writes it");
  }
}

std::optional<BlockMeta> verify_meta(FileSystem& fs, const std::string& directory, const std::string& name,
                                     Findings& findings) {
  const auto text = read_file(fs, join_path(directory, kMetaFile), kMetaBytesMax);
  auto meta = text ? parse_meta_json(as_text(*text)) : Result<BlockMeta>(text.error());
  if (!meta) {
    findings.problem("meta.json: " + meta.error().text());
    return std::nullopt;
  }
  check_meta(*meta, as_text(*text), name, findings);
  return *std::move(meta);
}

void verify_tombstones(FileSystem& fs, const std::string& directory, const std::optional<BlockMeta>& meta,
                       Findings& findings) {
  const auto file = read_file(fs, join_path(directory, kTombstonesFile), kTombstonesBytesMax);
  const auto count = file ? count_tombstones(*file) : Result<std::uint64_t>(file.error());
  if (!count) {
    findings.problem("tombstones: " + count.error().text());
    return;
  }
  findings.stats().tombstones = *count;
  if (meta && meta->stats.tombstones != *count) {
    findings.problem("tombstones: there are " + std::to_string(*count) + ", but meta.json says " +
                     std::to_string(meta->stats.tombstones));
  }
  if (*count != 0) findings.oddity("tombstones: the block has " + std::to_string(*count));
}

void check_range(const ChunkMeta& range, const BlockMeta& meta, Findings& findings) {
  // A chunk outside the block's range was reported where it was met.
  if (range.mint == meta.range.min && range.maxt < meta.range.max && range.maxt.ms + 1 == meta.range.max.ms) return;
  findings.oddity("meta.json: samples lie in [" + std::to_string(range.mint.ms) + ", " + std::to_string(range.maxt.ms) +
                  "], the block's range is [" + std::to_string(meta.range.min.ms) + ", " +
                  std::to_string(meta.range.max.ms) + ")");
}

void check_stat(std::string_view key, std::uint64_t stated, std::uint64_t counted, Findings& findings) {
  if (stated == counted) return;
  findings.problem("meta.json: " + std::string(key) + " is " + std::to_string(stated) + ", the block holds " +
                   std::to_string(counted));
}

void check_stats(const BlockStats& stated, Findings& findings) {
  const BlockStats& counted = findings.stats();
  check_stat("numSamples", stated.samples, counted.samples, findings);
  check_stat("numFloatSamples", stated.float_samples, counted.float_samples, findings);
  check_stat("numHistogramSamples", stated.histogram_samples, counted.histogram_samples, findings);
  check_stat("numSeries", stated.series, counted.series, findings);
  check_stat("numChunks", stated.chunks, counted.chunks, findings);
}

void verify_series(FileSystem& fs, const std::string& directory, const Present& present,
                   const std::optional<BlockMeta>& meta, Findings& findings) {
  auto file = read_file(fs, join_path(directory, kIndexFile), kIndexBytesMax);
  if (!file) {
    findings.problem(file.error().text());
    return;
  }
  const auto index = WalkedIndex::walk(*std::move(file), findings);
  if (!index || !present.chunks) return;
  const auto range = verify_chunks(fs, directory, *index, meta ? &*meta : nullptr, findings);
  if (!meta || !index->complete()) return;
  if (range) check_range(*range, *meta, findings);
  check_stats(meta->stats, findings);
}

/// What can be told without the index in memory: checksums of every frame, in the order of the file, and counts.
void verify_checksums(FileSystem& fs, const std::string& directory, const std::optional<BlockMeta>& meta,
                      Findings& findings) {
  const auto series = check_index_frames(fs, join_path(directory, kIndexFile));
  if (!series) {
    findings.problem(series.error().text());
    return;
  }
  findings.stats().series = *series;
  SegmentWalk walk(fs, join_path(directory, kChunksDirectory), findings);
  while (const auto record = walk.next()) {
    const auto encoding = static_cast<ChunkEncoding>(record->encoding);
    const auto samples = chunk_sample_count(encoding, record->data);
    if (!samples) findings.problem(place_text(record->ref) + ": " + samples.error().text());
    BlockStats& stats = findings.stats();
    ++stats.chunks;
    stats.samples += samples ? *samples : 0;
    (holds_floats(encoding) ? stats.float_samples : stats.histogram_samples) += samples ? *samples : 0;
  }
  if (meta) check_stats(meta->stats, findings);
}

}  // namespace

VerifyReport verify_block(FileSystem& fs, const std::string& directory, const VerifyOptions& options,
                          const std::string& expected_name) {
  Findings findings(options);
  const Present present = check_directory(fs, directory, findings);
  std::optional<BlockMeta> meta;
  if (present.meta) {
    meta = verify_meta(fs, directory, expected_name.empty() ? last_component(directory) : expected_name, findings);
  }
  if (present.tombstones) verify_tombstones(fs, directory, meta, findings);
  if (options.depth == VerifyDepth::kChecksums) {
    if (present.index && present.chunks) verify_checksums(fs, directory, meta, findings);
  } else if (present.index) {
    verify_series(fs, directory, present, meta, findings);
  }
  return std::move(findings).take();
}

}  // namespace promfill
