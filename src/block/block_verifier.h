// Accounts for every byte of a block: what a fresh block of Prometheus 3.14 would not have is a problem (or, where
// newer or compacted blocks may have it, a note). Never crashes or hangs on damaged files; memory is bounded by the
// files' sizes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "block/meta_json.h"
#include "chunk/segment_writer.h"
#include "file/file_system.h"

namespace promfill {

/// How far down a block is looked into.
enum class VerifyDepth : std::uint8_t {
  kChecksums,  ///< every byte of index and segments, and counts; in constant memory
  kFrames,     ///< lengths, checksums, sample counts, and the time of the first sample
  kSamples,    ///< every sample is decoded and encoded again
};

struct VerifyOptions {
  VerifyDepth depth = VerifyDepth::kSamples;
  /// Also require what only a freshly written block has: tight times, no unused symbols, level 1, no tombstones.
  bool strict = false;
  std::size_t problems_max = 50;  ///< kept; more are counted. The same for notes
  /// The limit that the block's segments were cut by; smaller only in tests.
  std::uint64_t segment_bytes_max = kSegmentBytesMax;
};

struct VerifyReport {
  std::vector<std::string> problems;  ///< "index: series at 64: checksum is …", at most problems_max
  std::uint64_t problems_dropped = 0;
  std::vector<std::string> notes;
  BlockStats stats;  ///< as counted
  [[nodiscard]] bool ok() const { return problems.empty(); }
};

/// Everything that is wrong with the block goes into the report.
/// @param directory  named after the block's ULID, unless `expected_name` is given (a block in staging).
VerifyReport verify_block(FileSystem& fs, const std::string& directory, const VerifyOptions& options = {},
                          const std::string& expected_name = "");

}  // namespace promfill
