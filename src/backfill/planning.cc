// See planning.h.
#include "backfill/planning.h"

#include <algorithm>

#include "mapping/infer.h"
#include "mapping/metric_definitions.h"

namespace promfill {
namespace {

constexpr std::int64_t kJudgedRows = 1 << 14;

Result<std::vector<Plan>> compile_all(std::span<const std::unique_ptr<Source>> sources, const CompleteMapping& mapping,
                                      const PlanOptions& options) {
  std::vector<Plan> plans;
  for (const std::unique_ptr<Source>& source : sources) {
    PROMFILL_TRY(Plan plan, Plan::compile(mapping, source->schema(), source->name(), options));
    plans.push_back(std::move(plan));
  }
  return plans;
}

/// Judge the times of a source's first batches until one has a time. Nothing when no row has.
Result<std::optional<TimeDecision>> judge_source(Source& source, const Plan& plan, const TimeGuard& guard) {
  const ColumnRequest time_column = plan.columns()[plan.time_position()];
  for (std::size_t piece = 0; piece < source.pieces().size(); ++piece) {
    PROMFILL_TRY(const auto reader, source.read(piece, std::span(&time_column, 1), kJudgedRows));
    while (true) {
      PROMFILL_TRY(const std::optional<ColumnBatch> batch, reader->next());
      if (!batch) break;
      auto decision = judge_times(batch->columns[0], batch->rows, plan.time_type(), plan.timestamp(), guard);
      if (!decision) {
        Error error = std::move(decision).error();
        if (error.where.empty()) error.where = source.name();
        return error;
      }
      if (decision->times_judged > 0) return std::optional(*std::move(decision));
    }
  }
  return std::optional<TimeDecision>();
}

/// Guard the job against a wrong unit on its first times, in source order, and decide the unit of those columns that
/// don't know theirs on the first of them: the same column is a timestamp in one file and a number in the next.
Result<TimeUnit> decide_time_unit(std::span<const std::unique_ptr<Source>> sources, JobPlan& job,
                                  const TimeGuard& guard) {
  std::optional<TimeUnit> unit;
  bool guarded = false;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const bool asks = job.plans[i].needs_time_unit() && !unit;
    if (guarded && !asks) continue;
    PROMFILL_TRY(const std::optional<TimeDecision> decision, judge_source(*sources[i], job.plans[i], guard));
    if (!decision) continue;
    guarded = true;
    if (asks) unit = decision->unit;
    job.decisions.push_back(decision->reason);
  }
  return unit.value_or(TimeUnit::kSeconds);  // without a time there is nothing to convert
}

}  // namespace

Result<JobPlan> plan_job(std::span<const std::unique_ptr<Source>> sources, const Mapping& mapping,
                         const BackfillOptions& options, Timestamp now) {
  JobPlan job;
  PROMFILL_TRY(job.mapping, complete_mapping(mapping, sources.front()->schema()));
  PROMFILL_TRY(job.metrics, metric_definitions(job.mapping.mapping));
  job.decisions = job.mapping.reasons;
  PlanOptions plan_options{.time_unit = {},
                           .min_time = options.min_time,
                           .max_time = options.max_time,
                           .allow_implausible = options.allow_implausible_times,
                           .now = now,
                           .explain_rejects = options.on_reject != RejectPolicy::kDrop || options.rejects_max};
  PROMFILL_TRY(job.plans, compile_all(sources, job.mapping, plan_options));
  PROMFILL_TRY(plan_options.time_unit, decide_time_unit(sources, job, {options.allow_implausible_times, now}));
  PROMFILL_TRY(job.plans, compile_all(sources, job.mapping, plan_options));
  return job;
}

}  // namespace promfill
