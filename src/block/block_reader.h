// Reads a block: meta, series by matchers, samples. Safe on damaged blocks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "block/meta_json.h"
#include "chunk/segment_reader.h"
#include "file/file_system.h"
#include "index/index_reader.h"

namespace promfill {

// A block is <ULID>/{meta.json, index, tombstones, chunks/000001, chunks/000002, …} and nothing else.
// Source: tsdb/compact.go (LeveledCompactor.write), tsdb/block.go (chunkDir).
inline constexpr std::string_view kIndexFile = "index";
inline constexpr std::string_view kChunksDirectory = "chunks";

/// Paths of the blocks in `directory`: the directories in it that are named by a ULID and have a meta.json; or
/// `directory` itself when it is a block. Sorted.
/// @error kNotFound  neither.
Result<std::vector<std::string>> find_blocks(FileSystem& fs, const std::string& directory);
/// Read `<block>/meta.json`.
Result<BlockMeta> read_block_meta(FileSystem& fs, const std::string& block);
/// Sum of the sizes of a block's files.
Result<std::uint64_t> block_bytes(FileSystem& fs, const std::string& block);

class BlockReader {
 public:
  static Result<BlockReader> open(FileSystem& fs, const std::string& directory);

  [[nodiscard]] const BlockMeta& meta() const { return meta_; }
  [[nodiscard]] const IndexReader& index() const { return index_; }
  [[nodiscard]] const SegmentReader& segments() const { return segments_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

  /// Append the float samples of `chunks` in [mint, maxt], both included, to `out`. Chunks outside are not read.
  /// @error kCorrupt  also where times don't rise; kData  native histograms.
  Status read_samples(std::span<const ChunkMeta> chunks, Timestamp mint, Timestamp maxt,
                      std::vector<Sample>& out) const;
  /// The same of any series: native histograms by their fingerprints (histogram/fingerprint.h), as the values' bits.
  Status read_fingerprints(std::span<const ChunkMeta> chunks, Timestamp mint, Timestamp maxt,
                           std::vector<Sample>& out) const;

 private:
  template <typename Decode>
  Status read(std::span<const ChunkMeta> chunks, Timestamp mint, Timestamp maxt, Decode decode,
              std::vector<Sample>& out) const;

  BlockReader(std::string directory, BlockMeta meta, IndexReader index, SegmentReader segments);

  std::string directory_;
  BlockMeta meta_;
  IndexReader index_;
  SegmentReader segments_;
};

}  // namespace promfill
