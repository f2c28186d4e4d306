// Turns what the shards hold of one window into a block: series in index order, late samples merged in, chunks,
// symbols.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "block/block_writer.h"
#include "ingest/duplicates.h"
#include "ingest/series_catalog.h"
#include "ingest/series_store.h"

namespace promfill {

/// A window of one shard.
struct WindowPart {
  std::size_t shard = 0;
  StoreWindow* window = nullptr;
};

struct WindowTally {
  DuplicateTally duplicates;
  std::uint64_t samples = 0;  ///< written
};

/// Write the series of `parts` (one window, at most one part a shard) through `writer`. The parts' late samples are
/// consumed.
/// @param chunk_range_ms  R = 2 × block duration.
/// @error kData  conflicting values under DuplicatePolicy::kFail, with series and time; else what the writer says.
Status write_window(std::span<const WindowPart> parts, const SeriesCatalog& catalog, std::int64_t chunk_range_ms,
                    DuplicatePolicy policy, BlockWriter& writer, WindowTally& tally);

}  // namespace promfill
