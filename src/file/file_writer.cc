// FileWriter: the buffer always holds the bytes [flushed_, position_) of the file, and is never longer than
// kBufferBytes.
#include "file/file_writer.h"

#include <algorithm>

namespace promfill {

Result<FileWriter> FileWriter::create(FileSystem& fs, const std::string& path) {
  PROMFILL_TRY(auto file, fs.create(path));
  return FileWriter(std::move(file));
}

Status FileWriter::append(ByteView bytes) {
  if (failed_) return *failed_;
  if (bytes.size() > kBufferBytes - buffer_.size()) {
    PROMFILL_TRY_STATUS(flush());
    if (bytes.size() >= kBufferBytes) {  // nothing gained by a copy
      PROMFILL_TRY_STATUS(keep(file_->append(bytes)));
      position_ += bytes.size();
      flushed_ = position_;
      return {};
    }
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  position_ += bytes.size();
  return {};
}

Status FileWriter::write_at(std::uint64_t offset, ByteView bytes) {
  PROMFILL_ASSERT(offset <= position_ && bytes.size() <= position_ - offset);
  if (failed_) return *failed_;
  if (offset < flushed_) {
    const auto in_file = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), flushed_ - offset));
    PROMFILL_TRY_STATUS(keep(file_->write_at(offset, bytes.first(in_file))));
    bytes = bytes.subspan(in_file);
    offset += in_file;
  }
  if (!bytes.empty()) std::ranges::copy(bytes, buffer_.begin() + static_cast<std::ptrdiff_t>(offset - flushed_));
  return {};
}

Status FileWriter::flush() {
  if (failed_) return *failed_;
  if (buffer_.empty()) return {};
  PROMFILL_TRY_STATUS(keep(file_->append(buffer_)));
  flushed_ = position_;
  buffer_.clear();
  return {};
}

Status FileWriter::finish() && {
  if (failed_) return *failed_;
  PROMFILL_TRY_STATUS(flush());
  PROMFILL_TRY_STATUS(keep(file_->sync()));
  return keep(file_->close());
}

Status FileWriter::close() && {
  if (failed_) return *failed_;
  PROMFILL_TRY_STATUS(flush());
  return keep(file_->close());
}

Status FileWriter::keep(Status status) {
  if (!status) failed_ = status.error();
  return status;
}

}  // namespace promfill
