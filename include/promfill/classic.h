// ClassicHistogram and Summary: distributions that are several series, as members of records.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// A classic histogram of a record: x_bucket{le="…"}, x_sum and x_count. What its bounds are is said once, by the tag:
/// "metric_type:histogram,bounds:0.1 0.5 1". Of the bucket +Inf and the count one may be missing: it is completed.
struct ClassicHistogram {
  /// Counts, in the order of the tag's bounds: of what is at most the bound; with "cumulative:false" in the tag, of
  /// each bucket alone. Not one for each bound: a reject. Empty: the record has no sample of this histogram.
  std::vector<double> buckets{};
  std::optional<double> sum{};    ///< of what was observed
  std::optional<double> count{};  ///< of what was observed
};

/// A summary of a record: x{quantile="…"}, x_sum and x_count, with "metric_type:summary,quantiles:0.5 0.99".
struct Summary {
  std::vector<double> values{};   ///< in the order of the tag's quantiles. Empty: no sample of this summary
  std::optional<double> sum{};    ///< of what was observed
  std::optional<double> count{};  ///< of what was observed
};

}  // namespace PROMFILL_ABI
}  // namespace promfill
