#include "text/csv_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace promfill {
namespace {

constexpr std::size_t kStep = 64;

/// 64 bytes, of which the bits of those say yes that are `c`.
class Bytes64 {
 public:
#ifdef __SSE2__
  explicit Bytes64(const char* from) {
    for (int i = 0; i < 4; ++i) parts_[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from) + i);
  }
  [[nodiscard]] std::uint64_t equal(char c) const {
    const __m128i wanted = _mm_set1_epi8(c);
    std::uint64_t bits = 0;
    for (int i = 0; i < 4; ++i) {
      const auto part = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(parts_[i], wanted)));
      bits |= std::uint64_t{part} << (16 * i);
    }
    return bits;
  }

 private:
  __m128i parts_[4];
#else
  explicit Bytes64(const char* from) { std::copy_n(from, kStep, bytes_.begin()); }
  [[nodiscard]] std::uint64_t equal(char c) const {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < kStep; ++i) bits |= static_cast<std::uint64_t>(bytes_[i] == c) << i;
    return bits;
  }

 private:
  std::array<char, kStep> bytes_;
#endif
};

/// The end of a text, of which fewer than 64 bytes may be read.
Bytes64 last_bytes(std::string_view text) {
  std::array<char, kStep> bytes{};
  std::copy(text.begin(), text.end(), bytes.begin());
  return Bytes64(bytes.data());
}

/// Each bit becomes the parity of itself and those below: from a quote on up to the next one, 1.
std::uint64_t parity(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

/// The bits moved one up, the highest kept for the next 64.
std::uint64_t next_to(std::uint64_t bits, std::uint64_t& carry) {
  const std::uint64_t moved = bits << 1 | carry;
  carry = bits >> 63;
  return moved;
}

}  // namespace

bool CsvIndex::read(std::string_view text, std::size_t rows_max) {
  text_ = text;
  rows_ = 0;
  has_quotes_ = false;
  has_returns_ = false;
  if (!text.ends_with('\n') || text.size() > std::numeric_limits<std::uint32_t>::max()) return false;
  return find_ends(rows_max) && has_whole_rows(rows_max);
}

/// Fill ends_ with what stands in the text, and a little more than `rows_max` lines of it at most.
bool CsvIndex::find_ends(std::size_t rows_max) {
  found_ = 0;
  breaks_ = 0;
  std::uint64_t in_quotes = 0;    // all ones or none: whether the byte before is quoted
  std::uint64_t after_end = 1;    // the text begins as if after a line break
  std::uint64_t after_quote = 0;  // a closing one
  std::uint64_t after_return = 0;
  for (std::size_t at = 0; at < text_.size() && breaks_ < rows_max; at += kStep) {
    const std::size_t rest = text_.size() - at;
    const Bytes64 bytes = rest < kStep ? last_bytes(text_.substr(at)) : Bytes64(text_.data() + at);
    const std::uint64_t in_text = rest < kStep ? (std::uint64_t{1} << rest) - 1 : ~std::uint64_t{0};
    const std::uint64_t quotes = bytes.equal('"') & in_text;
    const std::uint64_t quoted = quotes == 0 ? in_quotes : parity(quotes) ^ in_quotes;
    const std::uint64_t breaks = bytes.equal('\n') & in_text & ~quoted;
    const std::uint64_t returns = bytes.equal('\r') & in_text & ~quoted;
    std::uint64_t ends = (bytes.equal(delimiter_) & in_text & ~quoted) | breaks;
    const std::uint64_t misplaced = (next_to(returns, after_return) & ~breaks) |
                                    (next_to(quotes & ~quoted, after_quote) & ~(ends | returns)) |
                                    (quotes & quoted & ~next_to(ends, after_end));
    if (misplaced != 0) return false;
    in_quotes = quoted >> 63 == 0 ? 0 : ~std::uint64_t{0};
    has_quotes_ |= quotes != 0;
    has_returns_ |= returns != 0;
    breaks_ += static_cast<std::size_t>(std::popcount(breaks));
    if (ends_.size() < found_ + kStep) ends_.resize(std::max(2 * ends_.size(), found_ + kStep));
    for (std::uint32_t* out = ends_.data() + found_; ends != 0; ends &= ends - 1) {
      *out++ = static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(std::countr_zero(ends));
      ++found_;
    }
  }
  return in_quotes == 0 || breaks_ >= rows_max;
}

/// Whether the lines found have a cell for every column each: so many ends as that makes, a line break as the last.
bool CsvIndex::has_whole_rows(std::size_t rows_max) {
  while (found_ > 0 && text_[ends_[found_ - 1]] != '\n') --found_;
  if (found_ == 0 || found_ != breaks_ * columns_) return false;
  rows_ = std::min(breaks_, rows_max);
  for (std::size_t row = 0; row < rows_; ++row) {
    if (text_[ends_[row * columns_ + columns_ - 1]] != '\n') return false;
  }
  if (columns_ > 1) return true;
  bool blank = false;  // a line without anything is a row with one cell, and none
  for_each_cell(0, [&](std::string_view cell) { blank |= cell.empty(); });
  return !blank;
}

}  // namespace promfill
