// Segment writer; see segment_writer.h. The cut rule looks odd because it repeats what WriteChunks reckons: a batch per
// series, each record with a length field of 5 bytes, and a write position that is only read when a series begins.
#include "chunk/segment_writer.h"

#include <array>
#include <cstdio>

#include "encoding/byte_writer.h"
#include "encoding/crc32c.h"
#include "encoding/varint.h"

namespace promfill {
namespace {

constexpr std::array<std::uint8_t, kSegmentHeaderBytes> kSegmentHeader{0x85, 0xBD, 0x40, 0xDD, 1, 0, 0, 0};
constexpr std::uint64_t kRecordOverheadReckoned = 5 + 1 + 4;  // length, encoding, CRC
constexpr std::uint32_t kSegmentsMax = 999'999;               // six digits: names must sort as they count

std::string segment_file_name(std::uint32_t segment) {
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "%06u", segment + 1);
  return name.data();
}

}  // namespace

SegmentWriter::SegmentWriter(FileSystem& fs, std::string directory, std::uint64_t segment_bytes_max)
    : fs_(&fs), directory_(std::move(directory)), segment_bytes_max_(segment_bytes_max) {}

Status SegmentWriter::cut() {
  if (file_) {
    bytes_closed_ += file_->position();
    PROMFILL_TRY_STATUS(std::move(*file_).finish());
    file_.reset();
  }
  if (segments_ == kSegmentsMax) {
    return Error{ErrorCode::kLimit, "a block can't have more than 999999 segments", directory_, "use shorter blocks"};
  }
  PROMFILL_TRY(file_, FileWriter::create(*fs_, join_path(directory_, segment_file_name(segments_))));
  ++segments_;
  return file_->append(kSegmentHeader);
}

Status SegmentWriter::write_record(const ChunkView& chunk, ChunkMeta& meta) {
  const std::uint64_t offset = file_->position();
  if (offset > 0xffffffff) {  // only a chunk beyond any segment limit gets here
    return Error{ErrorCode::kLimit, "segment offset exceeds 32 bits", directory_, ""};
  }
  meta = {ChunkRef::at(segments_ - 1, static_cast<std::uint32_t>(offset)), chunk.mint, chunk.maxt};
  std::array<std::uint8_t, kVarintBytesMax + 1> head;
  const std::size_t length_bytes = put_uvarint(head.data(), chunk.data.size());
  head[length_bytes] = static_cast<std::uint8_t>(chunk.encoding);
  std::array<std::uint8_t, 4> crc;
  store_be32(crc.data(), crc32c_extend(crc32c(ByteView(head).subspan(length_bytes, 1)), chunk.data));
  PROMFILL_TRY_STATUS(file_->append(ByteView(head).first(length_bytes + 1)));
  PROMFILL_TRY_STATUS(file_->append(chunk.data));
  return file_->append(crc);
}

Status SegmentWriter::write_series(std::span<const ChunkView> chunks, std::vector<ChunkMeta>& metas) {
  PROMFILL_ASSERT(!chunks.empty());
  const std::uint64_t position = file_ ? file_->position() : 0;
  std::uint64_t batch = 0;
  bool first_batch = position > kSegmentHeaderBytes;
  if (!file_) PROMFILL_TRY_STATUS(cut());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const std::uint64_t reckoned = kRecordOverheadReckoned + chunks[i].data.size();
    batch += reckoned;
    bool full = i > 0 && batch + kSegmentHeaderBytes > segment_bytes_max_;
    if (first_batch) {
      full = batch + position > segment_bytes_max_;
      first_batch = !full;
    }
    if (full) {
      PROMFILL_TRY_STATUS(cut());
      batch = reckoned;
    }
    PROMFILL_TRY_STATUS(write_record(chunks[i], metas.emplace_back()));
  }
  return {};
}

Status SegmentWriter::finish() && {
  if (file_) {
    bytes_closed_ += file_->position();
    PROMFILL_TRY_STATUS(std::move(*file_).finish());
    file_.reset();
  }
  return fs_->sync_directory(directory_);
}

}  // namespace promfill
