// Bytes one after another: a range of a file, standard input, or what a decompressor makes of another stream. Text
// sources read these in large blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "file/file_system.h"
#include "promfill/result.h"

namespace promfill {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Fill `out`; fewer bytes only at the end. @error kIo, kCorrupt  with the file as place.
  virtual Result<std::size_t> read(std::span<char> out) = 0;
  /// Bytes that were taken from the file so far: compressed ones where it is compressed.
  [[nodiscard]] virtual std::uint64_t stored_bytes_read() const = 0;
};

/// Bytes [begin, end) of a file. A file that ends before `end` is an error: it shrank while it was read.
/// @param file  may be shared by several streams.
std::unique_ptr<ByteStream> read_range(std::shared_ptr<const ReadableFile> file, std::string path, std::uint64_t begin,
                                       std::uint64_t end);

/// What a descriptor gives until its end, such as standard input. It is not closed.
std::unique_ptr<ByteStream> read_descriptor(int descriptor, std::string name);

}  // namespace promfill
