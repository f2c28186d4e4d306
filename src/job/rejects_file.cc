// See rejects_file.h.
#include "job/rejects_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "encoding/crc32c.h"

namespace promfill {
namespace {

std::string to_line(const Reject& reject) {
  nlohmann::ordered_json json;
  json["file"] = reject.source;
  json["row"] = reject.row;
  json["column"] = reject.column;
  json["reason"] = reject.reason;
  json["value"] = reject.value;
  if (!reject.hint.empty()) json["hint"] = reject.hint;
  json["cells"] = reject.cells;
  std::string line = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  if (!reject.record.empty()) {  // JSON text already
    line.pop_back();
    line += ",\"record\":" + reject.record + "}";
  }
  return line + "\n";
}

std::string place_of(const Reject& reject) {
  return reject.source + " row " + std::to_string(reject.row) + " column " + reject.column;
}

/// The offending text in a message: no longer than a message may be.
std::string shown(const std::string& value) {
  constexpr std::size_t kBytesMax = 256;
  if (value.empty()) return "";
  return value.size() <= kBytesMax ? " (" + value + ")" : " (of " + std::to_string(value.size()) + " bytes or more)";
}

}  // namespace

RejectsFile::RejectsFile(FileSystem& fs, std::string staged, RejectPolicy policy,
                         std::optional<std::uint64_t> rejects_max)
    : fs_(&fs), staged_(std::move(staged)), policy_(policy), rejects_max_(rejects_max) {}

Status RejectsFile::add(std::span<const Reject> rejects) {
  for (const Reject& reject : rejects) {
    const std::string offending = shown(reject.value);
    if (policy_ == RejectPolicy::kFail) {
      return Error{
          ErrorCode::kData, "rejected: " + reject.reason + offending, place_of(reject),
          (reject.hint.empty() ? "mend the row" : reject.hint) + ", or let --on-reject file set such rows aside"};
    }
    cells_ += reject.cells;
    if (rejects_max_ && cells_ > *rejects_max_) {
      return Error{ErrorCode::kData,
                   "more than " + std::to_string(*rejects_max_) + " values were rejected, this one for " +
                       reject.reason + offending,
                   place_of(reject), "raise --max-rejects or mend the input"};
    }
    if (policy_ == RejectPolicy::kDrop) continue;
    PROMFILL_TRY_STATUS(append(as_bytes(to_line(reject))));
  }
  return {};
}

Status RejectsFile::append(ByteView bytes) {
  if (!file_) {
    PROMFILL_TRY(file_, FileWriter::create(*fs_, staged_));
    staged_exists_ = true;
  }
  crc_ = crc32c_extend(crc_, bytes);
  return file_->append(bytes);
}

Status RejectsFile::take_over(const std::string& earlier, std::uint64_t bytes, std::uint32_t crc, std::uint64_t cells) {
  cells_ = cells;
  if (bytes == 0) return {};
  PROMFILL_TRY(const std::unique_ptr<ReadableFile> file, fs_->open(earlier));
  Bytes buffer(1 << 16);
  for (std::uint64_t at = 0; at < bytes;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), bytes - at));
    PROMFILL_TRY(const std::size_t read, file->read_at(at, std::span(buffer).first(wanted)));
    if (read < wanted) break;
    PROMFILL_TRY_STATUS(append(ByteView(buffer).first(wanted)));
    at += wanted;
  }
  if (this->bytes() == bytes && crc_ == crc) return {};
  return Error{ErrorCode::kCorrupt, "the rejects of an unfinished job are damaged", earlier, ""};
}

Status RejectsFile::flush() { return file_ ? file_->flush() : Status(); }

Result<bool> RejectsFile::finish() {
  if (!file_) return false;
  PROMFILL_TRY_STATUS(std::move(*file_).finish());
  file_.reset();
  return true;
}

RejectsFile::~RejectsFile() {
  file_.reset();
  if (staged_exists_) (void)fs_->remove_file(staged_);
}

}  // namespace promfill
