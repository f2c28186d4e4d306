#include "family/bound.h"

#include <charconv>
#include <cmath>

#include "promfill/result.h"

namespace promfill {

std::optional<double> parse_bound(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) return std::nullopt;
  }
  double bound = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, trouble] = std::from_chars(text.data(), end, bound);
  if (trouble != std::errc() || stop != end || std::isnan(bound)) return std::nullopt;
  return bound + 0.0;  // of the two zeros the positive one
}

std::string bound_text(double bound) {
  PROMFILL_ASSERT(!std::isnan(bound));
  if (std::isinf(bound)) return bound > 0 ? "+Inf" : "-Inf";
  constexpr double kExponentFrom = 1e6;
  constexpr double kExponentBelow = 1e-4;
  const double size = std::fabs(bound);
  const bool exponent = size >= kExponentFrom || (size < kExponentBelow && size > 0);
  char digits[32];
  const auto format = exponent ? std::chars_format::scientific : std::chars_format::fixed;
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, bound, format).ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace promfill
