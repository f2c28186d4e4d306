// See tuning.h.
#include "resource/tuning.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace promfill {
namespace {

/// Every shard looks at every batch: more of them than this cost more than they bring.
constexpr std::uint32_t kShardsMax = 64;
constexpr std::int64_t kBatchRows = 1 << 16;
constexpr std::int64_t kBatchRowsMin = 1 << 10;
constexpr std::uint32_t kQueueBatches = 2;
/// A decoder fills one batch while a shard empties another; the rest wait in the queue.
constexpr std::uint64_t kBatchesAtWork = 2;
/// Below this a thread's stack, its tables and one page of a column each leave nothing for samples.
constexpr std::uint64_t kMemoryLimitMin = 64ULL << 20;
constexpr std::uint64_t kMemoryFallbackBytes = 4ULL << 30;
constexpr std::uint64_t kMiB = 1ULL << 20;

template <typename T>
struct Choice {
  T value;
  std::string why;
};

/// "1.5", without the zeros of std::to_string.
std::string shown(double number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

Choice<std::uint32_t> choose_threads(const BackfillOptions& options, const Machine& machine) {
  if (options.threads != 0) return {options.threads, "as asked"};
  // A started processor is worth a thread: the quota is of time, which threads share.
  if (machine.cpu_quota && std::ceil(*machine.cpu_quota) < machine.cores) {
    return {std::max(1U, static_cast<std::uint32_t>(std::ceil(*machine.cpu_quota))),
            "the control group may use " + shown(*machine.cpu_quota) + " of " + std::to_string(machine.cores) +
                " processors"};
  }
  return {machine.cores, "processors this process may run on"};
}

/// What the machine has left for this process, and in which words.
Choice<std::uint64_t> memory_left(const Machine& machine) {
  const std::optional<std::uint64_t> system =
      machine.memory_available_bytes ? machine.memory_available_bytes : machine.memory_bytes;
  const std::optional<std::uint64_t> group = machine.cgroup_memory_available_bytes;
  if (group && *group <= system.value_or(*group)) {
    return {*group, "the " + format_byte_size(*group) + " that the control group's limit of " +
                        format_byte_size(machine.cgroup_memory_bytes.value_or(*group)) + " leaves"};
  }
  if (!system) return {0, ""};
  return {*system, "the " + format_byte_size(*system) + " that are available"};
}

std::uint64_t bytes_in_flight(const Tuning& tuning, std::uint32_t queue_batches, std::int64_t batch_rows,
                              const Workload& work) {
  return tuning.threads * (queue_batches + kBatchesAtWork) * static_cast<std::uint64_t>(batch_rows) * work.row_bytes;
}

/// The least limit that leaves half of itself beside the smallest batches; in whole MiB, as it is named to people.
std::uint64_t least_limit(const Tuning& tuning, const Workload& work) {
  const std::uint64_t bytes = 2 * bytes_in_flight(tuning, 1, kBatchRowsMin, work);
  return std::max(kMemoryLimitMin, (bytes + kMiB - 1) / kMiB * kMiB);
}

Choice<std::uint64_t> choose_memory_limit(const BackfillOptions& options, const Machine& machine) {
  const Choice<std::uint64_t> left = memory_left(machine);
  const bool known = !left.why.empty();
  if (const std::uint64_t asked = options.memory_limit_bytes; asked != 0) {
    return {asked, known && asked > left.value ? "as asked, more than " + left.why : "as asked"};
  }
  if (!known) return {kMemoryFallbackBytes, "the system doesn't say what it has"};
  const std::uint64_t bytes = left.value / 4 * 3;
  if (bytes >= kMemoryLimitMin) return {bytes, "three quarters of " + left.why};
  return {kMemoryLimitMin, "the least there is, although above three quarters of " + left.why};
}

/// Named in whole MiB, so that the words can be given as they are and do.
Status check_memory_limit(const Tuning& tuning, const Workload& work) {
  const std::uint64_t least_bytes = least_limit(tuning, work);
  if (tuning.memory_limit_bytes >= least_bytes) return {};
  return Error{ErrorCode::kUsage,
               "a limit of " + format_byte_size(tuning.memory_limit_bytes) + " is too small for this job",
               "--memory-limit", std::to_string(least_bytes / kMiB) + "MiB would do, or less with fewer --threads"};
}

/// What decoders hold of their pieces gets a quarter of the memory.
Choice<std::uint32_t> choose_decoders(const Tuning& tuning, const Workload& work) {
  const auto wanted = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(work.pieces, 1, tuning.threads));
  const std::uint64_t fit = tuning.memory_limit_bytes / 4 / std::max<std::uint64_t>(1, work.piece_bytes);
  if (fit < wanted) {
    return {static_cast<std::uint32_t>(std::max<std::uint64_t>(1, fit)),
            "what a quarter of the memory holds of pieces of about " + format_byte_size(work.piece_bytes)};
  }
  return {wanted, wanted < tuning.threads ? "one for each piece" : "one for each thread"};
}

/// Batches in flight get an eighth of the memory: waiting ones are given up before rows of a batch are.
void choose_batches(const Workload& work, Tuning& tuning) {
  const std::uint64_t share = tuning.memory_limit_bytes / 8;
  for (tuning.queue_batches = kQueueBatches; true; --tuning.queue_batches) {
    const std::uint64_t rows = share / bytes_in_flight(tuning, tuning.queue_batches, 1, work);
    const auto whole = static_cast<std::int64_t>(std::min<std::uint64_t>(rows, kBatchRows)) & -kBatchRowsMin;
    tuning.batch_rows = std::max(whole, kBatchRowsMin);
    if (tuning.batch_rows == kBatchRows || tuning.queue_batches == 1) return;
  }
}

std::vector<std::string> batch_reasons(const Workload& work, const Tuning& tuning) {
  const bool tight = tuning.queue_batches < kQueueBatches;
  const std::string rows = "rows of about " + format_byte_size(work.row_bytes) + " on " +
                           std::to_string(tuning.threads) + (tuning.threads == 1 ? " thread" : " threads");
  const std::string fits = tuning.batch_rows > kBatchRowsMin
                               ? "what an eighth of the memory holds of " + rows
                               : "the least, although above an eighth of the memory for " + rows;
  return {"batch rows " + std::to_string(tuning.batch_rows) + ": " +
              (tuning.batch_rows == kBatchRows ? "they fit into an eighth of the memory" : fits),
          "queue batches " + std::to_string(tuning.queue_batches) + ": " +
              (tight ? "memory is tight" : "one is ready when one is done")};
}

}  // namespace

