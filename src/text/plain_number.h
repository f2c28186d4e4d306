// Numbers as nearly all cells write them, 42 or -3.25, in a few nanoseconds: what is spelled otherwise goes through
// std::from_chars, and so do numbers of more digits than arithmetic gets right without care. On a column of hundredths
// that is a third of the time of from_chars.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace promfill {
namespace plain_number_detail {

inline constexpr std::array<double, 16> kPowersOfTen{1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
inline constexpr std::size_t kIntegerDigitsMax = 18;  // 10^18 < 2^63
inline constexpr std::size_t kDecimalDigitsMax = 15;  // 10^15 < 2^53

/// Digits up to the first other character: their number, and the value `so_far` followed by them.
inline std::size_t digits(std::string_view text, std::uint64_t& so_far) {
  std::size_t count = 0;
  for (; count < text.size(); ++count) {
    const auto digit = static_cast<unsigned>(static_cast<unsigned char>(text[count])) - '0';
    if (digit > 9) break;
    so_far = so_far * 10 + digit;
  }
  return count;
}

}  // namespace plain_number_detail

/// Digits, perhaps behind a minus, at most 18. False for every other text.
[[nodiscard]] inline bool plain_integer(std::string_view text, std::int64_t& value) {
  using namespace plain_number_detail;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::uint64_t magnitude = 0;
  if (text.empty() || text.size() > kIntegerDigitsMax || digits(text, magnitude) != text.size()) return false;
  value = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  return true;
}

/// Digits, perhaps behind a minus and with a point between two of them, at most 15. False for every other text.
/// Both the digits as an integer and the power of ten below are doubles without rounding, so that their quotient, which
/// is rounded once, is the nearest double to what is written.
[[nodiscard]] inline bool plain_decimal(std::string_view text, double& value) {
  using namespace plain_number_detail;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.size() > kDecimalDigitsMax + 1) return false;
  std::uint64_t all = 0;
  const std::size_t whole = digits(text, all);
  if (whole == 0) return false;
  std::size_t fraction = 0;
  if (whole < text.size()) {
    fraction = digits(text.substr(whole + 1), all);
    if (text[whole] != '.' || fraction == 0 || whole + 1 + fraction != text.size()) return false;
  }
  if (whole + fraction > kDecimalDigitsMax) return false;
  const double magnitude = static_cast<double>(static_cast<std::int64_t>(all)) / kPowersOfTen[fraction];
  value = negative ? -magnitude : magnitude;
  return true;
}

/// Whether a text is an integer in the shortest form, as to_chars writes it, at most 18 digits.
[[nodiscard]] inline bool is_shortest_integer(std::string_view text) {
  std::int64_t value = 0;
  if (!plain_integer(text, value)) return false;
  if (value == 0) return text == "0";
  return text[text.front() == '-' ? 1 : 0] != '0';
}

}  // namespace promfill
