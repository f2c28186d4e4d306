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
    if (bits == value_bits) {
      out.bits(0, 1);
      return;
    }
    out.bits(1, 1);
    write_change(out, bits);
  }
  /// A value other than the last: 0 and what fits the window, or a code, mostly 1, and a new one.
  void write_change(BitWriter& out, std::uint64_t bits, std::uint64_t new_window = 1, unsigned new_window_bits = 1) {
    const std::uint64_t x = bits ^ value_bits;
    value_bits = bits;
    const unsigned zeros_left = std::min(static_cast<unsigned>(std::countl_zero(x)), 31U);
    const unsigned zeros_right = static_cast<unsigned>(std::countr_zero(x));
    if (zeros_left >= leading && zeros_right >= trailing) {
      out.bits(0, 1);
      out.bits(x >> trailing, 64U - leading - trailing);
      return;
    }
    leading = static_cast<std::uint8_t>(zeros_left);
    trailing = static_cast<std::uint8_t>(zeros_right);
    const unsigned window = 64 - zeros_left - zeros_right;
    out.bits((new_window << 11) | (std::uint64_t{zeros_left} << 6) | (window & 63), new_window_bits + 5 + 6);
    out.bits(x >> trailing, window);
  }

  /// These are false at a code that no writer writes.
  [[nodiscard]] bool read(BitReader& in) { return !in.bit() || read_change(in); }
  [[nodiscard]] bool read_change(BitReader& in) { return in.bit() ? read_new_window(in) : read_through_window(in); }
  [[nodiscard]] bool read_new_window(BitReader& in) {
    const auto zeros_left = static_cast<unsigned>(in.bits(5));
    unsigned window = static_cast<unsigned>(in.bits(6));
    if (window == 0) window = 64;
    if (zeros_left + window > 64) return false;
    leading = static_cast<std::uint8_t>(zeros_left);
    trailing = static_cast<std::uint8_t>(64 - zeros_left - window);
    return read_through_window(in);
  }
  [[nodiscard]] bool read_through_window(BitReader& in) {
    if (leading == kNoWindow) return false;
    value_bits ^= in.bits(64U - leading - trailing) << trailing;
    return true;
  }
};

}  // namespace promfill
