// Numbers in exposition texts, read and written as Prometheus does, which is as Go's strconv does: decimal, rounded to
// the nearest double; "inf", "+Infinity", "nan" in any case; too small is 0, too large is an error.
// Source: model/textparse/promparse.go (parseFloat), model/labels/float.go (FormatOpenMetricsFloat).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promfill/time.h"

namespace promfill {

/// A sample's value or a timestamp. Every NaN is Prometheus's, 0x7ff8000000000001. Nothing where Prometheus refuses it:
/// hexadecimal digits, `p` and `_`, too large a number, anything behind it.
[[nodiscard]] std::optional<double> parse_float(std::string_view text);

/// What label values le and quantile become where they are numbers: shortest digits that give the same double, as %g,
/// and always with a point or an exponent. Nothing where it is no number; unlike above, hexadecimal floats are.
[[nodiscard]] std::optional<std::string> normalized_float(std::string_view text);

/// Seconds to milliseconds: one multiplication of doubles, then the fraction is cut off. Nothing where the result is
/// not a time that a block can hold.
[[nodiscard]] std::optional<Timestamp> milliseconds_of(double seconds);

namespace float_text {

/// Powers of ten that doubles hold exactly.
inline constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                          1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

}  // namespace float_text

/// Read digits, a point among them or none, from `at` on, and go behind them. This is exact and covers nearly all
/// numbers: up to 2^53 without the point, and at most 22 digits behind it, so that the number is a quotient of two
/// exact doubles (Clinger 1990). Nothing, and `at` stays, for all others: parse_float() is to have a look.
/// @param at  a byte that is neither a digit nor a point must lie ahead.
inline std::optional<double> parse_plain_decimal(const char*& at) {
  constexpr std::uint64_t kExactMax = std::uint64_t{1} << 53;
  const char* p = at;
  const bool negative = *p == '-';
  p += negative ? 1 : 0;
  std::uint64_t digits = 0;
  const char* const begin = p;
  for (unsigned digit = 0; (digit = static_cast<unsigned char>(*p) - unsigned{'0'}) <= 9; ++p) {
    digits = digits * 10 + digit;
  }
  std::ptrdiff_t count = p - begin;
  std::ptrdiff_t decimals = 0;
  if (*p == '.') {
    const char* const point = p++;
    for (unsigned digit = 0; (digit = static_cast<unsigned char>(*p) - unsigned{'0'}) <= 9; ++p) {
      digits = digits * 10 + digit;
    }
    decimals = p - point - 1;
    count += decimals;
  }
  constexpr std::ptrdiff_t kDigitsMax = 19;  // more may not fit 64 bits
  if (count == 0 || count > kDigitsMax || digits > kExactMax) return std::nullopt;
  auto value = static_cast<double>(digits);
  if (decimals > 0) value /= float_text::kPowersOfTen[decimals];
  at = p;
  return negative ? -value : value;
}

}  // namespace promfill
