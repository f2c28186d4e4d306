// Tombstones file; see tombstones.h for its bytes.
#include "block/tombstones.h"

#include <string>

#include "encoding/byte_reader.h"
#include "encoding/byte_writer.h"
#include "encoding/crc32c.h"

namespace promfill {
namespace {

constexpr std::uint32_t kMagic = 0x0130BA30;
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kHeaderBytes = 4 + 1;
constexpr std::size_t kCrcBytes = 4;

Error corrupt(std::string problem, std::size_t offset) {
  return {ErrorCode::kCorrupt, "read tombstones: " + std::move(problem), "byte " + std::to_string(offset), ""};
}

}  // namespace

Bytes encode_empty_tombstones() {
  ByteWriter out;
  out.be32(kMagic);
  out.u8(kFormat);
  out.be32(crc32c({}));
  return std::move(out).take();
}

Result<std::uint64_t> count_tombstones(ByteView file) {
  if (file.size() < kHeaderBytes + kCrcBytes)
    return corrupt("the file has only " + std::to_string(file.size()) + " bytes", 0);
  ByteReader header(file);
  if (header.be32() != kMagic) return corrupt("wrong magic number", 0);
  if (const auto format = header.u8(); format != kFormat)
    return corrupt("format " + std::to_string(format) + " is not known", 4);
  const ByteView entries = file.subspan(kHeaderBytes, file.size() - kHeaderBytes - kCrcBytes);
  ByteReader footer(file.last(kCrcBytes));
  if (footer.be32() != crc32c(entries)) return corrupt("the checksum does not match", file.size() - kCrcBytes);
  ByteReader reader(entries);
  std::uint64_t count = 0;
  while (!reader.at_end()) {
    const std::size_t start = kHeaderBytes + reader.position();
    reader.uvarint();  // series
    const std::int64_t mint = reader.varint();
    const std::int64_t maxt = reader.varint();
    if (!reader.ok()) return corrupt("malformed entry", start);
    if (mint > maxt) return corrupt("an entry ends before it begins", start);
    ++count;
  }
  return count;
}

}  // namespace promfill
