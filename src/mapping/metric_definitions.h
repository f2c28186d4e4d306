// The job's metrics out of a complete mapping: names checked, constants joined.
#pragma once

#include <string_view>
#include <vector>

#include "promfill/limits.h"
#include "promfill/mapping.h"
#include "promfill/result.h"
#include "store/sample_batch.h"

namespace promfill {

/// Parse a metric's type in a mapping: "gauge", "counter" or "untyped".
/// @error kUsage  no type, or one that this version can't import yet.
Result<MetricType> parse_mapped_type(std::string_view text);

/// One definition for each of `mapping.metrics`, in that order: labels are __name__ and the constants.
/// @error kUsage  a metric or label name that Prometheus 2 can't take, a label said twice, two metrics of one name;
///                more of something than `limits` has.
Result<std::vector<MetricDef>> metric_definitions(const Mapping& mapping, const Limits& limits = {});

}  // namespace promfill
