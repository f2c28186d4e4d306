// Which columns of a source a native histogram is read from: those that the mapping names, and those that are members
// of the metric's column with the names that such members have.
//
//   column: latency    latency.schema | latency.scale    latency.count    latency.sum    latency.zero_count …
//                      latency.positive_spans | latency.positive.spans    latency.positive (a map) …
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "distribution/native_columns.h"
#include "model/column.h"
#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

/// Call visit(side, key, text) for every text of `native`, by its key in mapping files; `side` is "", "positive" or
/// "negative".
template <typename Native, typename Visit>
void for_each_part(Native& native, Visit visit) {
  visit("", "schema", native.schema);
  visit("", "scale", native.scale);
  visit("", "zero_threshold", native.zero_threshold);
  visit("", "zero_count", native.zero_count);
  visit("", "custom_bounds", native.custom_bounds);
  const auto visit_side = [&visit](const char* side, auto& buckets) {
    visit(side, "spans", buckets.spans);
    visit(side, "deltas", buckets.deltas);
    visit(side, "counts", buckets.counts);
    visit(side, "offset", buckets.offset);
    visit(side, "by_number", buckets.by_number);
  };
  visit_side("positive", native.positive);
  visit_side("negative", native.negative);
}

struct NativePartsRequest {
  const MetricMapping& metric;
  const SourceSchema& schema;
  const std::string& source_name;
  std::string where{};  ///< of the mapping, for messages
};

/// @param position_of  is called with a column's place in the schema, and gives that among those to be read.
/// @error kUsage  a column that isn't there or is of another type; a schema, or buckets, that nobody says.
Result<NativeHistogramColumns> find_native_columns(const NativePartsRequest& request,
                                                   const std::function<std::size_t(std::size_t)>& position_of);

}  // namespace promfill
