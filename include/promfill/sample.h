// One value at one time, and the kinds of metric it can belong to.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

#include "promfill/time.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// A float sample. The value is a bit pattern: NaN payloads and the sign of zero are kept.
struct Sample {
  Timestamp time;    ///< in whole milliseconds
  double value = 0;  ///< any double; NaN has its meanings by bits

  /// The value as it is stored: equality of samples is equality of these.
  [[nodiscard]] std::uint64_t bits() const { return std::bit_cast<std::uint64_t>(value); }
  /// Equal times and equal bits; NaN equals itself, -0 differs from 0.
  friend bool operator==(const Sample& a, const Sample& b) { return a.time == b.time && a.bits() == b.bits(); }
};

/// "This series has ended here": the NaN that Prometheus uses as staleness marker (model/value/value.go).
inline constexpr std::uint64_t kStaleNanBits = 0x7ff0000000000002;
/// The NaN that every ordinary NaN of text becomes (model/value/value.go, NormalNaN).
inline constexpr std::uint64_t kNormalNanBits = 0x7ff8000000000001;

enum class MetricType : std::uint8_t {
  kGauge,
  kCounter,
  kHistogram,
  kNativeHistogram,
  kSummary,
  kInfo,
  kStateset,
  kUntyped,
};

/// "gauge", "counter", …, "untyped".
std::string_view to_string(MetricType type);
std::optional<MetricType> parse_metric_type(std::string_view text);

}  // namespace PROMFILL_ABI
}  // namespace promfill
