// ByteWriter: every number is put into a small array first, so that the buffer grows at most once for it.
#include "encoding/byte_writer.h"

#include <array>
#include <bit>

#include "encoding/varint.h"
#include "promfill/result.h"

namespace promfill {

void ByteWriter::be32(std::uint32_t x) {
  std::array<std::uint8_t, 4> bytes{};
  store_be32(bytes.data(), x);
  raw(bytes);
}

void ByteWriter::be64(std::uint64_t x) {
  std::array<std::uint8_t, 8> bytes{};
  store_be64(bytes.data(), x);
  raw(bytes);
}

void ByteWriter::uvarint(std::uint64_t x) {
  std::array<std::uint8_t, kVarintBytesMax> bytes{};
  raw({bytes.data(), put_uvarint(bytes.data(), x)});
}

void ByteWriter::varint(std::int64_t x) { uvarint(zigzag(x)); }

void ByteWriter::string(std::string_view text) {
  uvarint(text.size());
  raw(as_bytes(text));
}

void ByteWriter::pad_to(std::size_t alignment) {
  PROMFILL_ASSERT(std::has_single_bit(alignment));
  bytes_.resize((bytes_.size() + alignment - 1) & ~(alignment - 1));
}

}  // namespace promfill
