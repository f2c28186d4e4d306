// See job_watch.h.
#include "record/job_watch.h"

#include <condition_variable>
#include <mutex>
#include <ostream>
#include <utility>

namespace promfill {

Stats stats_of(const Progress& progress, const MemoryBudget& budget) {
  Stats stats;
  stats.tables_read = progress.pieces_read;
  stats.rows_read = progress.rows_read;
  stats.cells = progress.cells;
  stats.nulls = progress.nulls;
  stats.rejected = progress.rejected;
  stats.blocks_written = progress.windows_written;
  stats.samples_written = progress.samples_written;
  stats.late_samples = progress.late_samples;
  stats.duplicates_merged = progress.duplicates_merged;
  stats.duplicates_conflicting = progress.duplicates_conflicting;
  stats.memory_bytes = budget.used_bytes();
  stats.memory_limit_bytes = budget.limit_bytes();
  return stats;
}

JobWatch::JobWatch(const RunOptions& options, std::function<Stats()> stats) : stats_(std::move(stats)) {
  if (options.progress == nullptr && !options.on_progress) return;
  thread_ = std::jthread([this, &options](const std::stop_token& done) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, done, options.progress_interval, [&] { return done.stop_requested(); })) {
      const Stats now = stats_();
      if (options.progress != nullptr) *options.progress << now.line() << '\n' << std::flush;
      if (options.on_progress) options.on_progress(now);
    }
  });
}

}  // namespace promfill
