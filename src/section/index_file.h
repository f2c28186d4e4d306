// The index file while it is written: appends and patches within the format's limits, and errors that name the file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "file/file_writer.h"
#include "section/index_format.h"

namespace promfill {

/// The format's own limits; tests lower them.
struct IndexLimits {
  std::uint64_t index_bytes_max = kIndexBytesMax;
  std::uint64_t section_bytes_max =
      kSectionBytesMax;  ///< content of symbols, of one postings list, of the offset table
};

class IndexFile {
 public:
  /// Create the file. `fs` outlives it.
  static Result<IndexFile> create(FileSystem& fs, const std::string& path, IndexLimits limits);

  /// @error kLimit  the file would pass its limit: "<step>: index exceeds …".
  Status append(ByteView bytes, std::string_view step) {
    if (bytes.size() > limits_.index_bytes_max - file_.position()) [[unlikely]]
      return too_large(step);
    return file_.append(bytes);
  }
  /// Overwrite what was appended, such as a length that is known only at the end.
  Status patch(std::uint64_t offset, ByteView bytes) { return file_.write_at(offset, bytes); }
  /// Zero bytes up to a multiple of `alignment`.
  Status pad_to(std::size_t alignment, std::string_view step);
  [[nodiscard]] std::uint64_t position() const { return file_.position(); }

  /// Open what was appended so far for reading.
  Result<std::unique_ptr<ReadableFile>> read_back();
  /// Flush, sync, close.
  Status finish() && { return std::move(file_).finish(); }

  /// @error kLimit  the content of `section` is larger than a section's may be.
  Status check_section(std::uint64_t content_bytes, std::string_view section) const;
  [[nodiscard]] Error refuse(ErrorCode code, std::string message, std::string hint = "") const;

 private:
  IndexFile(FileSystem& fs, FileWriter file, std::string path, IndexLimits limits)
      : fs_(&fs), file_(std::move(file)), path_(std::move(path)), limits_(limits) {}
  [[nodiscard]] Error too_large(std::string_view step) const;

  FileSystem* fs_;
  FileWriter file_;
  std::string path_;
  IndexLimits limits_;
};

}  // namespace promfill
