// Writes one block into a directory of its own: chunks/, index, tombstones, meta.json, everything synced. Series come
// sorted and encoded; the directory is a staging place, and moving it to its final name is the caller's commit.
// Source: tsdb/compact.go (LeveledCompactor.write, DefaultBlockPopulator.PopulateBlock).
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "block/meta_json.h"
#include "chunk/segment_writer.h"
#include "file/file_system.h"
#include "index/index_writer.h"
#include "promfill/block.h"

namespace promfill {

struct BlockFilesOptions {
  std::uint64_t segment_bytes_max = kSegmentBytesMax;
  /// Of the index writer, as in IndexWriterOptions; the bytes of the block don't depend on them.
  std::uint64_t memory_bytes = std::numeric_limits<std::uint64_t>::max();
  std::string scratch{};
  Labels external_labels{};  ///< into meta.json
};

struct WrittenBlock {
  BlockMeta meta;
  std::uint64_t bytes = 0;        ///< all files together
  std::uint64_t chunk_bytes = 0;  ///< of the segments
};

class BlockFilesWriter {
 public:
  /// Create `directory` (its parent exists) and begin. `directory` need not be named after the ULID yet.
  static Result<BlockFilesWriter> create(FileSystem& fs, std::string directory, Ulid ulid,
                                         BlockFilesOptions options = {});

  // The first failure is kept and returned by every later call; the directory is then the caller's to remove.

  /// As IndexWriter::add_symbol: every symbol of every series, rising, without "".
  Status add_symbol(std::string_view symbol);
  /// As IndexWriter::add_series; the chunks are written first. Counts samples from the chunk headers.
  /// @error kUsage  no chunks, or an empty one; kLimit  a sample at the largest time: no half-open range holds it.
  Status add_series(std::span<const SymbolPair> labels, std::span<const ChunkView> chunks);

  // For who learns the symbols only from the last series: first all chunks, then the symbols, then the series.

  /// Write the chunks of the next series and append where they lie to `metas`.
  Status add_chunks(std::span<const ChunkView> chunks, std::vector<ChunkMeta>& metas);
  /// @param chunks  as add_chunks() gave them.
  Status add_to_index(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks);

  /// Write what is left and make all of it durable: the files (meta.json last), then the directories.
  /// @error kUsage  no series: a block without samples is not written.
  Result<WrittenBlock> finish() &&;
  /// As IndexWriter::memory_bytes(), and the buffer of the chunks.
  [[nodiscard]] std::uint64_t memory_bytes() const { return index_.memory_bytes() + FileWriter::kBufferBytes; }

 private:
  BlockFilesWriter(FileSystem& fs, std::string directory, Ulid ulid, SegmentWriter segments, IndexWriter index);
  /// Remember the first failure.
  Status keep(Status status);
  Status write_chunks(std::span<const ChunkView> chunks, std::vector<ChunkMeta>& metas);
  /// Take the chunk into range and stats.
  Status count(const ChunkView& chunk);

  FileSystem* fs_;
  std::string directory_;
  BlockMeta meta_;
  SegmentWriter segments_;
  IndexWriter index_;
  std::vector<ChunkMeta> metas_;  // of the series being added
  std::optional<Error> failed_;
};

}  // namespace promfill
