// See bit_writer.h.
#include "encoding/bit_writer.h"

namespace promfill {

void BitWriter::uvarint(std::uint64_t number) {
  std::uint8_t bytes[kVarintBytesMax];
  const std::size_t count = put_uvarint(bytes, number);
  for (std::size_t i = 0; i < count; ++i) put(bytes[i], 8);
}

}  // namespace promfill
