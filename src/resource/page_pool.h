// Memory in large pieces, on huge pages where the system has them: touching memory for the first time is then a fault
// every 2 MiB and not every 4 KiB.
//
// Pieces up to 2 MiB are cut out of slabs of that size by halving (a buddy system); a slab that is free again goes back
// to the system, but for a few. Larger pieces are mapped on their own. Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace promfill {

class PagePool {
 public:
  static constexpr std::size_t kSlabBytes = std::size_t{2} << 20;
  static constexpr std::size_t kPieceBytesMin = std::size_t{4} << 10;

  PagePool() = default;
  ~PagePool();
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;

  /// The bytes that allocate(bytes) takes: the next power of two, or whole slabs.
  [[nodiscard]] static std::size_t rounded(std::size_t bytes);
  /// A piece of rounded(bytes), aligned to at least 4 KiB; null when the system has no more.
  [[nodiscard]] std::uint8_t* allocate(std::size_t bytes);
  /// Give a piece back; `bytes` as it was asked for.
  void release(std::uint8_t* piece, std::size_t bytes);
  /// Taken from the system: pieces in use and what is kept beside them.
  [[nodiscard]] std::uint64_t mapped_bytes() const;

 private:
  static constexpr unsigned kOrders = 10;  // 4 KiB … 2 MiB
  static constexpr std::size_t kIdleSlabsMax = 4;
  struct Slab {
    std::array<std::uint8_t, kSlabBytes / kPieceBytesMin> free_order{};  // 1 + order where a free piece begins
  };
  static unsigned order_of(std::size_t bytes);
  std::uint8_t* take(unsigned order);
  void put(std::uint8_t* piece, unsigned order);
  void unmap(std::uint8_t* at, std::size_t bytes);

  mutable std::mutex mutex_;
  std::unordered_map<std::uintptr_t, std::unique_ptr<Slab>> slabs_;  // by address
  std::array<std::vector<std::uint8_t*>, kOrders> free_;             // may hold pieces that were joined since
  std::size_t idle_slabs_ = 0;
  std::uint64_t mapped_bytes_ = 0;
};

/// A piece that goes back when its owner goes. Movable.
class PooledPiece {
 public:
  PooledPiece() = default;
  PooledPiece(PagePool& pool, std::size_t bytes);
  PooledPiece(PooledPiece&& other) noexcept;
  PooledPiece& operator=(PooledPiece&& other) noexcept;
  ~PooledPiece();
  [[nodiscard]] std::uint8_t* data() const { return data_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  PagePool* pool_ = nullptr;
  std::uint8_t* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace promfill
