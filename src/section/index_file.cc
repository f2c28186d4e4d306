// The index file being written; see index_file.h.
#include "section/index_file.h"

#include <array>

namespace promfill {

Result<IndexFile> IndexFile::create(FileSystem& fs, const std::string& path, IndexLimits limits) {
  PROMFILL_TRY(FileWriter file, FileWriter::create(fs, path));
  return IndexFile(fs, std::move(file), path, limits);
}

Status IndexFile::pad_to(std::size_t alignment, std::string_view step) {
  constexpr std::array<std::uint8_t, kSeriesAlignment> kZeros{};
  PROMFILL_ASSERT(alignment <= kZeros.size());
  return append(ByteView(kZeros).first(static_cast<std::size_t>(-position() % alignment)), step);
}

Result<std::unique_ptr<ReadableFile>> IndexFile::read_back() {
  PROMFILL_TRY_STATUS(file_.flush());
  return fs_->open(path_);
}

Status IndexFile::check_section(std::uint64_t content_bytes, std::string_view section) const {
  if (content_bytes <= limits_.section_bytes_max) return {};
  std::string message(section);
  message.append(" exceeds ").append(std::to_string(limits_.section_bytes_max)).append(" bytes");
  return refuse(ErrorCode::kLimit, std::move(message), "use shorter blocks or fewer series");
}

Error IndexFile::refuse(ErrorCode code, std::string message, std::string hint) const {
  return Error{code, std::move(message), path_, std::move(hint)};
}

Error IndexFile::too_large(std::string_view step) const {
  std::string message(step);
  message.append(": index exceeds ").append(std::to_string(limits_.index_bytes_max)).append(" bytes");
  return refuse(ErrorCode::kLimit, std::move(message), "use shorter blocks or fewer series");
}

}  // namespace promfill
