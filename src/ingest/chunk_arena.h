// Memory of one window's chunks: closed ones are copied in and live until the window is written; the buffers of open
// ones come from size classes and grow from one to the next. Pages start small, because there may be thousands of
// windows.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "chunk/xor_appender.h"

namespace promfill {

/// A closed chunk; its bytes follow it in memory. Linked in time order.
struct ArenaChunk {
  ArenaChunk* next = nullptr;
  Timestamp mint;
  Timestamp maxt;
  std::uint32_t size = 0;
  ChunkEncoding encoding = ChunkEncoding::kXor;

  [[nodiscard]] ChunkView view() const {
    return {encoding, mint, maxt, {reinterpret_cast<const std::uint8_t*>(this + 1), size}};
  }
};

class ChunkArena {
 public:
  /// Copy a chunk in. The result lives as long as the arena.
  ArenaChunk* add(const ChunkView& chunk);
  /// Give an open chunk its first or a larger buffer; what was in it moves along.
  void grow_buffer(XorAppender& appender);

  [[nodiscard]] std::uint64_t memory_bytes() const { return memory_bytes_; }

 private:
  static constexpr std::size_t kClasses = 5;
  static constexpr std::array<std::uint32_t, kClasses> kClassBytes{96, 192, 384, 640, (kXorBufferBytesMax + 7) / 8 * 8};
  static constexpr std::size_t kPageBytesMin = 1 << 10;
  static constexpr std::size_t kPageBytesMax = 1 << 20;

  /// `bytes` of memory, 8-aligned.
  std::uint8_t* allocate(std::size_t bytes);

  std::vector<std::unique_ptr<std::uint8_t[]>> pages_;
  std::uint8_t* free_ = nullptr;
  std::size_t free_bytes_ = 0;
  std::size_t page_bytes_ = kPageBytesMin;
  std::array<std::vector<std::uint8_t*>, kClasses> spare_;  // buffers that were outgrown
  std::uint64_t memory_bytes_ = 0;
};

}  // namespace promfill
