#include "source/text_input.h"

#include <arrow/util/compression.h>
#include <lzma.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "source/arrow_columns.h"
#include "source/object_store.h"

namespace promfill {
namespace {

constexpr std::size_t kStoredBlockBytes = 256 << 10;
constexpr std::uint64_t kFreeBytes = 64 << 20;  // below them no ratio is too large

struct Magic {
  std::string_view bytes;
  Compression compression;
};
constexpr std::array<Magic, 5> kMagics{{{"\x1f\x8b", Compression::kGzip},
                                        {"\x28\xb5\x2f\xfd", Compression::kZstd},
                                        {"\x04\x22\x4d\x18", Compression::kLz4},
                                        {"BZh", Compression::kBzip2},
                                        {"\xfd"
                                         "7zXZ",
                                         Compression::kXz}}};

/// Arrow has no codec for it.
class XzDecompressor final : public arrow::util::Decompressor {
 public:
  ~XzDecompressor() override { lzma_end(&stream_); }

  arrow::Result<DecompressResult> Decompress(std::int64_t input_len, const std::uint8_t* input, std::int64_t output_len,
                                             std::uint8_t* output) override {
    stream_.next_in = input;
    stream_.avail_in = static_cast<std::size_t>(input_len);
    stream_.next_out = output;
    stream_.avail_out = static_cast<std::size_t>(output_len);
    const lzma_ret code = lzma_code(&stream_, LZMA_RUN);
    if (code == LZMA_MEMLIMIT_ERROR) return arrow::Status::OutOfMemory("its dictionary needs more than 256 MiB");
    if (code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR) {
      return arrow::Status::Invalid("the xz data is damaged (liblzma says ", static_cast<int>(code), ")");
    }
    finished_ = code == LZMA_STREAM_END;
    return DecompressResult{input_len - static_cast<std::int64_t>(stream_.avail_in),
                            output_len - static_cast<std::int64_t>(stream_.avail_out),
                            stream_.avail_out == 0 && !finished_};
  }
  bool IsFinished() override { return finished_; }
  arrow::Status Reset() override {
    constexpr std::uint64_t kMemoryBytes = 256 << 20;  // what `xz -9` needs four times over
    finished_ = false;
    return lzma_stream_decoder(&stream_, kMemoryBytes, 0) == LZMA_OK ? arrow::Status::OK()
                                                                     : arrow::Status::OutOfMemory("liblzma");
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool finished_ = false;
};

arrow::Compression::type arrow_type(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return arrow::Compression::GZIP;
    case Compression::kZstd:
      return arrow::Compression::ZSTD;
    case Compression::kLz4:
      return arrow::Compression::LZ4_FRAME;
    case Compression::kBzip2:
      return arrow::Compression::BZ2;
    default:
      return arrow::Compression::UNCOMPRESSED;
  }
}

/// Through Arrow's codecs. Files of several members, as `cat a.gz b.gz` makes them, are read to their end.
class DecompressedStream final : public ByteStream {
 public:
  DecompressedStream(std::unique_ptr<ByteStream> stored, std::shared_ptr<arrow::util::Decompressor> decompressor,
                     std::string path)
      : stored_(std::move(stored)),
        decompressor_(std::move(decompressor)),
        path_(std::move(path)),
        block_(kStoredBlockBytes) {}

  Result<std::size_t> read(std::span<char> out) override {
    std::size_t made = 0;
    while (made < out.size()) {
      if (at_ == filled_ && !needs_room_) {
        PROMFILL_TRY(const bool more, fill());
        if (!more) break;
      }
      if (decompressor_->IsFinished()) {
        if (at_ == filled_) continue;
        if (const arrow::Status reset = decompressor_->Reset(); !reset.ok()) return error(reset);
      }
      PROMFILL_TRY(const std::size_t now, step(out.subspan(made)));
      made += now;
    }
    PROMFILL_TRY_STATUS(check_ratio(made));
    return made;
  }
  [[nodiscard]] std::uint64_t stored_bytes_read() const override { return stored_->stored_bytes_read(); }

 private:
  /// False at the end, which has to be a member's.
  Result<bool> fill() {
    PROMFILL_TRY(filled_, stored_->read(block_));
    at_ = 0;
    if (filled_ > 0) return true;
    if (decompressor_->IsFinished()) return false;
    return Error{ErrorCode::kCorrupt, "decompress: the file ends before its data does", path_, "get it again"};
  }

