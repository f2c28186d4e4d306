// meta.json: what Prometheus knows of a block before opening it. Key order and layout as json.MarshalIndent with a tab.
// Source: tsdb/block.go (BlockMeta, BlockStats, BlockMetaCompaction).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "encoding/bytes.h"
#include "promfill/block.h"
#include "promfill/labels.h"
#include "promfill/result.h"

namespace promfill {

inline constexpr std::string_view kMetaFile = "meta.json";
inline constexpr std::uint64_t kMetaBytesMax = 16ULL << 20;

/// The file's text for a fresh block. `meta.sources` is written as given.
[[nodiscard]] std::string encode_meta_json(const BlockMeta& meta);
/// @error kCorrupt  not JSON, a missing or mistyped key, version other than 1; unknown keys are allowed.
Result<BlockMeta> parse_meta_json(std::string_view text);

}  // namespace promfill
