// What this process has used so far, for the report.
#pragma once

#include <cstdint>

namespace promfill {

struct ProcessUsage {
  double cpu_seconds = 0;            ///< user and system, all threads
  std::uint64_t peak_rss_bytes = 0;  ///< largest resident set so far
};

[[nodiscard]] ProcessUsage process_usage();

/// Give memory that was freed back to the system, where the allocator keeps it: after much of it was.
void return_freed_memory();

}  // namespace promfill
