// Exemplars of OpenMetrics texts, which blocks have no place for: a line of JSON each, in the order of the text, in a
// file beside the blocks.
//
//   {"series":{"__name__":"a_bucket","le":"1.0"},"t":1700000000000,"labels":{"trace_id":"7"},"value":0.5,"timestamp":1700000000123}
//
// `t` is the sample's time; `timestamp` is the exemplar's own, and is there if it has one. Times are milliseconds.
// Values that JSON has no numbers for are texts: "NaN", "+Inf", "-Inf".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "file/file_writer.h"
#include "openmetrics/text_block.h"

namespace promfill {

/// @param series  the labels of its sample, as they are stored.
void append_exemplar_line(std::span<const Label> series, std::int64_t t_ms, const Exemplar& exemplar, std::string& out);

/// The file, in a job's staging folder until its commit. Not thread-safe.
class ExemplarsFile {
 public:
  /// @param path  where it is made, once there is a line; what an earlier process left there goes.
  ExemplarsFile(FileSystem& fs, std::string path) : fs_(&fs), path_(std::move(path)) {}
  Status add(const std::string& lines, std::uint64_t exemplars);
  /// Make it durable. @return how many there are.
  Result<std::uint64_t> finish();

 private:
  FileSystem* fs_;
  std::string path_;
  std::optional<FileWriter> file_;
  std::uint64_t exemplars_ = 0;
};

}  // namespace promfill
