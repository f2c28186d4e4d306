// Bounds of buckets and quantiles of summaries, as the values of the labels le and quantile.
//
//   "1" "1.0" "1e0"  → 1.0        "0.25" → 0.25       "1000000" → 1e+06      "inf" "+Inf" → +Inf
//
// Prometheus 3 stores them so whatever the target wrote (labels.FormatOpenMetricsFloat): the shortest digits that give
// the number again, with an exponent below 10^-4 and from 10^6 on, and never without a point or an exponent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace promfill {

/// A number with or without a sign, a point and an exponent; inf, +Inf and Infinity, whatever the case. NaN is none.
[[nodiscard]] std::optional<double> parse_bound(std::string_view text);

/// The label's value. @param bound  not NaN.
[[nodiscard]] std::string bound_text(double bound);

}  // namespace promfill
