// CRC-32C with the processor's instruction where the build allows it (SSE 4.2, ARMv8 CRC), eight bytes a step; else by
// eight tables of 256 entries, table k giving what a byte does that has k more bytes after it ("slicing by 8").
// The instruction's latency bounds it at about 8 GB/s a core, far above what writing a block asks for.
#include "encoding/crc32c.h"

#include <array>
#include <cstddef>

#include "encoding/big_endian.h"

#if defined(__SSE4_2__) && defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace promfill {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // 0x1EDC6F41 with its bits reversed
constexpr std::size_t kStepBytes = 8;

using Tables = std::array<std::array<std::uint32_t, 256>, kStepBytes>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < kStepBytes; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

/// Eight bytes with the first in the lowest bits, as a reflected CRC shifts them in.
std::uint64_t load_step(const std::uint8_t* p) {
  const std::uint64_t big_endian = load_be64(p);
  return __builtin_bswap64(big_endian);
}

/// a · b modulo the polynomial, over GF(2). Reflected: the highest bit is the coefficient of x⁰.
constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (; a != 0; a <<= 1) {
    if ((a >> 31) != 0) product ^= b;
    b = (b >> 1) ^ ((b & 1) != 0 ? kPolynomial : 0);  // b · x
  }
  return product;
}

}  // namespace

std::uint32_t crc32c_combine(std::uint32_t a, std::uint32_t b, std::uint64_t b_bytes) {
  std::uint32_t shift = 0x80000000;   // x⁰; becomes x to the power of the bits of b
  std::uint32_t square = 0x00800000;  // x⁸, x¹⁶, x³², …
  for (; b_bytes != 0; b_bytes >>= 1) {
    if ((b_bytes & 1) != 0) shift = multiply(shift, square);
    square = multiply(square, square);
  }
  return multiply(a, shift) ^ b;
}

std::uint32_t crc32c_extend_table(std::uint32_t crc, ByteView bytes) {
  crc = ~crc;
  for (; bytes.size() >= kStepBytes; bytes = bytes.subspan(kStepBytes)) {
    const std::uint64_t x = load_step(bytes.data()) ^ crc;
    crc = 0;
    for (std::size_t i = 0; i < kStepBytes; ++i) crc ^= kTables[kStepBytes - 1 - i][(x >> (8 * i)) & 0xff];
  }
  for (const std::uint8_t byte : bytes) crc = (crc >> 8) ^ kTables[0][(crc ^ byte) & 0xff];
  return ~crc;
}

#if defined(__SSE4_2__) && defined(__x86_64__)

std::uint32_t crc32c_extend(std::uint32_t crc, ByteView bytes) {
  std::uint64_t state = static_cast<std::uint32_t>(~crc);
  for (; bytes.size() >= kStepBytes; bytes = bytes.subspan(kStepBytes)) {
    state = _mm_crc32_u64(state, load_step(bytes.data()));
  }
  auto last = static_cast<std::uint32_t>(state);
  if (bytes.size() >=
      4) {  // bodies of series and lists are short: up to seven single bytes would be most of their cost
    last = _mm_crc32_u32(last, __builtin_bswap32(load_be32(bytes.data())));
    bytes = bytes.subspan(4);
  }
  for (const std::uint8_t byte : bytes) last = _mm_crc32_u8(last, byte);
  return ~last;
}

#elif defined(__ARM_FEATURE_CRC32)

std::uint32_t crc32c_extend(std::uint32_t crc, ByteView bytes) {
  crc = ~crc;
  for (; bytes.size() >= kStepBytes; bytes = bytes.subspan(kStepBytes)) crc = __crc32cd(crc, load_step(bytes.data()));
  for (const std::uint8_t byte : bytes) crc = __crc32cb(crc, byte);
  return ~crc;
}

#else

std::uint32_t crc32c_extend(std::uint32_t crc, ByteView bytes) { return crc32c_extend_table(crc, bytes); }

#endif

}  // namespace promfill
