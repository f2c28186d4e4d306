// MemoryBudget: one atomic sum and its maximum. Relaxed order everywhere: the numbers guard no other memory.
#include "resource/memory_budget.h"

#include "promfill/result.h"

namespace promfill {

void MemoryBudget::charge(std::uint64_t bytes) {
  const std::uint64_t used = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::uint64_t peak = peak_.load(std::memory_order_relaxed);
  while (used > peak && !peak_.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
}

void MemoryBudget::release(std::uint64_t bytes) {
  const std::uint64_t before = used_.fetch_sub(bytes, std::memory_order_relaxed);
  PROMFILL_ASSERT(before >= bytes);
}

MemoryCharge& MemoryCharge::operator=(MemoryCharge&& other) noexcept {
  if (this == &other) return *this;
  resize(0);
  budget_ = std::exchange(other.budget_, nullptr);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

void MemoryCharge::resize(std::uint64_t bytes) {
  if (bytes == bytes_) return;
  PROMFILL_ASSERT(budget_ != nullptr);
  if (bytes > bytes_) {
    budget_->charge(bytes - bytes_);
  } else {
    budget_->release(bytes_ - bytes);
  }
  bytes_ = bytes;
}

}  // namespace promfill
