// Many runs as one, so that however little memory there is, no more than some dozens of files are read at once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "merge/run_file.h"

namespace promfill {

/// So many runs of one level become one of the next: each sample is written once more per level, and with the levels
/// that occur (32³ runs) at most 3 × 31 runs of a shard are left. Each costs three frames of memory while it is merged.
constexpr std::size_t kRunsPerLevel = 32;

/// A run that holds what `runs` hold of `windows`. Chunks stay as they are.
/// @param runs     of one shard, in order of writing.
/// @param windows  numbers, rising.
/// @error kCorrupt  a run is damaged; else what creating and writing a file can fail with.
Result<std::shared_ptr<const Run>> merge_runs(FileSystem& fs, std::string path,
                                              std::span<const std::shared_ptr<const Run>> runs,
                                              std::span<const std::int64_t> windows);

/// Number of different series among those that runs had when they ended their generation.
Result<std::uint64_t> count_distinct_series(std::span<const std::shared_ptr<const Run>> runs);

}  // namespace promfill
