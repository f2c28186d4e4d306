// Integers of histogram chunks and start times: a prefix in unary says how many bits follow.
// Bytes: docs/format/chunks.md; source: tsdb/chunkenc/varbit.go.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "encoding/bit_reader.h"
#include "encoding/bit_writer.h"

namespace promfill {

/// Sizes of what follows 0, 1, 2, … ones and a zero; after eight ones there is no zero.
inline constexpr std::array<unsigned, 9> kVarbitSizes{0, 3, 6, 9, 12, 18, 25, 56, 64};

namespace varbit_detail {

/// The class for a number that needs `bits` bits: the first that holds them. A table, since which class comes next is
/// what the data does not tell.
inline constexpr auto kClassOfBits = [] {
  std::array<std::uint8_t, 65> classes{};
  for (std::size_t bits = 0; bits <= 64; ++bits) {
    std::uint8_t found = 0;
    while (kVarbitSizes[found] < bits) ++found;
    classes[bits] = found;
  }
  return classes;
}();

}  // namespace varbit_detail

/// A number as prefix and bits.
struct Varbit {
  std::uint64_t prefix = 0;
  unsigned prefix_bits = 1;
  std::uint64_t bits = 0;
  unsigned size = 0;
};

namespace varbit_detail {

constexpr Varbit code_of(std::uint64_t number, unsigned found) {
  const unsigned size = kVarbitSizes[found];
  if (found == 8) [[unlikely]]
    return {0xff, 8, number, 64};
  // `found` ones and a zero
  return {(std::uint64_t{1} << (found + 1)) - 2, found + 1, size == 0 ? 0 : number & (~std::uint64_t{0} >> (64 - size)),
          size};
}

inline void put(BitWriter& out, const Varbit& code) {
  if (code.size > 25) [[unlikely]] {
    out.bits(code.prefix, code.prefix_bits);
    out.bits(code.bits, code.size);
    return;
  }
  out.bits((code.prefix << code.size) | code.bits, code.prefix_bits + code.size);
}

}  // namespace varbit_detail

/// n bits hold -(2^(n-1)-1) … 2^(n-1).
inline Varbit varbit_of(std::int64_t number) {
  if (number == 0) return {};
  // Both ends of a class's range have the same size below 2^(n-1) after this: 2^(n-1) becomes 2^(n-1) - 1, and
  // -(2^(n-1)-1) becomes, inverted, the same.
  const std::int64_t below = static_cast<std::int64_t>(static_cast<std::uint64_t>(number) - 1);
  const auto magnitude = static_cast<std::uint64_t>(below ^ (below >> 63));
  const unsigned bits = static_cast<unsigned>(std::bit_width(magnitude)) + 1;
  return varbit_detail::code_of(static_cast<std::uint64_t>(number), varbit_detail::kClassOfBits[bits]);
}

/// Prefix and number as one code.
struct ShortVarbit {
  std::uint64_t bits = 0;
  unsigned count = 0;  ///< 0: longer than 33 bits
};

namespace varbit_detail {

/// By the bits of a positive number less 1: the prefix, shifted to where it stands before the number.
inline constexpr auto kShortCodes = [] {
  std::array<ShortVarbit, 65> codes{};
  for (unsigned bits = 0; kVarbitSizes[kClassOfBits[bits + 1]] <= 25; ++bits) {
    const Varbit varbit = code_of(0, kClassOfBits[bits + 1]);
    codes[bits] = {varbit.prefix << varbit.size, varbit.prefix_bits + varbit.size};
  }
  return codes;
}();

}  // namespace varbit_detail

/// varbit_of() a number greater than 0 in a third of the instructions: no sign, and nothing above it to be masked.
inline ShortVarbit short_varbit_of(std::uint64_t number) {
  const ShortVarbit& code = varbit_detail::kShortCodes[static_cast<std::size_t>(std::bit_width((number - 1) | 1))];
  return {code.bits | number, code.count};
}

inline void put_varbit(BitWriter& out, std::int64_t number) { varbit_detail::put(out, varbit_of(number)); }

/// n bits hold 0 … 2^n - 1.
inline void put_uvarbit(BitWriter& out, std::uint64_t number) {
  const auto bits = static_cast<unsigned>(std::bit_width(number));
  varbit_detail::put(out, varbit_detail::code_of(number, varbit_detail::kClassOfBits[bits]));
}

/// The raw bits after the prefix, and how many; a failed reader gives zeros.
inline std::uint64_t read_varbit_class(BitReader& in, unsigned& size) {
  unsigned ones = 0;
  while (ones < 8 && in.bit()) ++ones;
  size = kVarbitSizes[ones];
  return in.bits(size);
}

inline std::int64_t read_varbit(BitReader& in) {
  unsigned size = 0;
  std::uint64_t number = read_varbit_class(in, size);
  // The upper half but its lowest value is negative: 2^(n-1) itself stands for +2^(n-1).
  if (size > 0 && size < 64 && number > (std::uint64_t{1} << (size - 1))) number -= std::uint64_t{1} << size;
  return static_cast<std::int64_t>(number);
}

inline std::uint64_t read_uvarbit(BitReader& in) {
  unsigned size = 0;
  return read_varbit_class(in, size);
}

}  // namespace promfill
