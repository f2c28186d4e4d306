// Memory of one window's series: closed chunks are copied in, the buffers of open ones come from size classes and grow
// from one to the next, and what else lives as long as the window lies here, too. Pages start small, because there may
// be thousands of windows.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "chunk/xor2_codec.h"
#include "resource/page_pool.h"
#include "store/buffer_pieces.h"

namespace promfill {

/// What a closed chunk holds.
enum class ChunkRole : std::uint8_t {
  kFinal,  ///< samples in order, cut by Prometheus's rule
  kLate,   ///< samples that came behind later ones: sorted by time and else in source order, equal times in several
           ///< chunks
  kOpen,   ///< as kFinal, but not full: what follows it would have gone into it
};

/// A closed chunk; its bytes follow it in memory. Linked from the newest to the oldest.
struct ArenaChunk {
  ArenaChunk* before = nullptr;
  Timestamp mint;
  Timestamp maxt;
  std::uint32_t size = 0;
  ChunkEncoding encoding = ChunkEncoding::kXor;
  ChunkRole role = ChunkRole::kFinal;

  [[nodiscard]] ChunkView view() const {
    return {encoding, mint, maxt, {reinterpret_cast<const std::uint8_t*>(this + 1), size}};
  }
};

class ChunkArena {
 public:
  /// @param pool  where large pages come from; outlives the arena.
  explicit ChunkArena(PagePool& pool) : pool_(&pool), pieces_(pool, kClassBytes) {}
  ChunkArena(ChunkArena&&) = default;
  ChunkArena& operator=(ChunkArena&&) = default;

  /// `bytes` of memory, 8-aligned, that live as long as the arena.
  std::uint8_t* allocate(std::size_t bytes);
  /// Copy a chunk in. The result lives as long as the arena.
  ArenaChunk* add(const ChunkView& chunk, ChunkRole role = ChunkRole::kFinal);
  /// Give an open chunk its first or a larger buffer; what was in it moves along.
  void grow_buffer(XorAppender& appender);

  [[nodiscard]] std::uint64_t memory_bytes() const { return memory_bytes_ + pieces_.memory_bytes(); }

 private:
  static constexpr std::size_t kClasses = 5;
  static constexpr std::array<std::uint16_t, kClasses> kClassBytes{96, 192, 384, 640, (kXorBufferBytesMax + 7) / 8 * 8};
  /// With more, buffers come from pieces, which can go back.
  static constexpr std::size_t kBuffersInPagesMax = 1024;
  static constexpr std::size_t kPageBytesMin = 1 << 10;
  static constexpr std::size_t kPooledBytesMin = 1 << 16;
  static constexpr std::size_t kPageBytesMax = PagePool::kSlabBytes;

  std::uint8_t* take_buffer(std::size_t size_class);

  PagePool* pool_;
  std::vector<std::unique_ptr<std::uint8_t[]>> small_pages_;
  std::vector<PooledPiece> pages_;
  std::uint8_t* free_ = nullptr;
  std::size_t free_bytes_ = 0;
  std::size_t page_bytes_ = kPageBytesMin;
  std::array<std::vector<std::uint8_t*>, kClasses> spare_;  // buffers out of pages that were outgrown
  std::size_t buffers_ = 0;                                 // that were taken from pages
  BufferPieces pieces_;
  std::uint64_t memory_bytes_ = 0;
};

}  // namespace promfill
