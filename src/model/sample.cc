// Names of the metric types, as tag strings, mapping files and OpenMetrics write them.
#include "promfill/sample.h"

#include <array>

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

/// In the order of the enum.
constexpr std::array<std::string_view, 8> kMetricTypeNames{
    "gauge", "counter", "histogram", "native_histogram", "summary", "info", "stateset", "untyped",
};
static_assert(kMetricTypeNames.size() == static_cast<std::size_t>(MetricType::kUntyped) + 1);

}  // namespace

std::string_view to_string(MetricType type) { return kMetricTypeNames[static_cast<std::size_t>(type)]; }

std::optional<MetricType> parse_metric_type(std::string_view text) {
  for (std::size_t i = 0; i < kMetricTypeNames.size(); ++i) {
    if (kMetricTypeNames[i] == text) return static_cast<MetricType>(i);
  }
  return std::nullopt;
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
