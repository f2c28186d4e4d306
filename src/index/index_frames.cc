// See index_frames.h. Bytes: docs/format/index.md.
#include "index/index_frames.h"

#include <algorithm>
#include <array>
#include <memory>

#include "encoding/byte_reader.h"
#include "encoding/crc32c.h"
#include "section/index_format.h"

namespace promfill {
namespace {

constexpr std::size_t kWindowBytes = 1 << 20;

constexpr std::uint64_t align_up(std::uint64_t position, std::uint64_t alignment) {
  return (position + alignment - 1) & ~(alignment - 1);
}

class FrameCheck {
 public:
  FrameCheck(std::unique_ptr<ReadableFile> file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Result<std::uint64_t> run() {
    const std::uint64_t size = file_->size();
    if (size < kIndexHeaderBytes + kTocBytes) return corrupt("header", "the file is too short for an index", 0);
    PROMFILL_TRY(const ByteView header, window(0, kIndexHeaderBytes));
    if (load_be32(header.data()) != kIndexMagic) return corrupt("header", "wrong magic number", 0);
    if (header[sizeof(kIndexMagic)] != kIndexVersion) return corrupt("header", "not format version 2", 0);
    PROMFILL_TRY(const ByteView last, window(size - kTocBytes, kTocBytes));
    auto toc = parse_toc(last);
    if (!toc) return corrupt("table of contents", "checksum doesn't match", size - kTocBytes);
    if (toc->symbols > toc->series || toc->series > toc->postings || toc->postings > toc->postings_table ||
        toc->postings_table > size - kTocBytes) {
      return corrupt("table of contents", "its sections are not in order", size - kTocBytes);
    }
    PROMFILL_TRY(std::uint64_t at, frame("symbols", toc->symbols));
    if (at != toc->series) return corrupt("symbols", "they don't end where series begin", at);
    PROMFILL_TRY(const std::uint64_t series, series_until(toc->series, toc->postings));
    at = align_up(toc->postings, kPostingsAlignment);
    PROMFILL_TRY_STATUS(padding("postings", toc->postings, at));
    while (at < toc->postings_table) {
      PROMFILL_TRY(at, frame("postings", at));
    }
    if (at != toc->postings_table) return corrupt("postings", "they don't end where their table begins", at);
    PROMFILL_TRY(at, frame("postings offset table", at));
    if (at != size - kTocBytes) return corrupt("postings offset table", "it doesn't end the file", at);
    return series;
  }

 private:
  Result<std::uint64_t> series_until(std::uint64_t begin, std::uint64_t end) {
    std::uint64_t series = 0;
    for (std::uint64_t after = begin; after != end; ++series) {
      const std::uint64_t at = align_up(after, kSeriesAlignment);
      if (at >= end) return corrupt("series", "they don't end where postings begin", after);
      PROMFILL_TRY_STATUS(padding("series", after, at));
      PROMFILL_TRY(const ByteView head, window(at, kVarintBytes));
      ByteReader reader(head);
      const std::uint64_t bytes = reader.uvarint();
      if (!reader.ok() || bytes > end - at) return corrupt("series", "its length is not possible", at);
      PROMFILL_TRY(after, checked("series", at + reader.position(), bytes));
      if (after > end) return corrupt("series", "it passes the end of the series", at);
    }
    return series;
  }

  /// Nothing but zeros from `begin` to `end`, which is less than an alignment.
  Status padding(std::string_view section, std::uint64_t begin, std::uint64_t end) {
    PROMFILL_TRY(const ByteView bytes, window(begin, end - begin));
    const bool zeros = std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
    if (zeros && bytes.size() == end - begin) return {};
    return corrupt(section, "what stands before it for the sake of alignment is not zero", begin);
  }

  /// BE32 length | content | BE32 CRC of the content. @return its end.
  Result<std::uint64_t> frame(std::string_view section, std::uint64_t at) {
    PROMFILL_TRY(const ByteView head, window(at, 4));
    if (head.size() < 4) return corrupt(section, "it passes the end of the file", at);
    return checked(section, at + 4, load_be32(head.data()));
  }

  Result<std::uint64_t> checked(std::string_view section, std::uint64_t begin, std::uint64_t bytes) {
    std::uint32_t crc = 0;
    std::uint64_t at = begin;
    const std::uint64_t end = begin + bytes;
    if (end + 4 > file_->size()) return corrupt(section, "it passes the end of the file", begin);
    while (at < end) {
      PROMFILL_TRY(const ByteView part, window(at, std::min<std::uint64_t>(end - at, kWindowBytes)));
      if (part.empty()) return corrupt(section, "it passes the end of the file", at);
      crc = crc32c_extend(crc, part);
      at += part.size();
    }
    PROMFILL_TRY(const ByteView stored, window(end, 4));
    if (stored.size() < 4 || load_be32(stored.data()) != crc) return corrupt(section, "checksum doesn't match", begin);
    return end + 4;
  }

  /// Up to `bytes` bytes at `offset`, fewer at the end of the file; borrowed until the next call.
  Result<ByteView> window(std::uint64_t offset, std::uint64_t bytes) {
    if (offset < begin_ || offset + bytes > begin_ + buffer_.size()) {
      buffer_.resize(std::min<std::uint64_t>(kWindowBytes, file_->size() - std::min(offset, file_->size())));
      PROMFILL_TRY(const std::size_t read, file_->read_at(offset, buffer_));
      buffer_.resize(read);
      begin_ = offset;
    }
    const std::uint64_t from = offset - begin_;
    return ByteView(buffer_).subspan(from, std::min<std::uint64_t>(bytes, buffer_.size() - from));
  }

  [[nodiscard]] Error corrupt(std::string_view section, std::string_view problem, std::uint64_t offset) const {
    Error error = corrupt_index(section, problem, offset);
    error.where = path_ + ", " + error.where;
    return error;
  }

  static constexpr std::uint64_t kVarintBytes = 10;
  std::unique_ptr<ReadableFile> file_;
  std::string path_;
  Bytes buffer_;
  std::uint64_t begin_ = 0;  // of the buffer in the file
};

}  // namespace

Result<std::uint64_t> check_index_frames(FileSystem& fs, const std::string& path) {
  PROMFILL_TRY(std::unique_ptr<ReadableFile> file, fs.open(path));
  return FrameCheck(std::move(file), path).run();
}

}  // namespace promfill
