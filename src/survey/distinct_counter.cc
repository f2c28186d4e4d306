#include "survey/distinct_counter.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace promfill {
namespace {

constexpr std::size_t kFewMax = 10'000;
constexpr unsigned kRegisterBits = 14;
constexpr std::size_t kRegisters = std::size_t{1} << kRegisterBits;

}  // namespace

void DistinctCounter::add(std::uint64_t hash) {
  if (!is_exact()) return add_to_registers(hash);
  few_.insert(hash);
  if (few_.size() <= kFewMax) return;
  registers_.resize(kRegisters);
  for (const std::uint64_t each : few_) add_to_registers(each);
  few_.clear();
}

void DistinctCounter::add_to_registers(std::uint64_t hash) {
  std::uint8_t& rank = registers_[hash >> (64 - kRegisterBits)];
  const std::uint64_t rest = (hash << kRegisterBits) | (std::uint64_t{1} << (kRegisterBits - 1));  // ends all runs
  rank = std::max(rank, static_cast<std::uint8_t>(std::countl_zero(rest) + 1));
}

std::uint64_t DistinctCounter::count() const {
  if (is_exact()) return few_.size();
  constexpr double kBias = 0.7213 / (1 + 1.079 / static_cast<double>(kRegisters));
  double sum = 0;
  std::size_t zeros = 0;
  for (const std::uint8_t rank : registers_) {
    sum += std::ldexp(1, -rank);
    zeros += rank == 0 ? 1 : 0;
  }
  constexpr auto kCount = static_cast<double>(kRegisters);
  const double estimate = kBias * kCount * kCount / sum;
  if (estimate > 2.5 * kCount || zeros == 0) return static_cast<std::uint64_t>(estimate);
  return static_cast<std::uint64_t>(kCount * std::log(kCount / static_cast<double>(zeros)));  // linear counting
}

}  // namespace promfill