  Result<std::size_t> step(std::span<char> out) {
    const auto result = decompressor_->Decompress(
        static_cast<std::int64_t>(filled_ - at_), reinterpret_cast<const std::uint8_t*>(block_.data()) + at_,
        static_cast<std::int64_t>(out.size()), reinterpret_cast<std::uint8_t*>(out.data()));
    if (!result.ok()) return error(result.status());
    at_ += static_cast<std::size_t>(result->bytes_read);
    needs_room_ = result->need_more_output;
    if (result->bytes_read == 0 && result->bytes_written == 0 && at_ < filled_ && !needs_room_ &&
        !decompressor_->IsFinished()) {
      return error(arrow::Status::Invalid("no progress"));
    }
    return static_cast<std::size_t>(result->bytes_written);
  }

  Status check_ratio(std::size_t made) {
    made_ += made;
    const std::uint64_t stored = std::max<std::uint64_t>(1, stored_->stored_bytes_read());
    if (made_ < kFreeBytes || made_ / stored <= kCompressionRatioMax) return {};
    return Error{ErrorCode::kLimit,
                 "decompress: " + std::to_string(stored) + " bytes became " + std::to_string(made_) + ", more than " +
                     std::to_string(kCompressionRatioMax) + " times as many",
                 path_, "if the file is to be trusted, decompress it first"};
  }

  [[nodiscard]] Error error(const arrow::Status& status) const { return arrow_error(status, "decompress", path_); }

  std::unique_ptr<ByteStream> stored_;
  std::shared_ptr<arrow::util::Decompressor> decompressor_;
  std::string path_;
  std::vector<char> block_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  bool needs_room_ = false;
  std::uint64_t made_ = 0;
};

}  // namespace

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "none";
    case Compression::kGzip:
      return "gzip";
    case Compression::kZstd:
      return "zstd";
    case Compression::kLz4:
      return "lz4";
    case Compression::kBzip2:
      return "bzip2";
    case Compression::kXz:
      return "xz";
  }
  return "";
}

Result<std::unique_ptr<ByteStream>> decompress(std::unique_ptr<ByteStream> stored, Compression compression,
                                               std::string path) {
  if (compression == Compression::kNone) return stored;
  if (compression == Compression::kXz) {
    auto xz = std::make_shared<XzDecompressor>();
    if (const arrow::Status begun = xz->Reset(); !begun.ok()) return arrow_error(begun, "decompress", std::move(path));
    return std::unique_ptr<ByteStream>(
        std::make_unique<DecompressedStream>(std::move(stored), std::move(xz), std::move(path)));
  }
  const auto codec = arrow::util::Codec::Create(arrow_type(compression));
  if (!codec.ok()) return arrow_error(codec.status(), "decompress", std::move(path));
  auto decompressor = (*codec)->MakeDecompressor();
  if (!decompressor.ok()) return arrow_error(decompressor.status(), "decompress", std::move(path));
  return std::unique_ptr<ByteStream>(
      std::make_unique<DecompressedStream>(std::move(stored), *std::move(decompressor), std::move(path)));
}

Result<TextInput> TextInput::open(const std::string& path) {
  TextInput input;
  input.path_ = path;
  if (is_object_address(path)) {
    PROMFILL_TRY(input.file_, open_object(path));
  } else {
    PROMFILL_TRY(input.file_, real_file_system().open(path));
  }
  PROMFILL_TRY_STATUS(input.find_compression());
  return input;
}

Result<TextInput> TextInput::open_or_standard_input(const std::string& path) {
  if (path != kStandardInput) return open(path);
  TextInput input;
  input.path_ = path;
  const std::string name = "standard input";
  input.once_ = std::make_shared<ReplayedInput>(read_descriptor(STDIN_FILENO, name), name);
  PROMFILL_TRY_STATUS(input.find_compression());
  return input;
}

Status TextInput::find_compression() {
  std::array<char, 8> head{};
  PROMFILL_TRY(const std::size_t bytes, read_stored(0)->read(head));
  if (bytes == 0) return Error{ErrorCode::kCorrupt, "the file is empty", path_, "get it again, or leave it out"};
  const std::string_view begin(head.data(), bytes);
  for (const Magic& magic : kMagics) {
    if (begin.starts_with(magic.bytes)) compression_ = magic.compression;
  }
  return {};
}

std::unique_ptr<ByteStream> TextInput::read_stored(std::uint64_t begin) const {
  if (once_) return ReplayedInput::read(once_);
  return read_range(file_, path_, begin, file_->size());
}

