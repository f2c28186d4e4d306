// A text file as its readers want it: plain or compressed, in parts or as one stream of lines.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "file/byte_stream.h"
#include "file/file_system.h"
#include "promfill/result.h"
#include "source/source.h"
#include "text/line_reader.h"
#include "text/replayed_input.h"

namespace promfill {

enum class Compression : std::uint8_t { kNone, kGzip, kZstd, kLz4, kBzip2, kXz };
std::string_view to_string(Compression compression);

class TextInput {
 public:
  /// @error kNotFound, kPermission, kIo; kData  an empty file.
  static Result<TextInput> open(const std::string& path);
  /// The same, and kStandardInput is what comes through that, once.
  static Result<TextInput> open_or_standard_input(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Compression compression() const { return compression_; }
  /// 0 where that isn't known.
  [[nodiscard]] std::uint64_t stored_bytes() const { return file_ ? file_->size() : 0; }
  /// Whether read() can begin anywhere.
  [[nodiscard]] bool has_parts() const { return file_ && compression_ == Compression::kNone; }

  /// The text from byte `begin` on; where there are no parts, from 0 on. May be called from several threads.
  [[nodiscard]] Result<std::unique_ptr<ByteStream>> read(std::uint64_t begin) const;
  /// As many bytes of the beginning as there are, up to `bytes_max`.
  [[nodiscard]] Result<std::string> sample(std::size_t bytes_max) const;
  /// Bytes of the whole text, about, judged by a sample; 0 where that isn't known.
  [[nodiscard]] Result<double> text_bytes(std::size_t sample_bytes) const;

 private:
  TextInput() = default;
  Status find_compression();
  [[nodiscard]] std::unique_ptr<ByteStream> read_stored(std::uint64_t begin) const;

  std::string path_;
  std::shared_ptr<const ReadableFile> file_;  // or
  std::shared_ptr<ReplayedInput> once_;
  Compression compression_ = Compression::kNone;
};

/// A text's lines of data as pieces that threads read side by side, 2 MiB each or more. Only who has read a piece knows
/// how many rows it has, and so which numbers the next one's have.
class TextParts {
 public:
  /// Makes readable lines of what is stored, such as objects of a JSON array.
  using Filter = std::function<std::unique_ptr<ByteStream>(std::unique_ptr<ByteStream>)>;

  /// @param data_begin  the first byte of the first row, whose number is `first_row`.
  /// @param divisible  whether a line break always ends a row.
  TextParts(TextInput input, std::uint64_t data_begin, std::int64_t first_row, bool divisible, Filter filter = {});

  [[nodiscard]] const TextInput& input() const { return input_; }
  [[nodiscard]] std::span<const PieceInfo> pieces() const { return pieces_; }
  [[nodiscard]] Result<LineReader> read(std::size_t piece) const;
  /// About; 0 where that isn't known. @param row_bytes  of a row's text, on average.
  void set_row_bytes(double row_bytes, double text_bytes) {
    estimated_rows_ = row_bytes > 0 ? static_cast<std::uint64_t>(text_bytes / row_bytes) : 0;
  }
  [[nodiscard]] std::uint64_t estimated_rows() const { return estimated_rows_; }
  /// As Source::first_row, reading pieces of `source` that were not read yet.
  Result<std::int64_t> first_row(std::size_t piece, Source& source);
  /// Of the rows that read() gives: 1 where the numbers aren't known yet.
  [[nodiscard]] std::int64_t first_number(std::size_t piece) const;
  /// Say how many numbers a piece's rows take.
  void set_numbers(std::size_t piece, std::int64_t numbers) { numbers_[piece] = numbers; }

 private:
  TextInput input_;
  std::uint64_t data_begin_;
  std::int64_t first_row_;
  std::uint64_t part_bytes_ = 0;
  Filter filter_;
  std::vector<PieceInfo> pieces_;
  std::vector<std::uint64_t> ends_;
  std::vector<std::atomic<std::int64_t>> numbers_;
  std::uint64_t estimated_rows_ = 0;
};

/// What a compressed stream says. A text may be `kRatioMax` times as large as what is stored once it has 64 MiB:
/// beyond, it was made to fill memory or disks, and is an error.
inline constexpr std::uint64_t kCompressionRatioMax = 2000;
Result<std::unique_ptr<ByteStream>> decompress(std::unique_ptr<ByteStream> stored, Compression compression,
                                               std::string path);

}  // namespace promfill