std::uint64_t memory_limit(const BackfillOptions& options, const Machine& machine) {
  return choose_memory_limit(options, machine).value;
}

Result<Tuning> tune(const BackfillOptions& options, const Machine& machine, const Workload& work) {
  Tuning tuning;
  const auto reason = [&tuning](std::string_view what, const std::string& value, const std::string& why) {
    tuning.reasons.push_back(std::string(what) + " " + value + ": " + why);
  };
  Choice<std::uint32_t> threads = choose_threads(options, machine);
  tuning.threads = threads.value;
  reason("threads", std::to_string(tuning.threads), threads.why);

  tuning.shards = std::min(tuning.threads, kShardsMax);
  reason("shards", std::to_string(tuning.shards),
         tuning.shards < tuning.threads ? "more cost more than they bring" : "one for each thread");

  const Choice<std::uint64_t> limit = choose_memory_limit(options, machine);
  tuning.memory_limit_bytes = limit.value;
  PROMFILL_TRY_STATUS(check_memory_limit(tuning, work));
  reason("memory limit", format_byte_size(limit.value), limit.why);
  const Choice<std::uint32_t> decoders = choose_decoders(tuning, work);
  tuning.decoders = decoders.value;
  reason("decoders", std::to_string(tuning.decoders), decoders.why);
  choose_batches(work, tuning);
  for (std::string& line : batch_reasons(work, tuning)) tuning.reasons.push_back(std::move(line));
  if (machine.staging_free_bytes) {
    reason("staging disk", format_byte_size(*machine.staging_free_bytes),
           "free for what doesn't fit into memory, and for blocks");
  }
  return tuning;
}

}  // namespace promfill
