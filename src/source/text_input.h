// A text file as its readers want it: plain or compressed, in parts or as one stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "file/file_system.h"
#include "promfill/result.h"
#include "text/byte_stream.h"

namespace promfill {

enum class Compression : std::uint8_t { kNone, kGzip, kZstd, kLz4, kBzip2, kXz };
std::string_view to_string(Compression compression);

class TextInput {
 public:
  /// @error kNotFound, kPermission, kIo; kData  an empty file.
  static Result<TextInput> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Compression compression() const { return compression_; }
  [[nodiscard]] std::uint64_t stored_bytes() const { return file_->size(); }
  /// Whether read() can begin anywhere.
  [[nodiscard]] bool has_parts() const { return compression_ == Compression::kNone; }

  /// The text from byte `begin` on; where there are no parts, from 0 on. May be called from several threads.
  [[nodiscard]] Result<std::unique_ptr<ByteStream>> read(std::uint64_t begin) const;
  /// As many bytes of the beginning as there are, up to `bytes_max`.
  [[nodiscard]] Result<std::string> sample(std::size_t bytes_max) const;

 private:
  TextInput() = default;
  std::string path_;
  std::shared_ptr<const ReadableFile> file_;
  Compression compression_ = Compression::kNone;
};

/// What a compressed stream says. A text may be `kRatioMax` times as large as what is stored once it has 64 MiB:
/// beyond, it was made to fill memory or disks, and is an error.
inline constexpr std::uint64_t kCompressionRatioMax = 2000;
Result<std::unique_ptr<ByteStream>> decompress(std::unique_ptr<ByteStream> stored, Compression compression,
                                               std::string path);

}  // namespace promfill
