// See text_blocks.h.
#include "importing/text_blocks.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

namespace promfill {
namespace {

/// Small enough that two threads have several of a few MiB each, and that a block stays in cache from being read to
/// being parsed; large enough that handing it over costs nothing.
constexpr std::size_t kBlockBytes = 1 << 20;

}  // namespace

Result<TextBlocks> TextBlocks::open(std::vector<ExpositionText> texts) {
  TextBlocks blocks;
  for (const ExpositionText& text : texts) {
    PROMFILL_TRY(TextInput input, TextInput::open_or_standard_input(text.path));
    blocks.inputs_.push_back(std::move(input));
  }
  blocks.texts_ = std::move(texts);
  return blocks;
}

std::uint64_t TextBlocks::stored_bytes() const {
  std::uint64_t bytes = 0;
  for (const TextInput& input : inputs_) bytes += input.stored_bytes();
  return bytes;
}

std::uint64_t TextBlocks::stored_bytes_read() const {
  return bytes_of_files_ + (stream_ ? stream_->stored_bytes_read() : 0);
}

Result<bool> TextBlocks::next(TextBlock& out) {
  if (file_ == inputs_.size()) return false;
  if (stream_ == nullptr) {
    PROMFILL_TRY(stream_, inputs_[file_].read(0));
    label_ = FloatLabel::kNone;
  }
  out.file = file_;
  out.label = label_;
  PROMFILL_TRY_STATUS(fill(out));
  if (out.last) {
    finish_file(out);
  } else {
    label_ = float_label_behind(out.bytes, texts_[out.file].dialect).value_or(label_);
  }
  return true;
}

/// Read until the block has a line break with something behind it, so that a file's last block is known to be that.
Status TextBlocks::fill(TextBlock& out) {
  std::size_t have = begun_.size();
  // Of a line that is as long as may be, its break, and one more byte.
  constexpr std::size_t kMost = kLineBytesMax + 2;
  std::size_t wanted = std::min(kMost, std::max(kBlockBytes, 2 * have));
  while (true) {
    out.bytes.resize(wanted);
    if (!begun_.empty()) std::memcpy(out.bytes.data(), begun_.data(), begun_.size());
    begun_.clear();
    PROMFILL_TRY(const std::size_t got, stream_->read(std::span(out.bytes).subspan(have)));
    have += got;
    out.last = have < wanted;
    if (out.last) {
      out.bytes.resize(have);
      return {};
    }
    const void* const found = memrchr(out.bytes.data(), '\n', have - 1);
    if (found != nullptr) {
      const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - out.bytes.data()) + 1;
      begun_.assign(out.bytes, end);
      out.bytes.resize(end);
      return {};
    }
    if (have == kMost) {
      return Error{ErrorCode::kLimit, "a line is longer than 16 MiB", texts_[out.file].path,
                   "look whether it is a text"};
    }
    wanted = std::min(kMost, 2 * wanted);
  }
}

void TextBlocks::finish_file(TextBlock& out) {
  if (!out.bytes.empty() && out.bytes.back() != '\n') out.bytes += '\n';
  bytes_of_files_ += stream_->stored_bytes_read();
  stream_.reset();
  ++file_;
}

}  // namespace promfill
