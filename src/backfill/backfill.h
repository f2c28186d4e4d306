// The conductor: an input in, blocks and a report out; sources with a mapping are one. Reads as the flow in
// ARCHITECTURE.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "backfill/input.h"
#include "backfill/progress.h"
#include "file/file_system.h"
#include "job/metadata.h"
#include "model/block_duration.h"
#include "promfill/mapping.h"
#include "promfill/options.h"
#include "promfill/report.h"
#include "resource/clock.h"
#include "resource/machine.h"
#include "resource/memory_budget.h"
#include "resource/tuning.h"
#include "source/source.h"

namespace promfill {

/// What a job takes from its surroundings; tests replace any of it.
/// What is known of a job before it reads.
struct JobOutlook {
  std::optional<TimeSpan> times;  ///< of what will be kept; nothing where it isn't known beforehand
  Duration block_duration;
};

struct JobEnvironment {
  FileSystem* fs = nullptr;
  const Clock* clock = nullptr;
  Progress* progress = nullptr;
  std::stop_token stop;
  MemoryBudget* budget = nullptr;    ///< that the sources charge, too; null: one of memory_limit() for the rest
  const Machine* machine = nullptr;  ///< that the job is tuned for; null: this one
  std::function<void(const JobOutlook&)> planned{};  ///< called before reading begins; may be empty
};

/// What a job is, beside the rows.
struct JobSpec {
  std::vector<std::string> inputs;      ///< names; empty where the input is a program's, and can't be read again
  std::vector<std::string> readings{};  ///< what was found out about the inputs, and why: of its identity, too
  Mapping mapping;                      ///< of its identity
  Duration block_duration;
  std::vector<MetricDef> metrics;  ///< with their bundles
  Workload work;                   ///< for tuning
  std::vector<std::string> decisions{};
  std::vector<MetricMetadata> metadata{};  ///< of the metrics
};

/// Read the input to its end, as blocks into options.out.
/// All or nothing: on an error no block of the job is left, and OUT is as it was.
Result<Report> run_job(Input& input, JobSpec spec, const BackfillOptions& options, const JobEnvironment& environment);

/// Import `sources` (in source order: sorted by name is the caller's business) as blocks into options.out.
Result<Report> run_backfill(std::vector<std::unique_ptr<Source>> sources, const Mapping& mapping,
                            const BackfillOptions& options, const JobEnvironment& environment);

}  // namespace promfill
