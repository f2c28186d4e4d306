// See float_text.h.
#include "openmetrics/float_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace promfill {
namespace {

constexpr double kNormalNan = std::bit_cast<double>(std::uint64_t{0x7ff8000000000001});
constexpr std::string_view kDigits = "0123456789";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_in_any_case(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, {}, lower);
}

std::size_t count_digits(std::string_view text) { return std::min(text.find_first_not_of(kDigits), text.size()); }

/// digits[.digits][e[+-]digits] with a digit before or behind the point.
bool is_decimal(std::string_view text) {
  const std::size_t whole = count_digits(text);
  text.remove_prefix(whole);
  std::size_t decimals = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimals = count_digits(text);
    text.remove_prefix(decimals);
  }
  if (whole + decimals == 0) return false;
  if (text.empty()) return true;
  if (lower(text.front()) != 'e') return false;
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && count_digits(text) == text.size();
}

/// Whether a decimal that is out of a double's range is too small for it, and not too large: by the place of its first
/// digit that isn't 0.
bool is_tiny(std::string_view text) {
  const std::size_t mark = text.find_first_of("eE");
  long long exponent = 0;
  if (mark != std::string_view::npos) {
    std::string_view power = text.substr(mark + 1);
    const bool negative = power.front() == '-';
    if (negative || power.front() == '+') power.remove_prefix(1);
    constexpr long long kHuge = 1LL << 40;  // as good as infinite: no text has as many digits
    if (std::from_chars(power.data(), power.data() + power.size(), exponent).ec != std::errc()) exponent = kHuge;
    exponent = std::min(exponent, kHuge) * (negative ? -1 : 1);
  }
  const std::string_view mantissa = text.substr(0, mark);
  const auto point = static_cast<long long>(std::min(mantissa.find('.'), mantissa.size()));
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return true;
  return point - static_cast<long long>(first) + exponent < 0;
}

std::optional<double> parse_magnitude(std::string_view text) {
  if (equals_in_any_case(text, "inf") || equals_in_any_case(text, "infinity")) {
    return std::numeric_limits<double>::infinity();
  }
  if (!is_decimal(text)) return std::nullopt;
  double value = 0;
  const std::from_chars_result read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc::result_out_of_range) return is_tiny(text) ? std::optional(0.0) : std::nullopt;
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// 0x1.8p3: the exponent must be there.
std::optional<double> parse_hexadecimal(std::string_view text) {
  if (text.size() < 2 || text[0] != '0' || lower(text[1]) != 'x') return std::nullopt;
  text.remove_prefix(2);
  if (text.find_first_of("pP") == std::string_view::npos || text.front() == '-') return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::hex);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// As Go's strconv writes 'g' with the shortest digits that give the same double: with an exponent below 1e-4 and from
/// 1e6 on.
std::string shortest(double value) {
  constexpr int kFixedBelow = 6;
  constexpr int kFixedFrom = -4;
  std::array<char, 40> scientific{};
  const char* const end =
      std::to_chars(scientific.data(), scientific.data() + scientific.size(), value, std::chars_format::scientific).ptr;
  const std::string_view text(scientific.data(), static_cast<std::size_t>(end - scientific.data()));
  const std::size_t mark = text.find('e');
  int exponent = 0;
  const std::size_t power = mark + (text[mark + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + power, end, exponent);
  if (exponent < kFixedFrom || exponent >= kFixedBelow) return std::string(text);
  std::array<char, 40> fixed{};
  const char* const fixed_end =
      std::to_chars(fixed.data(), fixed.data() + fixed.size(), value, std::chars_format::fixed).ptr;
  return {fixed.data(), static_cast<std::size_t>(fixed_end - fixed.data())};
}

}  // namespace

std::optional<double> parse_float(std::string_view text) {
  if (equals_in_any_case(text, "nan")) return kNormalNan;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::optional<double> magnitude = parse_magnitude(text);
  if (!magnitude) return std::nullopt;
  return negative ? -*magnitude : *magnitude;
}

std::optional<std::string> normalized_float(std::string_view text) {
  std::optional<double> value = parse_float(text);
  if (!value) {
    const bool negative = text.starts_with('-');
    value = parse_hexadecimal(text.substr(negative || text.starts_with('+') ? 1 : 0));
    if (!value) return std::nullopt;
    if (negative) value = -*value;
  }
  if (*value == 0) return "0.0";  // -0 too, as Prometheus writes it
  if (std::isnan(*value)) return "NaN";
  if (std::isinf(*value)) return *value > 0 ? "+Inf" : "-Inf";
  std::string out = shortest(*value);
  if (out.find_first_of("e.") == std::string::npos) out += ".0";
  return out;
}

std::optional<Timestamp> milliseconds_of(double seconds) {
  const double ms = seconds * 1000;
  // Doubles next to the ends of the range are far apart; all within are safe to convert.
  if (!(ms >= static_cast<double>(kStorableMin.ms) && ms <= static_cast<double>(kStorableMax.ms))) return std::nullopt;
  return Timestamp{static_cast<std::int64_t>(ms)};
}

}  // namespace promfill
