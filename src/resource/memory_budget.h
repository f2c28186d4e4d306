// One number of bytes that everything large charges: sources, tables, arenas, finalisation. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace promfill {

class MemoryBudget {
 public:
  /// @param limit_bytes  what may be charged at once; the soft mark, where spilling starts, lies at 3/4 of it.
  explicit MemoryBudget(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  void charge(std::uint64_t bytes);
  void release(std::uint64_t bytes);

  [[nodiscard]] std::uint64_t limit_bytes() const { return limit_bytes_; }
  [[nodiscard]] std::uint64_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool above_soft_mark() const { return used_bytes() > limit_bytes_ / 4 * 3; }
  [[nodiscard]] bool exhausted() const { return used_bytes() > limit_bytes_; }

 private:
  std::uint64_t limit_bytes_;
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> peak_{0};
};

/// A charge that is given back when its owner goes. Movable.
class MemoryCharge {
 public:
  MemoryCharge() = default;
  explicit MemoryCharge(MemoryBudget& budget) : budget_(&budget) {}
  MemoryCharge(MemoryCharge&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryCharge& operator=(MemoryCharge&& other) noexcept;
  ~MemoryCharge() { resize(0); }

  /// Hold `bytes` from now on, whatever was held before.
  void resize(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  MemoryBudget* budget_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace promfill
