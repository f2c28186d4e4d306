// meta.json: what Prometheus knows of a block before opening it. Key order and layout as json.MarshalIndent with a tab.
// Source: tsdb/block.go (BlockMeta, BlockStats, BlockMetaCompaction).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "block/ulid.h"
#include "encoding/bytes.h"
#include "promfill/labels.h"
#include "promfill/result.h"
#include "promfill/time.h"

namespace promfill {

inline constexpr std::string_view kMetaFile = "meta.json";
inline constexpr std::uint64_t kMetaBytesMax = 16ULL << 20;

/// Each is left out of the file when 0.
struct BlockStats {
  std::uint64_t samples = 0;
  std::uint64_t float_samples = 0;
  std::uint64_t histogram_samples = 0;
  std::uint64_t series = 0;
  std::uint64_t chunks = 0;
  std::uint64_t tombstones = 0;
  friend bool operator==(const BlockStats&, const BlockStats&) = default;
};

struct BlockMeta {
  Ulid ulid;
  TimeRange range;  ///< [smallest sample, largest sample + 1 ms) of a fresh block
  BlockStats stats;
  std::uint32_t level = 1;
  std::vector<Ulid> sources;
  bool deletable = false;
  bool failed = false;
  std::uint32_t parent_count = 0;  ///< only read: a block of ours has none
  std::vector<std::string> hints;
  std::uint32_t version = 1;
  Labels external_labels;         ///< only written: those of Thanos's section, which is there if there are any
  bool has_unknown_keys = false;  ///< only read: keys of others, such as Thanos's
};

/// The file's text for a fresh block. `meta.sources` is written as given.
[[nodiscard]] std::string encode_meta_json(const BlockMeta& meta);
/// @error kCorrupt  not JSON, a missing or mistyped key, version other than 1; unknown keys are allowed.
Result<BlockMeta> parse_meta_json(std::string_view text);

}  // namespace promfill
