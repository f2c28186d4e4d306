// BitReader: the reads that need more than one window of the input.
#include "encoding/bit_reader.h"

#include <algorithm>
#include <array>

#include "encoding/byte_reader.h"
#include "encoding/varint.h"

namespace promfill {

std::uint64_t BitReader::last_bytes(std::uint64_t first_byte, unsigned skip) const {
  std::array<std::uint8_t, 9> padded{};
  std::ranges::copy(bytes_.subspan(first_byte), padded.begin());
  return nine_bytes(padded.data(), skip);
}

std::uint64_t BitReader::uvarint() {
  const std::uint64_t start = position_;
  std::array<std::uint8_t, kVarintBytesMax> bytes{};
  std::size_t size = 0;
  do {
    bytes[size] = static_cast<std::uint8_t>(bits(8));
  } while (bytes[size++] >= 0x80 && size < kVarintBytesMax);
  ByteReader reader({bytes.data(), size});
  const std::uint64_t x = reader.uvarint();
  if (ok_ && reader.ok()) return x;
  position_ = start;
  fail();
  return 0;
}

std::int64_t BitReader::varint() { return unzigzag(uvarint()); }

}  // namespace promfill
