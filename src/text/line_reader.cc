#include "text/line_reader.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace promfill {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;
constexpr std::size_t kBlockBytesMin = 64 << 10;  // behind a part's end: the rest of its last line

}  // namespace

Status LineReader::skip_begun_line() {
  --offset_;
  while (true) {
    const std::size_t at = text().find('\n');
    if (at != std::string_view::npos) {
      take(at + 1);
      return {};
    }
    take(text().size());
    if (at_end_of_text_) return {};
    PROMFILL_TRY_STATUS(fill());
  }
}

Result<std::string_view> LineReader::lines() {
  while (true) {
    const std::size_t whole = whole_bytes();
    if (whole > 0 || at_end_of_part()) return text().substr(0, whole);
    PROMFILL_TRY_STATUS(grow());
  }
}

Result<bool> LineReader::read_on() {
  if (at_end_of_text_ || past_end()) return false;
  PROMFILL_TRY_STATUS(grow());
  return true;
}

std::size_t LineReader::whole_bytes() const {
  if (offset_ >= end_) return 0;
  if (past_end()) {  // the last line is the one that has the byte before the end
    const std::size_t line_break = text().find('\n', static_cast<std::size_t>(end_ - 1 - offset_));
    if (line_break != std::string_view::npos) return line_break + 1;
    return at_end_of_text_ ? text().size() : 0;
  }
  if (at_end_of_text_) return text().size();
  const std::size_t last = text().rfind('\n');
  return last == std::string_view::npos ? 0 : last + 1;
}

Status LineReader::grow() {
  if (text().size() <= kLineBytesMax) return fill();
  return Error{ErrorCode::kLimit, "a line is longer than " + std::to_string(kLineBytesMax >> 20) + " MiB",
               name_ + ", at byte " + std::to_string(offset_), "look for a quote that is not closed"};
}

Status LineReader::fill() {
  const std::size_t kept = text().size();
  if (kept > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
  begin_ = 0;
  const std::uint64_t next = offset_ + kept;
  const std::uint64_t own = end_ > next ? std::min<std::uint64_t>(end_ - next, kBlockBytes) : 0;
  const auto block = static_cast<std::size_t>(std::min<std::uint64_t>(own + kBlockBytesMin, kBlockBytes));
  buffer_.resize(kept + block + kPaddingBytes);
  PROMFILL_TRY(const std::size_t got, stream_->read(std::span(buffer_).subspan(kept, block)));
  filled_ = kept + got;
  at_end_of_text_ = got < block;
  return {};
}

}  // namespace promfill
