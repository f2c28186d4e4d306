// Walks the records of all segment files of a block in order, as bytes; and says where Prometheus would have put them.
// Private to the verifier.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "block/verify_findings.h"
#include "chunk/chunk_meta.h"
#include "encoding/bytes.h"
#include "file/file_system.h"

namespace promfill {

/// One record. Its bytes are borrowed until the next call of the walk.
struct WalkedRecord {
  ChunkRef ref;
  std::uint8_t encoding = 0;
  ByteView data;
};

class SegmentWalk {
 public:
  /// @param directory  the block's chunks/.
  SegmentWalk(FileSystem& fs, std::string directory, Findings& findings);

  /// The next record whose frame could be read; one with a wrong checksum is reported and given. Where a record's
  /// length is unusable, the rest of its segment is skipped.
  std::optional<WalkedRecord> next();

 private:
  /// The name of a segment, and its problems, if it can be read: open it, check its header.
  bool open_next();
  /// `size` bytes at `offset` of the open segment, or fewer at its end.
  ByteView window(std::uint64_t offset, std::size_t size);
  void skip_segment(const std::string& problem);

  FileSystem& fs_;
  std::string directory_;
  Findings& findings_;
  std::vector<std::string> names_;
  std::size_t segment_ = 0;  // of names_; the open one, plus 1
  std::unique_ptr<ReadableFile> file_;
  std::uint64_t position_ = 0;
  Bytes buffer_;
  std::uint64_t buffer_offset_ = 0;
};

/// Where Prometheus puts chunks, reckoned from their sizes. Source: tsdb/chunks/chunks.go (Writer.WriteChunks).
class SegmentPlan {
 public:
  explicit SegmentPlan(std::uint64_t segment_bytes_max) : segment_bytes_max_(segment_bytes_max) {}

  /// References of the chunks of the next series, given the length of their data. Borrowed until the next call.
  std::span<const ChunkRef> place(std::span<const std::uint64_t> data_bytes);

 private:
  std::uint64_t segment_bytes_max_;
  std::uint32_t segment_ = 0;
  std::uint64_t position_ = 0;  // in the segment; 0 before the first chunk
  std::vector<ChunkRef> refs_;
};

/// "chunks/000001 at 8", for messages.
[[nodiscard]] std::string place_text(ChunkRef ref);

}  // namespace promfill
