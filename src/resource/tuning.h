// Threads, memory and batches of a job, drawn from the machine where the user says nothing. A pure function: the same
// machine, options and workload give the same choice, and no choice changes a byte of the blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "promfill/options.h"
#include "promfill/result.h"
#include "resource/machine.h"

namespace promfill {

/// What is known of a job before it is read.
struct Workload {
  std::uint64_t row_bytes = 8;         ///< of a row decoded and mapped, about
  std::uint64_t pieces = 1;            ///< that can be read at the same time
  std::uint64_t piece_bytes = 0;       ///< that reading a piece holds beside its batches, about
  std::uint64_t remembered_part = 16;  ///< one of so many parts of the memory is at most for what decoders remember
};

struct Tuning {
  std::uint32_t threads = 1;   ///< decoding, and finalising windows, at the same time
  std::uint32_t decoders = 1;  ///< threads that read pieces
  std::uint32_t shards = 1;    ///< that entities are parted into, with a thread each
  std::int64_t batch_rows = 0;
  std::uint32_t queue_batches = 1;       ///< that may wait between a decoder and a shard
  std::uint64_t memory_limit_bytes = 0;  ///< memory_limit()
  std::vector<std::string> reasons;      ///< one line for each choice: "threads 2: processors this process may run on"
};

/// What may be charged to a job's budget: options.memory_limit_bytes if it isn't 0, else three quarters of what the
/// machine or the control group has left, at least 64 MiB.
[[nodiscard]] std::uint64_t memory_limit(const BackfillOptions& options, const Machine& machine);

/// @param options  threads and memory_limit_bytes win over the machine where they aren't 0.
/// @error kUsage  a memory limit below 64 MiB, or half filled by the smallest batches in flight; names one that would
/// do.
Result<Tuning> tune(const BackfillOptions& options, const Machine& machine, const Workload& work);

}  // namespace promfill
