// How a job is shown to the program that runs it: Stats of what its threads have counted, now and then or when asked.
#pragma once

#include <functional>
#include <thread>

#include "backfill/progress.h"
#include "promfill/backfill.h"
#include "promfill/stats.h"
#include "resource/memory_budget.h"

namespace promfill {

/// What is counted so far. Stage and times are the caller's to add.
[[nodiscard]] Stats stats_of(const Progress& progress, const MemoryBudget& budget);

/// Shows a running job as its RunOptions ask, until it goes.
class JobWatch {
 public:
  /// @param options, stats  outlive the watch; stats is called from a thread of its own.
  JobWatch(const RunOptions& options, std::function<Stats()> stats);

 private:
  std::function<Stats()> stats_;
  std::jthread thread_;
};

}  // namespace promfill
