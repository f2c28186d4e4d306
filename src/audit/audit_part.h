// What of the blocks is held in memory at once: a span of time, and within it those series whose hash has some bits.
// The parts of an audit cover every series and time once; one that turns out too large is split in two.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "block/meta_json.h"
#include "model/block_duration.h"
#include "promfill/time.h"

namespace promfill {

struct AuditPart {
  TimeSpan times{.min = kTimestampMin, .max = kTimestampMax};
  std::uint64_t hash_mask = 0;
  std::uint64_t hash_bits = 0;

  [[nodiscard]] bool has_time(Timestamp time) const { return time >= times.min && time <= times.max; }
  [[nodiscard]] bool has_series(std::uint64_t hash) const { return (hash & hash_mask) == hash_bits; }
  /// Closed spans: of a piece's rows, or [min, max - 1] of a block.
  [[nodiscard]] bool meets(const TimeSpan& span) const { return span.min <= times.max && times.min <= span.max; }
};

/// The closed span of a block's samples, by its meta.json.
[[nodiscard]] TimeSpan span_of(const BlockMeta& block);

/// Two parts with about half of the samples each, split between two blocks where that can be, else within one.
/// @param blocks  in order of their smallest time.
/// @return nothing where the part is a single millisecond, or no block reaches into it.
[[nodiscard]] std::optional<std::pair<AuditPart, AuditPart>> split_by_time(const AuditPart& part,
                                                                           std::span<const BlockMeta> blocks);

/// Two parts with about half of the series each. @return nothing when all bits are used.
[[nodiscard]] std::optional<std::pair<AuditPart, AuditPart>> split_by_series(const AuditPart& part);

}  // namespace promfill
