// What a publication placed: written before the first block gets its name, so that whatever happens, the next run and a
// rollback know what is ours. Lies beside the blocks that were published, DIR/.promfill/publish-<ULID>.json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "file/file_system.h"
#include "promfill/block.h"

namespace promfill {

enum class PublishState : std::uint8_t {
  kPlacing,     ///< some of the blocks may have their names, others not
  kPlaced,      ///< all have
  kServed,      ///< and the server gave back what is in them
  kRolledBack,  ///< none has any more
};

std::string_view to_string(PublishState state);

struct PlacedBlock {
  Ulid source{};      ///< the block that it is, or was cut from
  Ulid ulid{};        ///< its name in the data directory
  TimeRange range{};  ///< of the source that was taken
  std::uint64_t samples = 0;
  std::uint64_t bytes = 0;  ///< of chunks and index, which Prometheus never changes
};

struct PublishManifest {
  std::string data_directory{};
  std::string server{};  ///< URL without credentials; empty: none was asked
  PublishState state = PublishState::kPlacing;
  std::vector<PlacedBlock> blocks{};
};

/// Write or replace the file, durably.
Status write_manifest(FileSystem& fs, const std::string& path, const PublishManifest& manifest);
/// @error kCorrupt  not such a file.
Result<PublishManifest> read_manifest(FileSystem& fs, const std::string& path);
/// Paths of the manifests of earlier publications of `source`, sorted.
std::vector<std::string> find_manifests(FileSystem& fs, const std::string& source);
/// Sizes of a block's index and segments.
Result<std::uint64_t> unchanging_bytes(FileSystem& fs, const std::string& block);

}  // namespace promfill
