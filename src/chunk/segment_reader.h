// Reads chunk records of a block's segment files; safe on any bytes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chunk/chunk_meta.h"
#include "file/file_system.h"

namespace promfill {

/// A chunk record as read: owned bytes, checksum verified.
struct ChunkRecord {
  ChunkEncoding encoding = ChunkEncoding::kXor;
  Bytes data;
  std::uint64_t next_offset = 0;  ///< where the next record starts
};

class SegmentReader {
 public:
  /// Open every segment of `directory`: names that are unsigned integers, in byte order, become segments 0, 1, …
  /// @error kCorrupt  a bad header; kNotFound  no such directory.
  static Result<SegmentReader> open(FileSystem& fs, const std::string& directory);

  /// @error kCorrupt  outside the files, bad length, unknown encoding or checksum; `where` names segment and offset.
  [[nodiscard]] Result<ChunkRecord> read(ChunkRef ref) const;
  [[nodiscard]] std::size_t segment_count() const { return segments_.size(); }
  [[nodiscard]] std::uint64_t segment_bytes(std::size_t segment) const { return segments_[segment].file->size(); }
  [[nodiscard]] const std::string& segment_name(std::size_t segment) const { return segments_[segment].name; }

 private:
  struct Segment {
    std::string name;
    std::string path;
    std::unique_ptr<ReadableFile> file;
  };
  std::vector<Segment> segments_;
};

}  // namespace promfill
