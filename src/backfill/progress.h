// How far a job is: counted by the threads that do the work, read by whoever shows it.
#pragma once

#include <atomic>
#include <cstdint>

namespace promfill {

struct Progress {
  std::atomic<std::uint64_t> rows_total{0};  ///< 0 while unknown
  std::atomic<std::uint64_t> rows_read{0};
  std::atomic<std::uint64_t> pieces_read{0};
  std::atomic<std::uint64_t> cells{0};
  std::atomic<std::uint64_t> nulls{0};
  std::atomic<std::uint64_t> rejected{0};
  std::atomic<std::uint64_t> bytes_total{0};
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<std::uint64_t> windows_total{0};  ///< 0 until all rows are read
  std::atomic<std::uint64_t> windows_written{0};
  // Of windows written:
  std::atomic<std::uint64_t> samples_written{0};
  std::atomic<std::uint64_t> late_samples{0};
  std::atomic<std::uint64_t> duplicates_merged{0};
  std::atomic<std::uint64_t> duplicates_conflicting{0};
};

}  // namespace promfill
