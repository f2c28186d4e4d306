// Checks every frame of an index file in one pass and constant memory: what a writer can ask of a file that is too
// large to be read whole.
#pragma once

#include <cstdint>
#include <string>

#include "file/file_system.h"

namespace promfill {

/// Header, table of contents, symbols, every series entry, every postings list and the offset table: lengths,
/// checksums, and that each part ends where the next begins, but for zeros that align it.
/// @return the number of series. @error kCorrupt  with file and byte.
Result<std::uint64_t> check_index_frames(FileSystem& fs, const std::string& path);

}  // namespace promfill
