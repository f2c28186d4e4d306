// Chunk-cut arithmetic; see cut_rule.h. Built with -ffp-contract=off: a fused multiply-add would round once where Go
// rounds twice.
#include "chunk/cut_rule.h"

#include <cmath>

namespace promfill {

std::int64_t predicted_chunk_end(std::int64_t start_ms, std::int64_t current_ms, std::int64_t end_ms, double ratio) {
  const auto left = static_cast<double>(wrapping_sub(end_ms, start_ms));
  const double chunks = left / (static_cast<double>(wrapping_add(wrapping_sub(current_ms, start_ms), 1)) * ratio);
  if (chunks <= 1) return end_ms;
  return static_cast<std::int64_t>(static_cast<double>(start_ms) + left / std::floor(chunks));
}

}  // namespace promfill
