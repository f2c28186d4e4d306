// Postings; see postings.h.
#include "section/postings.h"

#include <algorithm>
#include <functional>

#include "encoding/byte_reader.h"
#include "encoding/crc32c.h"

namespace promfill {
namespace {

constexpr std::string_view kSection = "postings";

}  // namespace

PostingsWriter::PostingsWriter(IndexFile& file, PostingsTable& table, ScratchFile& scratch)
    : file_(&file),
      table_(&table),
      scratch_(&scratch),
      buffer_(kBufferBytes + kHeadBytes),
      out_(buffer_.data()),
      full_(buffer_.data() + kBufferBytes),
      unsummed_(out_) {
  PROMFILL_ASSERT(file.position() % kPostingsAlignment == 0);
}

Status PostingsWriter::begin(SymbolPair label, std::uint64_t count) {
  const std::uint64_t content_bytes = postings_list_bytes(count) - 8;
  PROMFILL_TRY_STATUS(file_->check_section(content_bytes, "write postings: a list"));
  if (out_ >= full_) PROMFILL_TRY_STATUS(flush());
  table_->add({label, count}, *scratch_);
  end_position_ = position() + postings_list_bytes(count);
  store_be32(out_, static_cast<std::uint32_t>(content_bytes));
  store_be32(out_ + 4, static_cast<std::uint32_t>(count));
  crc_ = 0;
  unsummed_ = out_ + 4;
  out_ += kHeadBytes;
  return {};
}

Status PostingsWriter::end() {
  if (failed_) return *failed_;
  store_be32(out_, crc32c_extend(crc_, {unsummed_, out_}));
  out_ += 4;
  PROMFILL_ASSERT(position() == end_position_);
  return {};
}

Status PostingsWriter::flush() {
  if (failed_) return *failed_;
  const ByteView bytes(buffer_.data(), out_);
  out_ = buffer_.data();
  return file_->append(bytes, "write postings");
}

void PostingsWriter::flush_part() {
  crc_ = crc32c_extend(crc_, {unsummed_, out_});
  if (Status flushed = flush(); !flushed) failed_ = std::move(flushed).error();
  out_ = buffer_.data();
  unsummed_ = out_;
}

Result<std::vector<SeriesRef>> decode_postings_list(ByteView file, std::uint64_t offset, SeriesRef first,
                                                    SeriesRef end) {
  PROMFILL_TRY(const ByteView content, framed_content(file, offset, kSection));
  ByteReader reader(content);
  const std::uint32_t count = reader.be32();
  if (!reader.ok() || reader.remaining() != 4ULL * count) {
    return corrupt_index(kSection, "number of series and length of the list disagree", offset);
  }
  std::vector<SeriesRef> series(count);
  const std::uint8_t* in = content.data() + 4;
  for (SeriesRef& ref : series) {
    ref.value = load_be32(in);
    in += 4;
  }
  if (count == 0) return series;
  if (std::adjacent_find(series.begin(), series.end(), std::greater_equal<>()) != series.end()) {
    return corrupt_index(kSection, "series references don't rise", offset);
  }
  if (series.front() < first || series.back() >= end) {
    return corrupt_index(kSection, "a reference points outside the series section", offset);
  }
  return series;
}

}  // namespace promfill
