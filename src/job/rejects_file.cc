// See rejects_file.h.
#include "job/rejects_file.h"

#include <nlohmann/json.hpp>

namespace promfill {
namespace {

std::string to_line(const Reject& reject) {
  nlohmann::ordered_json json;
  json["file"] = reject.source;
  json["row"] = reject.row;
  json["column"] = reject.column;
  json["reason"] = reject.reason;
  json["value"] = reject.value;
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

}  // namespace

RejectsFile::RejectsFile(FileSystem& fs, std::string staged, RejectPolicy policy,
                         std::optional<std::uint64_t> rejects_max)
    : fs_(&fs), staged_(std::move(staged)), policy_(policy), rejects_max_(rejects_max) {}

Status RejectsFile::add(std::span<const Reject> rejects) {
  for (const Reject& reject : rejects) {
    const std::string offending = reject.value.empty() ? "" : " (" + reject.value + ")";
    if (policy_ == RejectPolicy::kFail) {
      return Error{ErrorCode::kData, "rejected: " + reject.reason + offending, place_of(reject),
                   "mend the row, or let --on-reject file set such rows aside"};
    }
    cells_ += reject.cells;
    if (rejects_max_ && cells_ > *rejects_max_) {
      return Error{ErrorCode::kData,
                   "more than " + std::to_string(*rejects_max_) + " values were rejected, this one for " +
                       reject.reason + offending,
                   place_of(reject), "raise --max-rejects or mend the input"};
    }
    if (policy_ == RejectPolicy::kDrop) continue;
    if (!file_) {
      PROMFILL_TRY(file_, FileWriter::create(*fs_, staged_));
      staged_exists_ = true;
    }
    PROMFILL_TRY_STATUS(file_->append(as_bytes(to_line(reject))));
  }
  return {};
}

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
