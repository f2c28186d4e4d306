// Shows how far a job is: one line that is rewritten on a terminal, a line every few seconds elsewhere.
#pragma once

#include <string>
#include <thread>

#include "backfill/progress.h"

namespace promfill::cli {

enum class ProgressMode : std::uint8_t { kNever, kTerminal, kLines };

class ProgressDisplay {
 public:
  /// @param progress  borrowed until this is destroyed.
  ProgressDisplay(ProgressMode mode, const Progress& progress);
  /// Stops and clears the line.
  ~ProgressDisplay() = default;
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

 private:
  std::jthread painter_;
};

/// "reading 12.3 M of 40.0 M rows (31 %), 4.1 M rows/s, 7 s left" or "writing block 3 of 94".
[[nodiscard]] std::string describe(const Progress& progress, double seconds);

/// 1234567 as "1.23 M", 950 as "950".
[[nodiscard]] std::string short_count(double count);

}  // namespace promfill::cli
