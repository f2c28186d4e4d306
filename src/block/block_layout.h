// What a block's directory holds: <ULID>/{meta.json, index, tombstones, chunks/000001, chunks/000002, …} and nothing
// else. Source: tsdb/compact.go (LeveledCompactor.write), tsdb/block.go (chunkDir).
#pragma once

#include <string_view>

namespace promfill {

inline constexpr std::string_view kMetaFile = "meta.json";
inline constexpr std::string_view kIndexFile = "index";
inline constexpr std::string_view kTombstonesFile = "tombstones";
inline constexpr std::string_view kChunksDirectory = "chunks";

}  // namespace promfill
