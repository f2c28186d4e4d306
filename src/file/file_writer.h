// A WritableFile with a buffer and a position: what segment and index writers append to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "encoding/bytes.h"
#include "file/file_system.h"

namespace promfill {

class FileWriter {
 public:
  static constexpr std::size_t kBufferBytes = 1 << 20;

  static Result<FileWriter> create(FileSystem& fs, const std::string& path);

  /// Append through the buffer. The first failure is kept and returned by every later call.
  Status append(ByteView bytes);
  /// Overwrite earlier bytes; what is still buffered is patched in memory. Kept failures as for append().
  Status write_at(std::uint64_t offset, ByteView bytes);
  /// Hand what is buffered to the system, so that others can read it. Not durable.
  Status flush();
  /// Bytes appended so far.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  /// Flush, sync, close. Nothing may follow.
  Status finish() &&;
  /// Flush and close without making it durable: for files that don't outlive the process, or are synced later.
  Status close() &&;

 private:
  explicit FileWriter(std::unique_ptr<WritableFile> file) : file_(std::move(file)) { buffer_.reserve(kBufferBytes); }
  /// Remember the first failure.
  Status keep(Status status);

  std::unique_ptr<WritableFile> file_;
  Bytes buffer_;                ///< the bytes from flushed_ to position_
  std::uint64_t position_ = 0;  ///< of what was appended
  std::uint64_t flushed_ = 0;   ///< of what the file has
  std::optional<Error> failed_;
};

}  // namespace promfill
