// See chunk_arena.h.
#include "store/chunk_arena.h"

#include <cstring>
#include <new>

namespace promfill {

std::uint8_t* ChunkArena::allocate(std::size_t bytes) {
  bytes = (bytes + 7) & ~std::size_t{7};
  if (bytes > free_bytes_) {
    while (page_bytes_ < bytes) page_bytes_ *= 2;
    if (page_bytes_ >= kPooledBytesMin) {
      free_ = pages_.emplace_back(*pool_, page_bytes_).data();
    } else {
      free_ = small_pages_.emplace_back(std::make_unique_for_overwrite<std::uint8_t[]>(page_bytes_)).get();
    }
    free_bytes_ = page_bytes_;
    memory_bytes_ += page_bytes_;
    if (page_bytes_ < kPageBytesMax) page_bytes_ *= 2;
  }
  std::uint8_t* const at = free_;
  free_ += bytes;
  free_bytes_ -= bytes;
  return at;
}

ArenaChunk* ChunkArena::add(const ChunkView& chunk, ChunkRole role) {
  std::uint8_t* const at = allocate(sizeof(ArenaChunk) + chunk.data.size());
  auto* const added = ::new (at)
      ArenaChunk{nullptr, chunk.mint, chunk.maxt, static_cast<std::uint32_t>(chunk.data.size()), chunk.encoding, role};
  std::memcpy(at + sizeof(ArenaChunk), chunk.data.data(), chunk.data.size());
  return added;
}

void ChunkArena::grow_buffer(XorAppender& appender) {
  std::size_t size_class = 0;
  while (kClassBytes[size_class] <= appender.capacity) {
    ++size_class;
    PROMFILL_ASSERT(size_class < kClasses);
  }
  std::uint8_t* const buffer = take_buffer(size_class);
  if (appender.buffer != nullptr) {
    std::memcpy(buffer, appender.buffer, appender.bytes());
    if (!pieces_.give_back(appender.buffer)) spare_[size_class - 1].push_back(appender.buffer);
  }
  appender.buffer = buffer;
  appender.capacity = kClassBytes[size_class];
}

std::uint8_t* ChunkArena::take_buffer(std::size_t size_class) {
  std::vector<std::uint8_t*>& spare = spare_[size_class];
  if (!spare.empty()) {
    std::uint8_t* const buffer = spare.back();
    spare.pop_back();
    return buffer;
  }
  if (buffers_ == kBuffersInPagesMax) return pieces_.take(size_class);
  ++buffers_;
  return allocate(kClassBytes[size_class]);
}

}  // namespace promfill
