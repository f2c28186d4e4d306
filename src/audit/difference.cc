// See difference.h.
#include "audit/difference.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "histogram/fingerprint.h"

namespace promfill {
namespace {

/// The shortest text that reads back as the same number; of a NaN its bits.
std::string value_text(double value) {
  std::array<char, 32> text{};
  if (is_fingerprint(std::bit_cast<std::uint64_t>(value))) return "a native histogram";
  if (std::isnan(value)) {
    const auto end = std::to_chars(text.begin(), text.end(), std::bit_cast<std::uint64_t>(value), 16).ptr;
    return "NaN (bits " + std::string(text.begin(), end) + ")";
  }
  return {text.begin(), std::to_chars(text.begin(), text.end(), value).ptr};
}

}  // namespace

std::string Difference::text() const {
  std::string out = series + " at " + to_string(time) + ": ";
  switch (kind) {
    case DifferenceKind::kMissing:
      return out + value_text(expected.value_or(0)) + " by " + place + ", but no sample";
    case DifferenceKind::kOtherValue:
      if (!expected) return out + "different values, the last by " + place + ", which --on-duplicate fail refuses";
      return out + value_text(*expected) + " by " + place + ", but the sample is " + value_text(found.value_or(0));
    case DifferenceKind::kUnexplained:
      return out + "the sample " + value_text(found.value_or(0)) + " in " + place + " comes from no cell";
  }
  return out;
}

}  // namespace promfill
