// ByteReader: the reads that are more than one load.
#include "encoding/byte_reader.h"

#include "encoding/varint.h"

namespace promfill {

std::uint64_t ByteReader::uvarint_of_many_bytes() {
  const ByteView rest = bytes_.subspan(position_);
  std::uint64_t x = 0;
  for (std::size_t i = 0; i < rest.size() && i < kVarintBytesMax; ++i) {
    const std::uint8_t byte = rest[i];
    if (i == kVarintBytesMax - 1 && byte > 1) break;  // 9 × 7 bits lie below: one bit of 64 is left
    x |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    if (byte == 0 && i > 0) break;  // longer than it needs to be
    position_ += i + 1;
    return x;
  }
  fail();
  return 0;
}

std::int64_t ByteReader::varint() { return unzigzag(uvarint()); }

ByteView ByteReader::raw(std::size_t size) {
  if (size > remaining()) {
    fail();
    return {};
  }
  const ByteView bytes = bytes_.subspan(position_, size);
  position_ += size;
  return bytes;
}

std::string_view ByteReader::string() {
  const std::size_t start = position_;
  const std::uint64_t size = uvarint();
  if (size > remaining()) {
    position_ = start;
    fail();
    return {};
  }
  return as_text(raw(static_cast<std::size_t>(size)));
}

}  // namespace promfill
