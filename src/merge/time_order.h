// The order of rows by time: a stable sort of (time, row) pairs packed into one word each, by counting digits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace promfill {

/// Scratch memory is kept between calls. Not thread-safe.
class TimeOrder {
 public:
  /// Rows 0 … n-1 by rising time, rows of equal times in their order. Borrowed until the next call.
  /// Cost: about 2 ns a row and pass; times that span 8 days in whole seconds take two passes.
  std::span<const std::uint32_t> sort(std::span<const std::int64_t> times_ms);

 private:
  bool pack(std::span<const std::int64_t> times_ms, unsigned& row_bits, unsigned& key_bits);
  void sort_by_digits(unsigned row_bits, unsigned key_bits);

  std::vector<std::uint64_t> packed_;  // time above the row's number
  std::vector<std::uint64_t> moved_;
  std::vector<std::uint32_t> rows_;
};

}  // namespace promfill
