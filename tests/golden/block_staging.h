// A block's way into a directory: written under <ULID>.tmp-for-creation, then renamed. Only for test tools.
#pragma once

#include <string>

#include "file/file_system.h"
#include "promfill/block.h"

namespace promfill {

/// Names for blocks that depend on nothing but their position in time.
inline Ulid block_ulid(std::size_t position) { return Ulid::make({static_cast<std::int64_t>(position) + 1}, {}); }

/// Let `write(directory)` make a block, then give the directory its final name.
/// @return the final directory.
template <typename Write>
Result<std::string> stage_block(const std::string& out, Ulid ulid, Write write) {
  FileSystem& fs = real_file_system();
  std::string directory = join_path(out, ulid.text());
  const std::string staging = directory + ".tmp-for-creation";
  PROMFILL_TRY_STATUS(write(staging));
  PROMFILL_TRY_STATUS(fs.rename(staging, directory));
  PROMFILL_TRY_STATUS(fs.sync_directory(out));
  return directory;
}

}  // namespace promfill
