// See time_order.h.
#include "merge/time_order.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

namespace promfill {
namespace {

/// Fewer rows than this are sorted by comparison: clearing and adding up counters would cost more.
constexpr std::size_t kCountedRowsMin = 512;
/// 2^11 counters of 4 bytes stay in the first-level cache.
constexpr unsigned kDigitBitsMax = 11;

/// What all times are multiples of after the smallest is taken off: whole seconds need ten bits less.
std::uint64_t common_step(std::span<const std::int64_t> times_ms, std::int64_t min) {
  for (const std::uint64_t step : {60'000U, 1'000U}) {
    const auto is_multiple = [min, step](std::int64_t t) {
      return (static_cast<std::uint64_t>(t) - static_cast<std::uint64_t>(min)) % step == 0;
    };
    if (std::all_of(times_ms.begin(), times_ms.end(), is_multiple)) return step;
  }
  return 1;
}

}  // namespace

bool TimeOrder::pack(std::span<const std::int64_t> times_ms, unsigned& row_bits, unsigned& key_bits) {
  const auto [min, max] = std::minmax_element(times_ms.begin(), times_ms.end());
  const auto base = static_cast<std::uint64_t>(*min);
  const std::uint64_t step = common_step(times_ms, *min);
  row_bits = static_cast<unsigned>(std::bit_width(times_ms.size() - 1));
  key_bits = static_cast<unsigned>(std::bit_width((static_cast<std::uint64_t>(*max) - base) / step));
  if (row_bits + key_bits > 64) return false;
  packed_.resize(times_ms.size());
  for (std::size_t i = 0; i < times_ms.size(); ++i) {
    packed_[i] = (((static_cast<std::uint64_t>(times_ms[i]) - base) / step) << row_bits) | i;
  }
  return true;
}

void TimeOrder::sort_by_digits(unsigned row_bits, unsigned key_bits) {
  const unsigned passes = (key_bits + kDigitBitsMax - 1) / kDigitBitsMax;
  if (passes == 0) return;
  const unsigned digit_bits = (key_bits + passes - 1) / passes;
  const std::uint64_t mask = (std::uint64_t{1} << digit_bits) - 1;
  std::array<std::uint32_t, std::size_t{1} << kDigitBitsMax> at;
  moved_.resize(packed_.size());
  for (unsigned pass = 0; pass < passes; ++pass) {
    const unsigned shift = row_bits + pass * digit_bits;
    std::fill_n(at.begin(), mask + 1, 0U);
    for (const std::uint64_t key : packed_) ++at[(key >> shift) & mask];
    std::exclusive_scan(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(mask + 1), at.begin(), 0U);
    for (const std::uint64_t key : packed_) moved_[at[(key >> shift) & mask]++] = key;
    packed_.swap(moved_);
  }
}

std::span<const std::uint32_t> TimeOrder::sort(std::span<const std::int64_t> times_ms) {
  rows_.resize(times_ms.size());
  if (times_ms.empty()) return rows_;
  unsigned row_bits = 0;
  unsigned key_bits = 0;
  if (!pack(times_ms, row_bits, key_bits)) {
    std::iota(rows_.begin(), rows_.end(), 0U);
    std::stable_sort(rows_.begin(), rows_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return times_ms[a] < times_ms[b]; });
    return rows_;
  }
  if (times_ms.size() < kCountedRowsMin) {
    std::sort(packed_.begin(), packed_.end());
  } else {
    sort_by_digits(row_bits, key_bits);
  }
  const std::uint64_t mask = row_bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << row_bits) - 1;
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i] = static_cast<std::uint32_t>(packed_[i] & mask);
  return rows_;
}

}  // namespace promfill
