// Writes chunk records into segment files 000001, 000002, … of a chunks/ directory.
// Bytes: 8-byte header, then records: uvarint length | encoding | data | CRC32C(encoding, data).
// Docs: docs/format/chunks.md; source: tsdb/chunks/chunks.go (WriteChunks), whose cut rule reckons a batch per series.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chunk/chunk_meta.h"
#include "file/file_system.h"
#include "file/file_writer.h"

namespace promfill {

inline constexpr std::uint64_t kSegmentBytesMax = 512ULL << 20;
inline constexpr std::size_t kSegmentHeaderBytes = 8;

class SegmentWriter {
 public:
  /// @param directory  an existing, empty chunks/ directory.
  /// @param segment_bytes_max  the limit at which segments are cut; smaller only in tests.
  SegmentWriter(FileSystem& fs, std::string directory, std::uint64_t segment_bytes_max = kSegmentBytesMax);

  /// Append all chunks of one series in time order; `metas` gets one entry for each.
  Status write_series(std::span<const ChunkView> chunks, std::vector<ChunkMeta>& metas);
  /// Sync and close the last segment, sync the directory.
  Status finish() &&;
  /// Bytes written to all segments so far, headers included.
  [[nodiscard]] std::uint64_t bytes_written() const { return bytes_closed_ + (file_ ? file_->position() : 0); }

 private:
  Status cut();
  Status write_record(const ChunkView& chunk, ChunkMeta& meta);

  FileSystem* fs_;
  std::string directory_;
  std::uint64_t segment_bytes_max_;
  std::uint32_t segments_ = 0;
  std::uint64_t bytes_closed_ = 0;
  std::optional<FileWriter> file_;
};

}  // namespace promfill
