// The job's metrics out of a complete mapping: names checked, constants joined.
#pragma once

#include <string_view>
#include <vector>

#include "promfill/limits.h"
#include "promfill/mapping.h"
#include "promfill/result.h"
#include "store/sample_batch.h"

namespace promfill {

/// Parse the type of a metric: "gauge", "counter", "untyped", "info" or "stateset".
/// @param of_families  whether it may be one of several columns, too: "histogram" or "summary".
/// @error kUsage  no type, or one that this version can't import yet.
Result<MetricType> parse_mapped_type(std::string_view text, bool of_families = false);

/// Whether columns say of the metric's floats when their counting began, or that they end: they are records then.
[[nodiscard]] bool says_start_or_end(const MetricMapping& metric);

/// Whether a series is more than an entity and a metric: rules relabel it, a metric has labels out of columns that
/// other metrics don't have, or samples may come from it that lie elsewhere than its rows.
[[nodiscard]] bool resolves_series(const Mapping& mapping);

/// The labels of each series of `mapping.metrics` (family_series), in that order, without those out of columns:
/// __name__ (in a long table rows have it), the metric's constants, the mapping's.
/// @error kUsage  a metric or label name that Prometheus 2 can't take, a label said twice, two metrics of one name and
///                the same labels; more of something than `limits` has.
Result<std::vector<Labels>> metric_labels(const Mapping& mapping, const Limits& limits = {});

/// One definition for each series of `mapping.metrics`, in that order, with their metric_labels; where series are
/// resolved, one without labels: entities have them all.
/// @error as metric_labels.
Result<std::vector<MetricDef>> metric_definitions(const Mapping& mapping, const Limits& limits = {});

}  // namespace promfill
