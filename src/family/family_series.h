// The series that a metric of a mapping makes: a gauge is one, a classic histogram or a summary is several.
//
//   histogram x, bounds 0.1 1     x_bucket{le="0.1"}  x_bucket{le="1.0"}  x_bucket{le="+Inf"}  x_sum  x_count
//   summary y, quantiles 0.5      y{quantile="0.5"}  y_sum  y_count
//
// Of the bucket +Inf and the count one may be missing: it is completed from the other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

enum class SeriesRole : std::uint8_t {
  kValue,  ///< the metric itself
  kBound,  ///< a bucket or a quantile
  kSum,
  kCount,
};

/// One of a metric's series.
struct FamilySeries {
  SeriesRole role = SeriesRole::kValue;
  double bound = 0;           ///< of kBound; NaN where rows say it
  bool is_generated = false;  ///< completed from another
  std::string family;         ///< name of the metric that it is of
  MetricMapping metric;       ///< as if it were mapped by itself: its name, labels and column
};

/// x_bucket{le="0.1"}: for messages.
[[nodiscard]] std::string series_text(const FamilySeries& series);

/// Whether a metric's columns have to be checked against each other.
[[nodiscard]] bool is_family(const MetricMapping& metric);

/// @param mapping  for messages; the metric has its final name.
/// @return bounds rising, the sum, the count: as far as they are there.
/// @error kUsage  no bounds, a bound that is none or stands twice, columns that its type doesn't have, neither a bucket
///                +Inf nor a count.
Result<std::vector<FamilySeries>> family_series(const Mapping& mapping, const MetricMapping& metric);

}  // namespace promfill
