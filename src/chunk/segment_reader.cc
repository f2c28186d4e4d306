// Segment reader; see segment_reader.h.
#include "chunk/segment_reader.h"

#include <algorithm>
#include <array>

#include "encoding/byte_reader.h"
#include "encoding/byte_writer.h"
#include "encoding/crc32c.h"
#include "encoding/varint.h"

namespace promfill {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::uint32_t kSegmentMagic = 0x85BD40DD;
constexpr std::size_t kLengthBytesMax = 5;  // a uvarint of 32 bits

Error corrupt(const std::string& where, std::string message) {
  return {ErrorCode::kCorrupt, std::move(message), where, "the block is damaged; restore it from a copy"};
}

bool is_number(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_known(std::uint8_t encoding) { return encoding >= 1 && encoding <= 6; }

}  // namespace

Result<SegmentReader> SegmentReader::open(FileSystem& fs, const std::string& directory) {
  SegmentReader reader;
  PROMFILL_TRY(const std::vector<DirectoryEntry> entries, fs.list(directory));
  for (const DirectoryEntry& entry : entries) {
    if (!is_number(entry.name)) continue;
    Segment segment{entry.name, join_path(directory, entry.name), nullptr};
    PROMFILL_TRY(segment.file, fs.open(segment.path));
    std::array<std::uint8_t, kHeaderBytes> header{};
    PROMFILL_TRY(const std::size_t n, segment.file->read_at(0, header));
    if (n < kHeaderBytes) return corrupt(segment.path, "segment is shorter than its header");
    if (load_be32(header.data()) != kSegmentMagic) return corrupt(segment.path, "segment has a wrong magic number");
    if (header[4] != 1) return corrupt(segment.path, "segment version is " + std::to_string(header[4]) + ", not 1");
    reader.segments_.push_back(std::move(segment));
  }
  return reader;
}

Result<ChunkRecord> SegmentReader::read(ChunkRef ref) const {
  if (ref.segment() >= segments_.size()) {
    return corrupt("", "chunk reference names segment " + std::to_string(ref.segment() + 1) + " of " +
                           std::to_string(segments_.size()));
  }
  const Segment& segment = segments_[ref.segment()];
  const std::uint64_t offset = ref.offset();
  const std::string where = segment.path + " at " + std::to_string(offset);
  // Nearly every record fits the first read; longer ones take a second.
  std::array<std::uint8_t, 1152> first{};
  PROMFILL_TRY(const std::size_t got, segment.file->read_at(offset, first));
  ByteReader head(ByteView(first).first(std::min(got, kLengthBytesMax + 1)));
  const std::uint64_t length = head.uvarint();
  const std::size_t length_bytes = head.position();
  const std::uint8_t encoding = head.u8();
  if (offset < kHeaderBytes || !head.ok()) return corrupt(where, "chunk record is cut short or has a malformed length");
  const std::uint64_t record_bytes = length_bytes + 1 + length + 4;
  if (record_bytes > segment.file->size() - offset)
    return corrupt(where, "chunk record runs past the end of its segment");
  if (!is_known(encoding)) return corrupt(where, "chunk encoding is " + std::to_string(encoding) + ", not 1 to 6");

  Bytes rest;
  ByteView record(first.data(), std::min<std::size_t>(got, record_bytes));
  if (record_bytes > got) {
    rest.resize(record_bytes);
    PROMFILL_TRY(const std::size_t n, segment.file->read_at(offset, rest));
    if (n < record_bytes) return corrupt(where, "segment shrank while it was read");
    record = rest;
  }
  const ByteView summed = record.subspan(length_bytes, 1 + length);
  const std::uint32_t stored = load_be32(record.data() + record_bytes - 4);
  if (crc32c(summed) != stored) return corrupt(where, "chunk checksum does not match");
  const ByteView data = summed.subspan(1);
  return ChunkRecord{static_cast<ChunkEncoding>(encoding), Bytes(data.begin(), data.end()), offset + record_bytes};
}

}  // namespace promfill
