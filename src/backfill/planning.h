// The planning half of a job: a mapping completed against the sources, the unit of its times decided on the first
// batch, and a plan for each source. No sample is read before all of it is settled.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ingest/sample_batch.h"
#include "mapping/plan.h"
#include "promfill/mapping.h"
#include "promfill/options.h"
#include "source/source.h"

namespace promfill {

struct JobPlan {
  CompleteMapping mapping;
  std::vector<MetricDef> metrics;
  std::vector<Plan> plans;             ///< one for each source
  std::vector<std::string> decisions;  ///< what was inferred, and why
};

/// @param sources  not empty.
/// @param now      for the guard against implausible times.
/// @error kUsage  the mapping does not fit a source; kData  the unit of the times is wrong; or what the source says.
Result<JobPlan> plan_job(std::span<const std::unique_ptr<Source>> sources, const Mapping& mapping,
                         const BackfillOptions& options, Timestamp now);

}  // namespace promfill
