// Big-endian loads and stores at a place that the caller knows to be in bounds; the place needs no alignment.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace promfill {

/// `x` with its bytes in the order of a big-endian machine; its own inverse.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T swap_to_big_endian(T x) {
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) {
    return x;
  } else if constexpr (sizeof(T) == 2) {
    return __builtin_bswap16(x);
  } else if constexpr (sizeof(T) == 4) {
    return __builtin_bswap32(x);
  } else {
    static_assert(sizeof(T) == 8);
    return __builtin_bswap64(x);
  }
}

template <std::unsigned_integral T>
[[nodiscard]] inline T load_big_endian(const std::uint8_t* p) {
  T x = 0;
  std::memcpy(&x, p, sizeof x);
  return swap_to_big_endian(x);
}

template <std::unsigned_integral T>
inline void store_big_endian(std::uint8_t* p, T x) {
  x = swap_to_big_endian(x);
  std::memcpy(p, &x, sizeof x);
}

[[nodiscard]] inline std::uint16_t load_be16(const std::uint8_t* p) { return load_big_endian<std::uint16_t>(p); }
[[nodiscard]] inline std::uint32_t load_be32(const std::uint8_t* p) { return load_big_endian<std::uint32_t>(p); }
[[nodiscard]] inline std::uint64_t load_be64(const std::uint8_t* p) { return load_big_endian<std::uint64_t>(p); }
inline void store_be16(std::uint8_t* p, std::uint16_t x) { store_big_endian(p, x); }
inline void store_be32(std::uint8_t* p, std::uint32_t x) { store_big_endian(p, x); }
inline void store_be64(std::uint8_t* p, std::uint64_t x) { store_big_endian(p, x); }

}  // namespace promfill
