// The length of a job's blocks where nobody said: `--block-duration auto`.
//
// Prometheus compacts blocks of 2 h into 2 h·3ⁿ, up to a tenth of its retention and never above 31 d. Blocks of those
// lengths are what it would have made by itself in time, so it leaves them as they are.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "promfill/options.h"
#include "promfill/time.h"

namespace promfill {

/// First and last time of some rows, both inclusive. That of no row is the default: it changes no union.
struct TimeSpan {
  Timestamp min = kTimestampMax;
  Timestamp max = kTimestampMin;

  [[nodiscard]] bool empty() const { return min > max; }
  [[nodiscard]] TimeSpan united(const TimeSpan& other) const {
    return {.min = std::min(min, other.min), .max = std::max(max, other.max)};
  }
  friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

struct BlockDurationChoice {
  Duration duration;
  std::string reason;  ///< a sentence for people; empty where the user chose
};

/// options.block_duration if there is one. Else, for Prometheus, the smallest 2 h·3ⁿ that is as long as `span`, at most
/// 31 d and a tenth of options.retention, at least 2 h; 2 h where the span is not known. Windows are aligned to the
/// epoch, so data as long as the duration may still fall into two of them. For Thanos and Mimir, which work by days:
/// 24 h, whatever the span.
/// @param span  of the rows that can be stored; nothing where it isn't known before they are read.
BlockDurationChoice choose_block_duration(const BackfillOptions& options, const std::optional<TimeSpan>& span);

}  // namespace promfill
