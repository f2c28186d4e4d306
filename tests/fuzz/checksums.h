// Makes checksums right again in files that a fuzzer has changed: else it would hardly get past them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "encoding/bytes.h"
#include "encoding/crc32c.h"

namespace promfill::fuzz {

inline constexpr std::size_t kChecksumBytes = 4;

/// Big-endian, `width` bytes at `at`, which lie within `bytes`.
inline std::uint64_t number_at(ByteView bytes, std::size_t at, std::size_t width) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < width; ++i) number = number << 8 | bytes[at + i];
  return number;
}

/// Where a uvarint at `at` ends and what it says; nothing where it isn't whole.
struct Uvarint {
  std::uint64_t value = 0;
  std::size_t end = 0;
};
inline std::optional<Uvarint> uvarint_at(ByteView bytes, std::size_t at) {
  Uvarint read;
  for (unsigned shift = 0; at < bytes.size() && shift < 63; shift += 7) {
    const std::uint8_t byte = bytes[at++];
    read.value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    read.end = at;
    if (byte < 0x80) return read;
  }
  return std::nullopt;
}

/// Write the checksum of [begin, end) at `at`. Nothing where that isn't in the file. @return whether it is.
inline bool put_checksum(Bytes& bytes, std::size_t begin, std::size_t end, std::size_t at) {
  if (begin > end || end > bytes.size() || at > bytes.size() || bytes.size() - at < kChecksumBytes) return false;
  const std::uint32_t crc = crc32c(ByteView(bytes).subspan(begin, end - begin));
  for (std::size_t i = 0; i < kChecksumBytes; ++i) bytes[at + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
  return true;
}

}  // namespace promfill::fuzz
