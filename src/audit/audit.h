// Proves that blocks are what their sources say: each cell is a sample, or the ledger says why not; each sample comes
// from a cell.
//
// Independent of the engine that wrote the blocks: cells come from source and mapping, samples from the blocks' own
// chunks, and what duplicates come to is reckoned anew. Planning and the judgement of rows (null, rejected, out of the
// window) are the mapping's, as they define what a cell is. The blocks are loaded in parts that fit the memory, and for
// each part the sources are read, as far as they may have rows in its times.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audit/cell_check.h"
#include "audit/difference.h"
#include "file/file_system.h"
#include "promfill/mapping.h"
#include "promfill/options.h"
#include "resource/clock.h"
#include "resource/memory_budget.h"
#include "source/source.h"
#include "store/ledger.h"

namespace promfill {

struct AuditEnvironment {
  FileSystem* fs = nullptr;
  const Clock* clock = nullptr;    ///< for the guard against implausible times
  MemoryBudget* budget = nullptr;  ///< half of it holds samples; the sources charge it, too
  std::size_t differences_max = 20;
  std::int64_t batch_rows = 1 << 14;
};

struct AuditReport {
  Ledger judged;    ///< rows and cells offered, nulls, rejected, out of the window
  CellTally tally;  ///< what became of the others, and of values completed from them (judged.generated)
  std::vector<Difference> differences;
  std::vector<std::string> decisions;  ///< what was inferred of the mapping, and why
  std::uint64_t parts = 0;

  /// Every cell has one verdict.
  [[nodiscard]] bool balances() const {
    const std::uint64_t offered = judged.cells + judged.generated;
    return offered == judged.nulls + judged.rejected + judged.filtered + judged.out_of_window + tally.merged +
                          tally.conflicting + tally.missing + tally.written;
  }
  [[nodiscard]] bool ok() const {
    return balances() && tally.missing == 0 && tally.other_values == 0 && tally.unexplained == 0;
  }
};

/// Hold `blocks` against `sources`. The blocks should have been verified: their meta.json is believed.
/// @param sources  in source order, not empty.
/// @param options  those of the import: times, duplicates, implausible times; the others have no influence.
/// @param blocks   paths, n ≥ 1: all blocks that were made of these sources, and no others.
/// @error as plan_job; kCorrupt, kIo; kData  chunks that hold no floats; kLimit  memory that is too small.
/// Cost: a pass over the sources for each part of the samples that fits half of the memory.
Result<AuditReport> audit_blocks(std::span<const std::unique_ptr<Source>> sources, const Mapping& mapping,
                                 const BackfillOptions& options, std::span<const std::string> blocks,
                                 const AuditEnvironment& environment);

}  // namespace promfill
