// How a backfill runs: the options of a job, with the defaults of the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promfill/result.h"
#include "promfill/time.h"

namespace promfill {

/// Which of several different values for one series and time is kept. Equal values are one value whatever this says.
enum class DuplicatePolicy : std::uint8_t { kKeepLast, kKeepFirst, kMin, kMax, kSum, kFail };

/// What happens to rows and values that can't be used.
enum class RejectPolicy : std::uint8_t {
  kFile,  ///< write them to the rejects file and go on
  kFail,  ///< stop at the first
  kDrop,  ///< count them and go on
};

std::optional<DuplicatePolicy> parse_duplicate_policy(std::string_view text);
std::optional<RejectPolicy> parse_reject_policy(std::string_view text);
std::string_view to_string(DuplicatePolicy policy);
std::string_view to_string(RejectPolicy policy);

struct BackfillOptions {
  std::string out;                           ///< directory of blocks; made if it isn't there
  Duration block_duration{2 * 3600 * 1000};  ///< windows are [k·d, (k+1)·d)
  std::uint32_t threads = 0;                 ///< 0: as many as the machine has cores
  std::optional<Timestamp> min_time;         ///< inclusive
  std::optional<Timestamp> max_time;         ///< inclusive
  std::optional<Timestamp> created_at;       ///< the job's start, in ULIDs; absent: now
  DuplicatePolicy on_duplicate = DuplicatePolicy::kKeepLast;
  RejectPolicy on_reject = RejectPolicy::kFile;
  std::string rejects;                             ///< rejects file; empty: OUT/.promfill/<job>.rejects.jsonl
  std::optional<std::uint64_t> rejects_max;        ///< stop when more are rejected; absent: no bound
  bool allow_implausible_times = false;            ///< accept times before 1990 or after now + 1 year
  std::uint64_t segment_bytes_max = 512ULL << 20;  ///< of chunk files; smaller only in tests

  /// @error kUsage  what can't be, before any data is read.
  [[nodiscard]] Status validate() const;
};

}  // namespace promfill
