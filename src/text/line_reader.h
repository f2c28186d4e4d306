// Whole lines of a text, or of a part of it, a block at a time: what text sources parse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "file/byte_stream.h"
#include "promfill/result.h"

namespace promfill {

/// A line belongs to the part in which its first byte lies.
class LineReader {
 public:
  static constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();
  /// Bytes behind the lines that may be read, though they mean nothing: parsers load whole registers.
  static constexpr std::size_t kPaddingBytes = 64;
  /// A longer line is a missing quote, or no text.
  static constexpr std::size_t kLineBytesMax = 16 << 20;

  /// @param name  of the text, for messages.
  /// @param begin  a part's first byte; @param end  the first that isn't its own.
  LineReader(std::string name, std::unique_ptr<ByteStream> stream, std::uint64_t begin, std::uint64_t end)
      : name_(std::move(name)), stream_(std::move(stream)), offset_(begin), end_(end) {}

  /// Leave out the line that began in the part before: all up to the first line break. The stream begins one byte
  /// early, to tell whether the first byte begins a line.
  Status skip_begun_line();
  /// Lines that are whole, not taken yet; none at the part's end. @error kLimit  a line without end.
  Result<std::string_view> lines();
  void take(std::size_t bytes) {
    begin_ += bytes;
    offset_ += bytes;
  }
  /// Read on, though there are whole lines: they end within quotes. False where there is nothing more.
  Result<bool> read_on();
  /// Whether what lines() gave ends with the text.
  [[nodiscard]] bool at_end_of_text() const { return at_end_of_text_; }
  [[nodiscard]] std::size_t memory_bytes() const { return buffer_.capacity(); }

 private:
  [[nodiscard]] std::string_view text() const { return {buffer_.data() + begin_, filled_ - begin_}; }
  [[nodiscard]] bool at_end_of_part() const { return offset_ >= end_ || (at_end_of_text_ && text().empty()); }
  /// Whether the buffer has the byte before the next part.
  [[nodiscard]] bool past_end() const { return end_ != kNoEnd && offset_ + text().size() >= end_; }
  [[nodiscard]] std::size_t whole_bytes() const;
  Status grow();
  Status fill();

  std::string name_;
  std::unique_ptr<ByteStream> stream_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t offset_;  // of the text in the file
  std::uint64_t end_;
  bool at_end_of_text_ = false;
};

}  // namespace promfill
