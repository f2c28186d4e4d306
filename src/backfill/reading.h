// The reading half of a job: pieces are decoded and mapped on several threads and reach every shard in their order.
//
//   decoder 0 ─ piece 0, 2, 4 … ─┬► queue ─► shard 0
//                                └► queue ─► shard 1
//   decoder 1 ─ piece 1, 3, 5 … ─┬► queue ─► shard 0
//                                └► queue ─► shard 1
//
// Each decoder has a bounded queue to each shard; a shard takes the pieces in order, and so from the decoders in turn.
// A full queue holds its decoder back. No piece overtakes another, so what a shard sees doesn't depend on the number of
// threads. After each piece, shards learn which time no later one goes below, and finish windows.
#pragma once

#include <cstdint>
#include <stop_token>

#include "backfill/checkpoints.h"
#include "backfill/input.h"
#include "backfill/progress.h"
#include "ingest/ingest.h"
#include "job/rejects_file.h"
#include "resource/memory_budget.h"

namespace promfill {

struct ReadingOptions {
  MemoryBudget* budget = nullptr;  ///< that batches and what mapping remembers are charged to
  std::uint32_t decoders = 1;      ///< threads that read pieces; each shard has one of its own
  std::int64_t batch_rows = 1 << 16;
  std::size_t queue_batches = 2;               ///< from each decoder to each shard
  std::uint64_t remembered_bytes = 256 << 20;  ///< of entities that mapping remembers, over all threads
  bool sorted = false;                         ///< rows come in order of time
  std::size_t first_piece = 0;                 ///< in reading order: those before it were read by an earlier process
  Checkpoints* checkpoints = nullptr;          ///< null: none are made
};

/// Read every piece of the input into `ingest`, to the end: afterwards all windows are sealed.
/// @error  what decoding, mapping, ingest or the reject policy found, of the earliest piece where several fail at once;
///         kStopped; kLimit  no more threads.
Status read_input(Input& input, const ReadingOptions& options, Ingest& ingest, RejectsFile& rejects, Progress& progress,
                  const std::stop_token& stop);

}  // namespace promfill
