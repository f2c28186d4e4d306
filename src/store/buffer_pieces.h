// Buffers of a few sizes in pieces of one size each, and pieces that go back to the pool when their last buffer does.
// Where series grow in step (rows sorted by time) all of them leave one size for the next: the memory of the smaller
// buffers would stay behind with nobody to use it again. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>

#include "resource/page_pool.h"

namespace promfill {

class BufferPieces {
 public:
  static constexpr std::size_t kPieceBytes = 64 << 10;
  static constexpr std::size_t kSizesMax = 8;

  /// @param pool   outlives this.
  /// @param sizes  in bytes, multiples of 8; borrowed.
  BufferPieces(PagePool& pool, std::span<const std::uint16_t> sizes) : pool_(&pool), sizes_(sizes) {}

  /// A buffer of sizes[size]; 8-aligned.
  std::uint8_t* take(std::size_t size);
  /// False: the buffer is not from here.
  bool give_back(std::uint8_t* buffer);

  [[nodiscard]] std::uint64_t memory_bytes() const { return pieces_.size() * kPieceBytes; }

 private:
  /// Stands at the beginning of a piece, which begins at a multiple of its size.
  struct Head {
    Head* before = nullptr;  // among those of its size that have room
    Head* behind = nullptr;
    std::uint8_t* free = nullptr;  // buffers that came back, each with the address of the next
    std::uint32_t used_bytes = 0;  // up to here buffers were taken
    std::uint32_t taken = 0;
    std::uint32_t size = 0;
  };
  [[nodiscard]] bool has_room(const Head& head) const {
    return head.free != nullptr || head.used_bytes + sizes_[head.size] <= kPieceBytes;
  }
  Head* add_piece(std::size_t size);
  void link(Head& head);
  void unlink(Head& head);

  PagePool* pool_;
  std::span<const std::uint16_t> sizes_;
  std::unordered_map<std::uintptr_t, PooledPiece> pieces_;  // by address
  std::array<Head*, kSizesMax> with_room_{};                // by size
};

}  // namespace promfill
