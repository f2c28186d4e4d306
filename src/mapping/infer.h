// Fills in what a mapping leaves open from a source's schema, and says why.
//
//   time     the only timestamp-typed column, else the first one named timestamp, time, ts, date or datetime
//   labels   text and dictionary columns, and integer columns whose name ends in "id"
//   metrics  the other numeric columns, as gauges
//
// What a name may not have becomes an underscore in those of labels and metrics.
#pragma once

#include <string>
#include <vector>

#include "model/column.h"
#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

/// A mapping with a time column, labels and metrics, each metric with its name.
struct CompleteMapping {
  Mapping mapping;
  bool metrics_inferred = false;     ///< a column that is not known yet might have been one
  std::vector<std::string> reasons;  ///< a sentence for each choice that the mapping left open, for people
};

/// A mapping that is complete comes back as it was; whether its columns exist is Plan::compile's to check, file by
/// file.
/// @error kUsage  no time column or no metric can be inferred.
Result<CompleteMapping> complete_mapping(const Mapping& mapping, const SourceSchema& schema);

}  // namespace promfill
