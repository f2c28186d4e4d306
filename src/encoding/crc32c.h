// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, init and xorout 0xFFFFFFFF): every checksum of a block.
#pragma once

#include <cstdint>

#include "encoding/bytes.h"

namespace promfill {

/// CRC of `bytes` continued from `crc`, the CRC of what came before (0 at the start): extend(extend(0, a), b) =
/// crc32c(ab).
[[nodiscard]] std::uint32_t crc32c_extend(std::uint32_t crc, ByteView bytes);
[[nodiscard]] inline std::uint32_t crc32c(ByteView bytes) { return crc32c_extend(0, bytes); }

/// The table form, for machines without the instruction; the tests hold the two against each other.
[[nodiscard]] std::uint32_t crc32c_extend_table(std::uint32_t crc, ByteView bytes);

}  // namespace promfill
