// The conductor: sources and a mapping in, blocks and a report out. Reads as the flow in ARCHITECTURE.md.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "backfill/progress.h"
#include "file/file_system.h"
#include "job/report.h"
#include "promfill/mapping.h"
#include "promfill/options.h"
#include "resource/clock.h"
#include "resource/machine.h"
#include "resource/memory_budget.h"
#include "source/source.h"

namespace promfill {

/// What a job takes from its surroundings; tests replace any of it.
struct JobEnvironment {
  FileSystem* fs = nullptr;
  const Clock* clock = nullptr;
  Progress* progress = nullptr;
  std::stop_token stop;
  MemoryBudget* budget = nullptr;    ///< that the sources charge, too; null: one of memory_limit() for the rest
  const Machine* machine = nullptr;  ///< that the job is tuned for; null: this one
};

/// Import `sources` (in source order: sorted by name is the caller's business) as blocks into options.out.
/// All or nothing: on an error no block of the job is left, and OUT is as it was.
Result<Report> run_backfill(std::vector<std::unique_ptr<Source>> sources, const Mapping& mapping,
                            const BackfillOptions& options, const JobEnvironment& environment);

}  // namespace promfill
