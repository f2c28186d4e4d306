// One stream of XORed values among others, as sums and float buckets of histogram chunks are.
// Bytes: docs/format/chunks.md; source: tsdb/chunkenc/xor.go (xorWrite, xorRead).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "encoding/bit_reader.h"
#include "encoding/bit_writer.h"

namespace promfill {

/// The last value's bits and the window that values are written through, of writer and reader alike.
struct XoredValue {
  std::uint64_t value_bits = 0;
  std::uint8_t leading = kNoWindow;
  std::uint8_t trailing = 0;

  /// Greater than any count of leading zeros (which are clamped to 31): no value fits a window that isn't there.
  static constexpr std::uint8_t kNoWindow = 64;

  void write(BitWriter& out, std::uint64_t bits) {
    const std::uint64_t x = bits ^ value_bits;
    value_bits = bits;
    if (x == 0) {
      out.bits(0, 1);
      return;
    }
    const unsigned zeros_left = std::min(static_cast<unsigned>(std::countl_zero(x)), 31U);
    const unsigned zeros_right = static_cast<unsigned>(std::countr_zero(x));
    if (zeros_left >= leading && zeros_right >= trailing) {
      out.bits(0b10, 2);
      out.bits(x >> trailing, 64U - leading - trailing);
      return;
    }
    leading = static_cast<std::uint8_t>(zeros_left);
    trailing = static_cast<std::uint8_t>(zeros_right);
    const unsigned window = 64 - zeros_left - zeros_right;
    out.bits((std::uint64_t{0b11} << 11) | (std::uint64_t{zeros_left} << 6) | (window & 63), 2 + 5 + 6);
    out.bits(x >> trailing, window);
  }

  /// False at a code that no writer writes.
  [[nodiscard]] bool read(BitReader& in) {
    if (!in.bit()) return true;
    if (in.bit()) {
      const auto zeros_left = static_cast<unsigned>(in.bits(5));
      unsigned window = static_cast<unsigned>(in.bits(6));
      if (window == 0) window = 64;
      if (zeros_left + window > 64) return false;
      leading = static_cast<std::uint8_t>(zeros_left);
      trailing = static_cast<std::uint8_t>(64 - zeros_left - window);
    } else if (leading == kNoWindow) {
      return false;
    }
    value_bits ^= in.bits(64U - leading - trailing) << trailing;
    return true;
  }
};

}  // namespace promfill
