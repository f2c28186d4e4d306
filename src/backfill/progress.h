// How far a job is: counted by the threads that do the work, read by whoever shows it.
#pragma once

#include <atomic>
#include <cstdint>

namespace promfill {

struct Progress {
  std::atomic<std::uint64_t> rows_total{0};  ///< 0 while unknown
  std::atomic<std::uint64_t> rows_read{0};
  std::atomic<std::uint64_t> cells{0};
  std::atomic<std::uint64_t> bytes_total{0};
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<std::uint64_t> windows_total{0};  ///< 0 until all rows are read
  std::atomic<std::uint64_t> windows_written{0};
};

}  // namespace promfill
