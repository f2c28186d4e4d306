// Segment walk and plan; see segment_walk.h. Bytes: docs/format/chunks.md.
#include "block/segment_walk.h"

#include <algorithm>
#include <array>

#include "block/block_reader.h"
#include "chunk/segment_writer.h"
#include "encoding/byte_reader.h"
#include "encoding/byte_writer.h"
#include "encoding/crc32c.h"
#include "encoding/varint.h"
#include "promfill/labels.h"

namespace promfill {
namespace {

constexpr std::array<std::uint8_t, kSegmentHeaderBytes> kHeader{0x85, 0xBD, 0x40, 0xDD, 1, 0, 0, 0};
constexpr std::size_t kWindowBytes = 1 << 20;
constexpr std::size_t kLengthBytesMax = 5;  // a uvarint of 32 bits
constexpr std::size_t kEncodingBytes = 1;
constexpr std::size_t kCrcBytes = 4;

std::string segment_name(std::size_t segment) {
  std::string number = std::to_string(segment + 1);
  return number.size() < 6 ? std::string(6 - number.size(), '0') + number : number;
}

}  // namespace

std::string place_text(ChunkRef ref) {
  return join_path(kChunksDirectory, segment_name(ref.segment())) + " at " + std::to_string(ref.offset());
}

SegmentWalk::SegmentWalk(FileSystem& fs, std::string directory, Findings& findings)
    : fs_(fs), directory_(std::move(directory)), findings_(findings) {
  const auto entries = fs.list(directory_);
  if (!entries) {
    findings.problem(entries.error().text());
    return;
  }
  for (const DirectoryEntry& entry : *entries) {
    if (entry.kind != FileKind::kFile || entry.name != segment_name(names_.size())) {
      findings.problem("chunks: there is " + quote_label_value(entry.name) + " where segment " +
                       segment_name(names_.size()) + " should be; it and what follows was not checked");
      return;
    }
    names_.push_back(entry.name);
  }
}

std::optional<WalkedRecord> SegmentWalk::next() {
  while (file_ != nullptr || segment_ < names_.size()) {
    if (file_ == nullptr && !open_next()) continue;
    if (position_ == file_->size()) {
      file_.reset();
      continue;
    }
    const ChunkRef ref = ChunkRef::at(static_cast<std::uint32_t>(segment_ - 1), static_cast<std::uint32_t>(position_));
    ByteReader head(window(position_, kLengthBytesMax));
    const std::uint64_t length = head.uvarint();
    const std::uint64_t rest = file_->size() - position_;
    if (!head.ok() || head.position() + kEncodingBytes + kCrcBytes > rest ||
        length > rest - head.position() - kEncodingBytes - kCrcBytes) {
      skip_segment(place_text(ref) + ": a record with an unusable length; the rest of the segment was not checked");
      continue;
    }
    const std::size_t summed_bytes = kEncodingBytes + static_cast<std::size_t>(length);
    const ByteView record = window(position_ + head.position(), summed_bytes + kCrcBytes);
    if (record.size() < summed_bytes + kCrcBytes) {
      skip_segment(place_text(ref) + ": the segment can't be read to its end");
      continue;
    }
    const ByteView summed = record.first(summed_bytes);
    if (crc32c(summed) != load_be32(record.data() + summed_bytes)) {
      findings_.problem(place_text(ref) + ": the checksum of the record does not match");
    }
    position_ += head.position() + record.size();
    return WalkedRecord{ref, summed[0], summed.subspan(kEncodingBytes)};
  }
  return std::nullopt;
}

bool SegmentWalk::open_next() {
  const std::string path = join_path(directory_, names_[segment_]);
  ++segment_;
  auto file = fs_.open(path);
  if (!file) {
    findings_.problem(file.error().text());
    return false;
  }
  file_ = *std::move(file);
  buffer_.clear();
  buffer_offset_ = 0;
  position_ = kSegmentHeaderBytes;
  if (!std::ranges::equal(window(0, kSegmentHeaderBytes), kHeader)) {
    skip_segment("chunks/" + names_[segment_ - 1] + ": bad header; the segment was not checked");
    return false;
  }
  if (file_->size() > 0xffffffff) {  // an offset of a reference has 32 bits
    skip_segment("chunks/" + names_[segment_ - 1] + ": larger than 4 GiB; the segment was not checked");
    return false;
  }
  return true;
}

ByteView SegmentWalk::window(std::uint64_t offset, std::size_t size) {
  if (offset < buffer_offset_ || offset + size > buffer_offset_ + buffer_.size()) {
    const std::uint64_t left = file_->size() - std::min(offset, file_->size());
    buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, std::max(size, kWindowBytes))));
    buffer_offset_ = offset;
    const auto got = file_->read_at(offset, buffer_);
    if (!got) findings_.problem(got.error().text());
    buffer_.resize(got ? *got : 0);
  }
  const auto start = static_cast<std::size_t>(offset - buffer_offset_);
  return ByteView(buffer_).subspan(start, std::min(size, buffer_.size() - start));
}

void SegmentWalk::skip_segment(const std::string& problem) {
  findings_.problem(problem);
  file_.reset();
}

std::span<const ChunkRef> SegmentPlan::place(std::span<const std::uint64_t> data_bytes) {
  constexpr std::uint64_t kReckonedOverhead = kLengthBytesMax + kEncodingBytes + kCrcBytes;
  const std::uint64_t start = position_;  // the rule does not look at where the series' own chunks bring it
  bool joins_segment = start > kSegmentHeaderBytes;
  std::uint64_t batch = 0;
  if (position_ == 0) position_ = kSegmentHeaderBytes;
  refs_.clear();
  for (const std::uint64_t bytes : data_bytes) {
    const std::uint64_t reckoned = bytes + kReckonedOverhead;
    batch += reckoned;
    bool cut = !refs_.empty() && batch + kSegmentHeaderBytes > segment_bytes_max_;
    if (joins_segment) {
      cut = batch + start > segment_bytes_max_;
      joins_segment = !cut;
    }
    if (cut) {
      ++segment_;
      position_ = kSegmentHeaderBytes;
      batch = reckoned;
    }
    refs_.push_back(ChunkRef::at(segment_, static_cast<std::uint32_t>(position_)));
    position_ += uvarint_size(bytes) + kEncodingBytes + bytes + kCrcBytes;
  }
  return refs_;
}

}  // namespace promfill
