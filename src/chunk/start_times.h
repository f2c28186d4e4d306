// Start timestamps of samples, which some encodings carry beside each: when the counting that a sample tells of began.
// Bytes: docs/format/chunks.md; source: tsdb/chunkenc/st.go.
//
// Most series have one start time, or none: sample 0 has it whole, and as long as it stays the same nothing is written.
// From the first change on (its number is in the header byte, whose 7 bits end at 127, where fields begin in any case)
// every sample has a field: the distance of the start from the sample before, as a difference to the last distance.
#pragma once

#include <cstdint>

#include "chunk/cut_rule.h"
#include "chunk/varbit.h"

namespace promfill {

inline constexpr std::uint8_t kFirstStartKnown = 0x80;
inline constexpr std::uint8_t kStartFieldsAtLatest = 127;

/// Writes the fields of one chunk.
class StartTimeWriter {
 public:
  /// After sample `number` of time `time_ms`; `before_ms` is the time of the sample before, 0: no start time.
  void write(BitWriter& out, std::uint32_t number, std::int64_t time_ms, std::int64_t before_ms,
             std::int64_t start_ms) {
    if (number == 0) {
      header_ = start_ms != 0 ? kFirstStartKnown : std::uint8_t{0};
      if (start_ms != 0) out.varint(wrapping_sub(time_ms, start_ms));
      start_ms_ = start_ms;
      distance_ms_ = 0;
      return;
    }
    const bool has_fields = (header_ & ~kFirstStartKnown) != 0;
    const std::int64_t distance_ms = wrapping_sub(before_ms, start_ms);
    if (has_fields) {
      put_varbit(out, wrapping_sub(distance_ms, distance_ms_));
    } else if (start_ms != start_ms_ || number == kStartFieldsAtLatest) {
      put_varbit(out, distance_ms);
      header_ = static_cast<std::uint8_t>(header_ | number);
    } else {
      return;
    }
    start_ms_ = start_ms;
    distance_ms_ = distance_ms;
  }
  /// For the chunk's third byte.
  [[nodiscard]] std::uint8_t header() const { return header_; }

 private:
  std::uint8_t header_ = 0;
  std::int64_t start_ms_ = 0;
  std::int64_t distance_ms_ = 0;
};

/// The writer's twin.
class StartTimeReader {
 public:
  StartTimeReader() = default;
  explicit StartTimeReader(std::uint8_t header) : header_(header) {}

  /// @return the start time of sample `number`, which has time `time_ms`; 0: none.
  std::int64_t read(BitReader& in, std::uint32_t number, std::int64_t time_ms, std::int64_t before_ms) {
    const std::uint32_t first = header_ & ~std::uint32_t{kFirstStartKnown};
    if (number == 0) {
      start_ms_ = (header_ & kFirstStartKnown) != 0 ? wrapping_sub(time_ms, in.varint()) : 0;
    } else if (first != 0 && number >= first) {
      distance_ms_ = wrapping_add(number == first ? 0 : distance_ms_, read_varbit(in));
      start_ms_ = wrapping_sub(before_ms, distance_ms_);
    }
    return start_ms_;
  }

 private:
  std::uint8_t header_ = 0;
  std::int64_t start_ms_ = 0;
  std::int64_t distance_ms_ = 0;
};

}  // namespace promfill
