// LEB128 as Go's encoding/binary writes it: uvarint is 7 bits a byte, low first, minimal length; varint is zigzag, then
// uvarint.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace promfill {

inline constexpr std::size_t kVarintBytesMax = 10;

/// Write `x` to `out`, which has room for kVarintBytesMax bytes; return how many were written.
inline std::size_t put_uvarint(std::uint8_t* out, std::uint64_t x) {
  std::size_t n = 0;
  while (x >= 0x80) {
    out[n++] = static_cast<std::uint8_t>(x | 0x80);
    x >>= 7;
  }
  out[n++] = static_cast<std::uint8_t>(x);
  return n;
}

constexpr std::uint64_t zigzag(std::int64_t x) {
  return (static_cast<std::uint64_t>(x) << 1) ^ static_cast<std::uint64_t>(x >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t x) { return static_cast<std::int64_t>((x >> 1) ^ (~(x & 1) + 1)); }

inline std::size_t put_varint(std::uint8_t* out, std::int64_t x) { return put_uvarint(out, zigzag(x)); }

/// Bytes that put_uvarint would write.
constexpr std::size_t uvarint_size(std::uint64_t x) {
  return x == 0 ? 1 : (static_cast<std::size_t>(std::bit_width(x)) + 6) / 7;
}

}  // namespace promfill
