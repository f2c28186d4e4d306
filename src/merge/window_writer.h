// Turns what shards and runs hold of one window into a block: symbols, then series in label order with their chunks.
#pragma once

#include <cstdint>
#include <span>

#include "block/block_files_writer.h"
#include "histogram/series_encoder.h"
#include "merge/duplicates.h"
#include "merge/symbol_union.h"
#include "merge/window_series.h"

namespace promfill {

/// Write the series of `sources` through `writer`.
/// @param sources  of the same shard in order of writing; of several shards in any order.
/// @param symbols  the union of the sources' lists, in their order.
/// @error kData  conflicting values under DuplicatePolicy::kFail, with series and time; kCorrupt  a run is damaged;
///        else what the writer says.
Status write_window(std::span<WindowSeries* const> sources, const SymbolUnion& symbols,
                    const SeriesMergeOptions& options, BlockFilesWriter& writer, WindowTally& tally);

}  // namespace promfill
