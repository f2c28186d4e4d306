// Temporary blocks and the streams of numbers in them; see scratch_file.h.
#include "section/scratch_file.h"

#include <atomic>

#include "encoding/crc32c.h"

namespace promfill {
namespace {

constexpr std::string_view kStep = "spill index: ";

/// A name that no other writer of this process uses.
std::string next_name() {
  static std::atomic<std::uint64_t> count{0};
  return "index-" + std::to_string(++count) + ".scratch";
}

}  // namespace

Status ScratchFile::status() const {
  if (failed_) return *failed_;
  return {};
}

Status ScratchFile::fail(Error error) {
  error.message.insert(0, kStep);
  failed_ = std::move(error);
  return *failed_;
}

Status ScratchFile::create() {
  PROMFILL_ASSERT(usable());
  while (true) {
    const std::string path = join_path(directory_, next_name());
    auto file = fs_->create(path);
    if (!file && file.error().code == ErrorCode::kAlreadyExists) continue;  // another process's
    if (!file) return std::move(file).error();
    writable_ = std::move(file).value();
    auto opened = fs_->open(path);
    PROMFILL_TRY_STATUS(fs_->remove_file(path));
    if (!opened) return std::move(opened).error();
    readable_ = std::move(opened).value();
    return {};
  }
}

Result<ScratchBlock> ScratchFile::append(ByteView bytes) {
  PROMFILL_TRY_STATUS(status());
  if (readable_ == nullptr) {
    if (Status created = create(); !created) return fail(std::move(created).error()).error();
  }
  if (Status appended = writable_->append(bytes); !appended) return fail(std::move(appended).error()).error();
  const ScratchBlock block{bytes_, static_cast<std::uint32_t>(bytes.size()), crc32c(bytes)};
  bytes_ += bytes.size();
  return block;
}

Status ScratchFile::read(const ScratchBlock& block, std::span<std::uint8_t> out) {
  PROMFILL_ASSERT(readable_ != nullptr && out.size() == block.bytes);
  PROMFILL_TRY_STATUS(status());
  const auto read = readable_->read_at(block.offset, out);
  if (!read) return fail(read.error());
  if (*read == out.size() && crc32c(out) == block.crc) return {};
  return fail(Error{ErrorCode::kCorrupt, "a temporary file changed after it was written",
                    join_path(directory_, "") + " byte " + std::to_string(block.offset),
                    "check that disk, or choose a directory on another"});
}

void ScratchStream::append(ScratchFile& scratch) {
  auto block = scratch.append(ByteView(block_).first(used_));
  if (block) parts_.push_back({{}, *block});
}

void ScratchStream::next_block(ScratchFile& scratch) {
  if (block_.empty()) {
    // the first
  } else if (!scratch.usable() || held_bytes_ + kScratchBlockBytes <= memory_bytes_max_) {
    block_.resize(used_);
    held_bytes_ += block_.capacity();
    parts_.push_back({std::move(block_), {}});
    block_ = {};
  } else {
    append(scratch);
  }
  block_.resize(kScratchBlockBytes);
  used_ = 0;
}

void ScratchStream::close(ScratchFile& scratch) {
  if (used_ != 0) append(scratch);
  Bytes().swap(block_);
  used_ = 0;
}

std::uint64_t ScratchStream::memory_bytes() const {
  return held_bytes_ + block_.capacity() + parts_.capacity() * sizeof(Part);
}

bool ScratchReader::load() {
  const auto& parts = stream_->parts_;
  if (!scratch_->status()) return false;
  if (next_part_ < parts.size()) {
    const ScratchStream::Part& part = parts[next_part_++];
    ByteView bytes = part.held;
    if (bytes.empty()) {
      buffer_.resize(part.block.bytes);
      if (!scratch_->read(part.block, buffer_)) return false;
      bytes = buffer_;
    }
    position_ = bytes.data();
    end_ = position_ + bytes.size();
    return true;
  }
  if (next_part_ > parts.size() || stream_->used_ == 0) return false;
  ++next_part_;
  position_ = stream_->block_.data();
  end_ = position_ + stream_->used_;
  return true;
}

}  // namespace promfill
