// The rejects file: one JSON object a line for every row or value that could not be used, in source order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "file/file_writer.h"
#include "promfill/options.h"
#include "store/ledger.h"

namespace promfill {

class RejectsFile {
 public:
  /// @param staged  where the file is written; made with the first reject.
  RejectsFile(FileSystem& fs, std::string staged, RejectPolicy policy, std::optional<std::uint64_t> rejects_max);

  /// Take the rejects of one batch.
  /// @error kData  under RejectPolicy::kFail, or when more cells than rejects_max were rejected.
  Status add(std::span<const Reject> rejects);
  /// Begin with the first `bytes` of the file that an earlier process wrote, whose checksum is known.
  /// @param cells  that were rejected with them. @error kCorrupt  they are not what they were.
  Status take_over(const std::string& earlier, std::uint64_t bytes, std::uint32_t crc, std::uint64_t cells);
  /// Hand everything to the system, so that it outlives this process.
  Status flush();
  [[nodiscard]] std::uint64_t bytes() const { return file_ ? file_->position() : 0; }
  [[nodiscard]] std::uint32_t crc() const { return crc_; }

  /// Make what was written durable. True when there is a file.
  Result<bool> finish();
  /// The staged file was moved to its final name, or is left to another process.
  void release() { staged_exists_ = false; }
  /// Unless released: the staged file is removed.
  ~RejectsFile();
  RejectsFile(const RejectsFile&) = delete;
  RejectsFile& operator=(const RejectsFile&) = delete;

 private:
  FileSystem* fs_;
  std::string staged_;
  RejectPolicy policy_;
  std::optional<std::uint64_t> rejects_max_;
  std::uint64_t cells_ = 0;
  std::uint32_t crc_ = 0;  // of all that was written
  Status append(ByteView bytes);

  std::optional<FileWriter> file_;
  bool staged_exists_ = false;
};

}  // namespace promfill
