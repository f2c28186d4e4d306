// Exposition texts cut into blocks of whole lines, one file behind the other, as threads are to read them. Cutting is
// done by one thread at a time and costs about as much as reading.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "file/byte_stream.h"
#include "input/inputs.h"
#include "openmetrics/comment_line.h"
#include "promfill/result.h"
#include "source/text_input.h"

namespace promfill {

struct TextBlock {
  std::size_t file = 0;                  ///< position among the texts
  FloatLabel label = FloatLabel::kNone;  ///< in force at its beginning
  bool last = false;                     ///< of its file
  std::string bytes;                     ///< ends with a line break; one is added where the file has none

  [[nodiscard]] std::string_view text() const { return bytes; }
};

class TextBlocks {
 public:
  /// A line is at most this long, without its break.
  static constexpr std::size_t kLineBytesMax = 16 << 20;

  /// @error  as TextInput::open of the first text that can't be opened.
  static Result<TextBlocks> open(std::vector<ExpositionText> texts);

  [[nodiscard]] const std::vector<ExpositionText>& texts() const { return texts_; }
  /// Of all files as they are stored; 0 where that isn't known.
  [[nodiscard]] std::uint64_t stored_bytes() const;
  [[nodiscard]] std::uint64_t stored_bytes_read() const;

  /// The next block into `out`, whose memory is used again. False: there is none.
  /// @error kIo, kCorrupt  of reading; kLimit  a line is too long.
  Result<bool> next(TextBlock& out);

 private:
  Status fill(TextBlock& out);
  void finish_file(TextBlock& out);

  std::vector<ExpositionText> texts_;
  std::vector<TextInput> inputs_;
  std::size_t file_ = 0;
  std::unique_ptr<ByteStream> stream_;  // of file_; null: not begun
  std::uint64_t bytes_of_files_ = 0;    // that were read to their end
  std::string begun_;                   // a line whose end isn't read yet
  FloatLabel label_ = FloatLabel::kNone;
};

}  // namespace promfill
