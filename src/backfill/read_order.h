// The order in which a job reads its pieces, and the time that no later piece goes below.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/block_duration.h"
#include "promfill/time.h"

namespace promfill {

struct OrderedPiece {
  std::size_t source = 0;
  std::size_t piece = 0;
  /// No row of the pieces after this one lies below; the smallest time there is where that is unknown, the largest
  /// after the last piece.
  Timestamp all_later_from = kTimestampMin;
};

/// Pieces that share no time are read by time, so that windows can be finished early; among those that do, or may,
/// source order stays, by which conflicting values are settled.
/// @param times  by source and piece; nothing where unknown.
[[nodiscard]] std::vector<OrderedPiece> order_pieces(std::span<const std::vector<std::optional<TimeSpan>>> times);

}  // namespace promfill