Result<std::unique_ptr<ByteStream>> TextInput::read(std::uint64_t begin) const {
  PROMFILL_ASSERT(begin == 0 || has_parts());
  return decompress(read_stored(begin), compression_, path_);
}

Result<std::string> TextInput::sample(std::size_t bytes_max) const {
  PROMFILL_TRY(const auto stream, read(0));
  std::string text(bytes_max, '\0');
  PROMFILL_TRY(const std::size_t bytes, stream->read(text));
  text.resize(bytes);
  return text;
}

Result<double> TextInput::text_bytes(std::size_t sample_bytes) const {
  const auto stored = static_cast<double>(stored_bytes());
  if (compression_ == Compression::kNone || once_) return stored;
  PROMFILL_TRY(const auto stream, read(0));
  std::vector<char> text(sample_bytes);
  PROMFILL_TRY(const std::size_t bytes, stream->read(text));
  const auto read = static_cast<double>(std::max<std::uint64_t>(1, stream->stored_bytes_read()));
  return stored / read * static_cast<double>(bytes);
}

namespace {

/// A part of a file: large enough that finding its first line costs nothing. A shard takes the parts in order and only
/// a few batches wait for it, so that the threads read side by side only where a part has no more batches than that:
/// with parts of 16 MiB, two threads were no faster than one.
constexpr std::uint64_t kPartBytesMin = 2 << 20;
constexpr std::uint64_t kPartsMax = 1 << 16;  // of a file of terabytes: a few MiB to remember
constexpr std::int64_t kUnknown = -1;

Status skip(ByteStream& stream, std::uint64_t bytes) {
  std::vector<char> skipped(kStoredBlockBytes);
  while (bytes > 0) {
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, skipped.size()));
    PROMFILL_TRY(const std::size_t got, stream.read(std::span(skipped).first(now)));
    if (got < now) break;
    bytes -= got;
  }
  return {};
}

}  // namespace

TextParts::TextParts(TextInput input, std::uint64_t data_begin, std::int64_t first_row, bool divisible, Filter filter)
    : input_(std::move(input)), data_begin_(data_begin), first_row_(first_row), filter_(std::move(filter)) {
  const bool in_parts = divisible && input_.has_parts() && !filter_;
  const std::uint64_t size = input_.stored_bytes();
  part_bytes_ = std::max(kPartBytesMin, size / kPartsMax);
  for (std::uint64_t begin = data_begin; begin < size || pieces_.empty(); begin += part_bytes_) {
    const std::uint64_t end = in_parts && size - begin > part_bytes_ ? begin + part_bytes_ : LineReader::kNoEnd;
    PieceInfo piece;
    piece.first_row = begin == data_begin ? first_row : 0;
    piece.bytes = std::min(end, size) - std::min(begin, size);
    pieces_.push_back(piece);
    ends_.push_back(end);
    if (end == LineReader::kNoEnd) break;
  }
  numbers_ = std::vector<std::atomic<std::int64_t>>(pieces_.size());
  for (auto& number : numbers_) number = kUnknown;
}

Result<LineReader> TextParts::read(std::size_t piece) const {
  const std::uint64_t begin = data_begin_ + piece * part_bytes_;
  if (piece > 0) {
    PROMFILL_TRY(auto stream, input_.read(begin - 1));
    LineReader lines(input_.path(), std::move(stream), begin, ends_[piece]);
    PROMFILL_TRY_STATUS(lines.skip_begun_line());
    return lines;
  }
  const bool at_data = input_.has_parts();
  PROMFILL_TRY(auto stream, input_.read(at_data ? begin : 0));
  if (!at_data) PROMFILL_TRY_STATUS(skip(*stream, begin));
  if (filter_) stream = filter_(std::move(stream));
  return LineReader(input_.path(), std::move(stream), begin, ends_[piece]);
}

std::int64_t TextParts::first_number(std::size_t piece) const {
  return std::max<std::int64_t>(1, pieces_[piece].first_row);
}

Result<std::int64_t> TextParts::first_row(std::size_t piece, Source& source) {
  std::int64_t number = first_row_;
  for (std::size_t p = 0; p < piece; ++p) {
    if (numbers_[p] == kUnknown) {  // by a process that goes on where another stopped
      PROMFILL_TRY(const auto reader, source.read(p, {}, std::numeric_limits<std::int32_t>::max()));
      while (true) {
        PROMFILL_TRY(const auto batch, reader->next());
        if (!batch) break;
      }
    }
    number += numbers_[p];
  }
  return number;
}

}  // namespace promfill
