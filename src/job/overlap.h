// Finds samples that would stand twice: series of a new block that a block already in OUT has at the same times. Of two
// values for one series and time in two blocks, none dependably wins (docs/format/block.md), so such a job is refused.
#pragma once

#include <span>
#include <string>

#include "file/file_system.h"

namespace promfill {

/// @param out     directory of finished blocks.
/// @param staged  directories of the new blocks.
/// @error kRefused  naming a series and the block that has it; kCorrupt  a block in the way can't be read.
Status refuse_overlap(FileSystem& fs, const std::string& out, std::span<const std::string> staged);

}  // namespace promfill
