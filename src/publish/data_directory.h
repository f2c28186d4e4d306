// A Prometheus's data directory as it lies on disk: its blocks, whose it is, what is left of a head. Reads only.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "block/meta_json.h"
#include "file/file_system.h"
#include "file/foreign_files.h"

namespace promfill {

struct ExistingBlock {
  std::string directory;
  BlockMeta meta;
  std::uint64_t bytes = 0;

  /// Whether its samples came in order: then the head's begin behind it.
  [[nodiscard]] bool in_order() const;
};

struct DataDirectory {
  std::string path;  ///< without links
  std::vector<ExistingBlock> blocks;
  std::set<Ulid> known;             ///< the blocks', and of the blocks that these were compacted from
  std::vector<std::string> broken;  ///< named as blocks, but without a meta.json that can be read
  Owner owner{};
  std::uint64_t free_bytes = 0;
  std::uint64_t head_bytes = 0;  ///< of write-ahead log and head chunks
  bool has_wal = false;          ///< with something in it
};

/// Blocks that go while this reads, as compaction makes them, are passed over.
/// @error kNotFound  no such directory; kPermission, kIo.
Result<DataDirectory> read_data_directory(FileSystem& fs, const std::string& path);
/// The greatest max time of its blocks of samples that came in order; nothing where there is none.
std::optional<Timestamp> end_of_in_order_blocks(const DataDirectory& directory);
/// The block that `ulid` is, or became by compaction. Null: neither.
const ExistingBlock* find_descendant(const DataDirectory& directory, const Ulid& ulid);

}  // namespace promfill
