// Where Prometheus's head ends one float chunk and begins the next. Byte identity hangs on this arithmetic.
// Source: tsdb/head_append.go (appendPreprocessor, computeChunkEndTime), tsdb/db.go (rangeForTimestamp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace promfill {

/// Go's integers wrap, and far timestamps make these differences do so.
constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapping_sub(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

inline constexpr std::uint32_t kSamplesPerChunk = 120;
/// The end of a chunk is predicted from the rate of its first quarter …
inline constexpr std::uint32_t kPredictAtSamples = kSamplesPerChunk / 4;
/// … and when the rate rises afterwards, this many samples end it all the same.
inline constexpr std::uint32_t kChunkSamplesMax = 2 * kSamplesPerChunk;
/// A chunk longer than this before an append is closed: 1024 bytes less 19, the most that one sample can take.
inline constexpr std::size_t kXorChunkBytesMax = 1024 - 19;

/// End of the chunk range that holds `t_ms`; `range_ms` R is twice the block duration, as promtool runs its head. Go's
/// division truncates, so all of (-R, 0) ends at R and not at 0.
constexpr std::int64_t chunk_range_end(std::int64_t t_ms, std::int64_t range_ms) {
  return wrapping_add((t_ms / range_ms) * range_ms, range_ms);
}

/// When a chunk that started at `start_ms` and is a `ratio`-th part of what it should be at `current_ms` should end, so
/// that the time up to `end_ms` is divided evenly. Doubles on purpose: they must round where Go's do.
std::int64_t predicted_chunk_end(std::int64_t start_ms, std::int64_t current_ms, std::int64_t end_ms,
                                 double ratio = static_cast<double>(kSamplesPerChunk) / kPredictAtSamples);

}  // namespace promfill
