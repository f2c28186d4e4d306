// What can be said of a block alone: whether a version of Prometheus reads its chunks, and how compaction will take it.
#pragma once

#include <optional>
#include <string>

#include "file/file_system.h"
#include "promfill/time.h"
#include "publish/server.h"

namespace promfill {

/// Why a server of that version can't read the block; nothing where it can. Reads every chunk where that matters.
/// @error kCorrupt
Result<std::optional<std::string>> unreadable_by(FileSystem& fs, const std::string& block, ServerVersion version);

/// What keeps the compaction from merging the block with others: it crosses the ends of ranges, or is longer than any.
/// Harmless, but such blocks stay as many as they are.
/// @param max  the server's longest block.
std::optional<std::string> compaction_note(TimeRange range, std::optional<Duration> max);

}  // namespace promfill
