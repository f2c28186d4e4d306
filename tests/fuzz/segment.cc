// Segment files of chunks. A record that is read has its checksum, and the next begins behind it. The file is tried as
// it is and with good checksums.
#include "chunk/segment_reader.h"

#include "checksums.h"
#include "chunk/segment_writer.h"
#include "chunk/xor_chunk.h"
#include "files_in_memory.h"
#include "target.h"

namespace promfill {
namespace {

using namespace fuzz;

/// Make the checksum of each record right, from the first on, as far as lengths go: uvarint length | encoding | data |
/// CRC.
Bytes with_checksums(Bytes bytes) {
  for (std::size_t at = kSegmentHeaderBytes; at < bytes.size();) {
    const auto length = uvarint_at(bytes, at);
    if (!length || length->value >= bytes.size() - length->end) break;
    const std::size_t end = length->end + 1 + static_cast<std::size_t>(length->value);
    if (!put_checksum(bytes, length->end, end, end)) break;
    at = end + kChecksumBytes;
  }
  return bytes;
}

/// @return the records read.
std::size_t read_all(Bytes bytes) {
  FilesInMemory files({{"chunks/000001", std::move(bytes)}});
  const auto reader = SegmentReader::open(files, "chunks");
  if (!reader) return 0;
  FUZZ_EXPECT(reader->segment_count() == 1);
  std::size_t records = 0;
  std::vector<Sample> samples;
  for (std::uint64_t at = kSegmentHeaderBytes; at < reader->segment_bytes(0);) {
    const auto record = reader->read(ChunkRef{at});
    if (!record) break;
    FUZZ_EXPECT(record->next_offset > at && record->next_offset <= reader->segment_bytes(0));
    at = record->next_offset;
    ++records;
    samples.clear();
    if (record->encoding == ChunkEncoding::kXor) (void)decode_xor_chunk(record->data, samples);
    (void)chunk_sample_count(record->encoding, record->data);
  }
  return records;
}

}  // namespace
}  // namespace promfill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const promfill::Bytes bytes(data, data + size);
  const std::size_t as_it_is = promfill::read_all(bytes);
  FUZZ_EXPECT(promfill::read_all(promfill::with_checksums(bytes)) >= as_it_is);
  return 0;
}
