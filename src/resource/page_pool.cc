// See page_pool.h.
#include "resource/page_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace promfill {
namespace {

/// Mapped memory that begins on a multiple of the slab size, so that huge pages fit it.
std::uint8_t* map_aligned(std::size_t bytes) {
  const std::size_t room = bytes + PagePool::kSlabBytes;
  void* const mapped = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<std::uint8_t*>(mapped);
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::size_t before = (PagePool::kSlabBytes - address % PagePool::kSlabBytes) % PagePool::kSlabBytes;
  if (before > 0) ::munmap(begin, before);
  if (room > before + bytes) ::munmap(begin + before + bytes, room - before - bytes);
  ::madvise(begin + before, bytes, MADV_HUGEPAGE);  // a wish
  return begin + before;
}

std::size_t slab_multiple(std::size_t bytes) {
  return (bytes + PagePool::kSlabBytes - 1) / PagePool::kSlabBytes * PagePool::kSlabBytes;
}

std::uint8_t* slab_of(std::uint8_t* piece) {
  return piece - reinterpret_cast<std::uintptr_t>(piece) % PagePool::kSlabBytes;
}

}  // namespace

PagePool::~PagePool() {
  for (const auto& [address, slab] : slabs_) ::munmap(reinterpret_cast<void*>(address), kSlabBytes);
}

unsigned PagePool::order_of(std::size_t bytes) {
  return static_cast<unsigned>(std::bit_width((std::max(bytes, kPieceBytesMin) - 1) / kPieceBytesMin));
}

std::size_t PagePool::rounded(std::size_t bytes) {
  return bytes > kSlabBytes ? slab_multiple(bytes) : kPieceBytesMin << order_of(bytes);
}

std::uint8_t* PagePool::allocate(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  if (bytes <= kSlabBytes) return take(order_of(bytes));
  std::uint8_t* const piece = map_aligned(slab_multiple(bytes));
  if (piece != nullptr) mapped_bytes_ += slab_multiple(bytes);
  return piece;
}

void PagePool::release(std::uint8_t* piece, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  if (bytes <= kSlabBytes) {
    put(piece, order_of(bytes));
  } else {
    unmap(piece, slab_multiple(bytes));
  }
}

std::uint64_t PagePool::mapped_bytes() const {
  const std::scoped_lock lock(mutex_);
  return mapped_bytes_;
}

void PagePool::unmap(std::uint8_t* at, std::size_t bytes) {
  ::munmap(at, bytes);
  mapped_bytes_ -= bytes;
}

/// A free piece of the order, halved out of a larger one where there is none.
std::uint8_t* PagePool::take(unsigned order) {
  unsigned found = order;
  std::uint8_t* piece = nullptr;
  for (; found < kOrders && piece == nullptr; ++found) {
    std::vector<std::uint8_t*>& free = free_[found];
    while (!free.empty() && piece == nullptr) {
      std::uint8_t* const candidate = free.back();
      free.pop_back();
      const auto slab = slabs_.find(reinterpret_cast<std::uintptr_t>(slab_of(candidate)));
      if (slab == slabs_.end()) continue;  // went back to the system
      std::uint8_t& mark =
          slab->second->free_order[static_cast<std::size_t>(candidate - slab_of(candidate)) / kPieceBytesMin];
      if (mark != found + 1) continue;  // was joined with its neighbour
      mark = 0;
      piece = candidate;
      if (found == kOrders - 1) --idle_slabs_;
    }
  }
  if (piece == nullptr) {
    piece = map_aligned(kSlabBytes);
    if (piece == nullptr) return nullptr;
    mapped_bytes_ += kSlabBytes;
    slabs_.emplace(reinterpret_cast<std::uintptr_t>(piece), std::make_unique<Slab>());
    found = kOrders;
  }
  Slab& slab = *slabs_.find(reinterpret_cast<std::uintptr_t>(slab_of(piece)))->second;
  for (unsigned larger = found - 1; larger > order; --larger) {
    std::uint8_t* const half = piece + (kPieceBytesMin << (larger - 1));
    slab.free_order[static_cast<std::size_t>(half - slab_of(piece)) / kPieceBytesMin] =
        static_cast<std::uint8_t>(larger);
    free_[larger - 1].push_back(half);
  }
  return piece;
}

/// Join the piece with its free neighbours as far as possible.
void PagePool::put(std::uint8_t* piece, unsigned order) {
  std::uint8_t* const base = slab_of(piece);
  Slab& slab = *slabs_.find(reinterpret_cast<std::uintptr_t>(base))->second;
  auto offset = static_cast<std::size_t>(piece - base);
  for (; order < kOrders - 1; ++order) {
    std::uint8_t& mark = slab.free_order[(offset ^ (kPieceBytesMin << order)) / kPieceBytesMin];
    if (mark != order + 1) break;
    mark = 0;
    offset &= ~(kPieceBytesMin << order);
  }
  if (order == kOrders - 1 && idle_slabs_ >= kIdleSlabsMax) {
    unmap(base, kSlabBytes);
    slabs_.erase(reinterpret_cast<std::uintptr_t>(base));
    return;
  }
  if (order == kOrders - 1) ++idle_slabs_;
  slab.free_order[offset / kPieceBytesMin] = static_cast<std::uint8_t>(order + 1);
  free_[order].push_back(base + offset);
}

PooledPiece::PooledPiece(PagePool& pool, std::size_t bytes) : pool_(&pool), data_(pool.allocate(bytes)), bytes_(bytes) {
  if (data_ == nullptr) throw std::bad_alloc();
}

PooledPiece::PooledPiece(PooledPiece&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}

PooledPiece& PooledPiece::operator=(PooledPiece&& other) noexcept {
  if (this != &other) {
    if (data_ != nullptr) pool_->release(data_, bytes_);
    pool_ = std::exchange(other.pool_, nullptr);
    data_ = std::exchange(other.data_, nullptr);
    bytes_ = other.bytes_;
  }
  return *this;
}

PooledPiece::~PooledPiece() {
  if (data_ != nullptr) pool_->release(data_, bytes_);
}

}  // namespace promfill
