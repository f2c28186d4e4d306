// Postings: for every label pair, and for all series under ("", ""), the list of the series that have it.
// Twins: PostingsWriter and decode_postings_list. A list is a frame (index_format.h) whose content is BE32 n | n × BE32
// series reference, rising. A series has at most one value per label name, so the lists of one name share no series.
// Source: tsdb/index/index.go (Writer.writePosting, EncodePostingsRaw), tsdb/index/postings.go.
#pragma once

#include <optional>
#include <vector>

#include "encoding/big_endian.h"
#include "section/index_file.h"
#include "section/postings_table.h"
#include "section/scratch_file.h"

namespace promfill {

/// Decode the list at `offset` of `file`, which ends where the part that may hold lists ends.
/// @error kCorrupt  frame, count, or references that don't rise or lie outside [first, end).
Result<std::vector<SeriesRef>> decode_postings_list(ByteView file, std::uint64_t offset, SeriesRef first,
                                                    SeriesRef end);

/// Writes lists one after another, and notes each in the postings offset table.
class PostingsWriter {
 public:
  /// `file` lies at a multiple of 4. All three are borrowed.
  PostingsWriter(IndexFile& file, PostingsTable& table, ScratchFile& scratch);

  /// Begin a list; `count` add() follow, then end().
  /// @error kLimit  the list would pass a section's limit.
  Status begin(SymbolPair label, std::uint64_t count);
  void add(SeriesRef series) {
    if (out_ >= full_) [[unlikely]]
      flush_part();
    store_be32(out_, series.value);
    out_ += sizeof(std::uint32_t);
  }
  Status end();
  /// Write what is buffered to the file.
  Status flush();

 private:
  static constexpr std::size_t kBufferBytes = 64 << 10;
  /// Length and count. So much room is behind full_: a list that begins, or ends, just before it needs no more.
  static constexpr std::size_t kHeadBytes = 8;

  [[nodiscard]] std::uint64_t position() const {
    return file_->position() + static_cast<std::uint64_t>(out_ - buffer_.data());
  }
  /// Write a list's beginning; end() tells of a failure.
  void flush_part();

  IndexFile* file_;
  PostingsTable* table_;
  ScratchFile* scratch_;
  Bytes buffer_;
  std::uint8_t* out_;             ///< where the next byte goes in buffer_
  std::uint8_t* full_;            ///< from here on the buffer is written first
  const std::uint8_t* unsummed_;  ///< content from here to out_ is not in crc_ yet
  std::uint32_t crc_ = 0;         ///< of the list's content
  std::uint64_t end_position_ = 0;
  std::optional<Error> failed_;
};

}  // namespace promfill
