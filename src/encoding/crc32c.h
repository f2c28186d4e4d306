// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, init and xorout 0xFFFFFFFF): every checksum of a block.
#pragma once

#include <cstdint>

#include "encoding/bytes.h"

namespace promfill {

/// CRC of `bytes` continued from `crc`, the CRC of what came before (0 at the start): extend(extend(0, a), b) =
/// crc32c(ab).
[[nodiscard]] std::uint32_t crc32c_extend(std::uint32_t crc, ByteView bytes);
[[nodiscard]] inline std::uint32_t crc32c(ByteView bytes) { return crc32c_extend(0, bytes); }

/// CRC of ab from the CRCs of a and of b, which has `b_bytes` bytes: crc32c_combine(crc32c(a), crc32c(b), |b|) =
/// crc32c(ab). For what is known only after what follows it, such as a count before its elements. Cost: log(b_bytes).
[[nodiscard]] std::uint32_t crc32c_combine(std::uint32_t a, std::uint32_t b, std::uint64_t b_bytes);

/// The table form, for machines without the instruction; the tests hold the two against each other.
[[nodiscard]] std::uint32_t crc32c_extend_table(std::uint32_t crc, ByteView bytes);

}  // namespace promfill
