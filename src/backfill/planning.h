// The planning half of a job: a mapping completed against the sources, the unit of its times decided on the first
// batch, and a plan for each source. No sample is read before all of it is settled.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mapping/plan.h"
#include "model/block_duration.h"
#include "promfill/mapping.h"
#include "promfill/options.h"
#include "resource/tuning.h"
#include "source/source.h"
#include "store/sample_batch.h"

namespace promfill {

struct JobPlan {
  CompleteMapping mapping;
  std::vector<MetricDef> metrics;
  std::vector<Plan> plans;             ///< one for each source
  std::vector<std::string> decisions;  ///< what was inferred, and why
  Duration block_duration;             ///< the user's, or chosen
  /// By source and piece: the times of the rows that will be kept (plausible, and within --min-time and --max-time), as
  /// the source's statistics bound them. Nothing where the source has none; empty spans where no row will be kept.
  std::vector<std::vector<std::optional<TimeSpan>>> piece_times;
  std::optional<TimeSpan> times;  ///< of all of them; nothing where some piece has no statistics
  /// For each metric the number of its bundle: metrics that the same sources yield, so that a row carries all metrics
  /// of a bundle or none. Numbered from 0 in order of the bundles' first metrics.
  std::vector<std::uint32_t> bundle_of_metric;
  Workload work;  ///< for tuning
};

/// Partition `metrics` metrics into bundles, as in JobPlan.
/// @param yielded  for each source the numbers of its metrics, in any order.
std::vector<std::uint32_t> bundle_metrics(std::size_t metrics, std::span<const std::vector<std::uint32_t>> yielded);

/// @param sources  not empty.
/// @param now      for the guard against implausible times.
/// @error kUsage  the mapping does not fit a source; kData  the unit of the times is wrong; or what the source says.
Result<JobPlan> plan_job(std::span<const std::unique_ptr<Source>> sources, const Mapping& mapping,
                         const BackfillOptions& options, Timestamp now);

}  // namespace promfill
