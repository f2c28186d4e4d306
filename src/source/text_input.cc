#include "source/text_input.h"

#include <arrow/util/compression.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "source/arrow_columns.h"

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
  PROMFILL_TRY(input.file_, real_file_system().open(path));
  if (input.file_->size() == 0) {
    return Error{ErrorCode::kCorrupt, "the file is empty", path, "get it again, or leave it out"};
  }
  std::array<std::uint8_t, 8> head{};
  PROMFILL_TRY(const std::size_t bytes, input.file_->read_at(0, head));
  const std::string_view begin(reinterpret_cast<const char*>(head.data()), bytes);
  for (const Magic& magic : kMagics) {
    if (begin.starts_with(magic.bytes)) input.compression_ = magic.compression;
  }
  return input;
}

Result<std::unique_ptr<ByteStream>> TextInput::read(std::uint64_t begin) const {
  PROMFILL_ASSERT(begin == 0 || has_parts());
  return decompress(read_range(file_, path_, begin, file_->size()), compression_, path_);
}

Result<std::string> TextInput::sample(std::size_t bytes_max) const {
  PROMFILL_TRY(const auto stream, read(0));
  std::string text(bytes_max, '\0');
  PROMFILL_TRY(const std::size_t bytes, stream->read(text));
  text.resize(bytes);
  return text;
}

}  // namespace promfill
