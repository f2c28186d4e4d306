// A block without some of its samples: without those outside a range, or those that are served already. Chunks that
// lose nothing keep their bytes; the others are decoded and encoded again in their own encoding, start times included.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "block/block_files_writer.h"
#include "block/block_reader.h"
#include "publish/served_samples.h"

namespace promfill {

struct TrimmedBlock {
  std::optional<WrittenBlock> written{};  ///< nothing: no sample was left, and no block was made
  std::uint64_t outside = 0;              ///< samples left out for their time
  std::uint64_t served = 0;               ///< samples left out because they are served
};

/// Write the trimmed block to `directory`, durable as BlockFilesWriter makes it.
/// @param served  null: nothing is served. Used up.
/// @error kCorrupt, kNoSpace, kIo: what is in `directory` is the caller's to remove.
Result<TrimmedBlock> write_trimmed(FileSystem& fs, const BlockReader& source, TimeRange range, ServedSamples* served,
                                   const std::string& directory, const Ulid& ulid);

}  // namespace promfill
