// tombstones: the deletions of a block; ours have none, which is still a file of 9 bytes.
// Bytes: 01 30 BA 30 | 01 | entries | CRC32C(entries); entry: uvarint series, varint mint, varint maxt.
// Source: tsdb/tombstones/tombstones.go.
#pragma once

#include <cstdint>
#include <string_view>

#include "encoding/bytes.h"
#include "promfill/result.h"

namespace promfill {

inline constexpr std::string_view kTombstonesFile = "tombstones";
inline constexpr std::uint64_t kTombstonesBytesMax = 1ULL << 30;

[[nodiscard]] Bytes encode_empty_tombstones();
/// Number of entries. @error kCorrupt  magic, format, checksum, malformed entry.
Result<std::uint64_t> count_tombstones(ByteView file);

}  // namespace promfill
