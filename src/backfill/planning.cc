// See planning.h.
#include "backfill/planning.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "calendar/row_times.h"
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
  for (std::size_t piece = 0; piece < source.pieces().size(); ++piece) {
    PROMFILL_TRY(const auto reader, source.read(piece, plan.time_columns(), kJudgedRows));
    while (true) {
      PROMFILL_TRY(const std::optional<ColumnBatch> batch, reader->next());
      if (!batch) break;
      const ColumnView& times = batch->columns[0];
      const TimeReader* const time_reader = plan.time_reader();
      auto decision = time_reader != nullptr
                          ? time_reader->judge(times, plan.time_of_day(*batch), batch->rows, guard)
                          : judge_times(times, batch->rows, plan.time_type(), plan.timestamp(), guard);
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

/// The smallest and largest time of a piece as mapping will convert them: conversion never falls, so the extremes of
/// the column's numbers give those of the times.
std::optional<TimeSpan> times_of(const PieceInfo& piece, const Plan& plan) {
  const std::size_t column = plan.columns()[plan.time_position()].column;
  const auto range = std::find_if(piece.ranges.begin(), piece.ranges.end(),
                                  [column](const ColumnRange& other) { return other.column == column; });
  if (range == piece.ranges.end()) return std::nullopt;
  std::array<std::int64_t, 2> extremes{range->min, range->max};
  ColumnView times;
  times.kind = plan.time_type().kind;
  times.unit = plan.time_type().unit;
  if (const TimeReader* const reader = plan.time_reader()) {
    if (times.kind != ColumnKind::kTimestamp || plan.time_columns().size() > 1) return std::nullopt;
    const auto earliest = reader->earliest_us(range->min);
    const auto latest = reader->latest_us(range->max);
    if (!earliest || !latest) return std::nullopt;
    extremes = {*earliest, *latest};
    times.unit = TimeUnit::kMicroseconds;
  }
  times.values = extremes.data();
  const RowTime min = time_of_row(times, 0, plan.time_unit(), plan.timestamp().offset_ms);
  const RowTime max = time_of_row(times, 1, plan.time_unit(), plan.timestamp().offset_ms);
  if (min.trouble != TimeTrouble::kNone || max.trouble != TimeTrouble::kNone) return std::nullopt;
  const TimeSpan kept{.min = std::max({min.time, kStorableMin, plan.plausible().min, plan.min_time()}),
                      .max = std::min({max.time, kStorableMax, plan.plausible().max, plan.max_time()})};
  return kept.empty() ? TimeSpan() : kept;
}

void find_piece_times(std::span<const std::unique_ptr<Source>> sources, JobPlan& job) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    std::vector<std::optional<TimeSpan>>& times = job.piece_times.emplace_back();
    const std::span<const PlannedStarted> started = job.plans[i].started();
    // Samples at starts may lie before everything that statistics speak of.
    const bool lie_elsewhere =
        std::any_of(started.begin(), started.end(), [](const auto& one) { return one.begins_with_zero; });
    for (const PieceInfo& piece : sources[i]->pieces()) {
      times.push_back(lie_elsewhere ? std::nullopt : times_of(piece, job.plans[i]));
    }
  }
}

/// Of all pieces; nothing where one of them has no statistics.
std::optional<TimeSpan> span_of(const std::vector<std::vector<std::optional<TimeSpan>>>& piece_times) {
  TimeSpan all;
  for (const auto& of_source : piece_times) {
    for (const std::optional<TimeSpan>& piece : of_source) {
      if (!piece) return std::nullopt;
      all = all.united(*piece);
    }
  }
  return all;
}

/// A plan's metrics are the job's, in their order; resolved series are all of one.
std::vector<std::vector<std::uint32_t>> yielded_metrics(const std::vector<Plan>& plans) {
  std::vector<std::vector<std::uint32_t>> yielded;
  for (const Plan& plan : plans) {
    std::vector<std::uint32_t>& numbers = yielded.emplace_back(plan.resolves_series() ? 1 : plan.metrics().size());
    std::iota(numbers.begin(), numbers.end(), 0U);
  }
  return yielded;
}

/// Of a row decoded and mapped, about: text is shared by the rows of a dictionary, or short.
std::uint64_t row_bytes(const SourceSchema& schema, const Plan& plan) {
  static constexpr std::uint64_t kTextBytes = 32;
  static constexpr std::uint64_t kNumberBytes = 8;
  static constexpr std::uint64_t kEntityBytes = 4;
  const std::uint64_t metrics = plan.metrics().size();
  // A row of series has a time and a place for each of its values.
  const std::uint64_t rows = plan.resolves_series() ? metrics : 1;
  std::uint64_t bytes = rows * (kNumberBytes + kEntityBytes) + kNumberBytes * metrics;
  for (const ColumnRequest& request : plan.columns()) {
    const ColumnKind kind = schema[request.column].type.kind;
    bytes += kind == ColumnKind::kUtf8 || kind == ColumnKind::kDictionary ? kTextBytes : kNumberBytes;
  }
  return bytes;
}

/// Of each column that is read: a page as it is stored, decompressed and decoded, and a dictionary.
constexpr std::uint64_t kPageBytes = 3 << 19;

Workload workload(std::span<const std::unique_ptr<Source>> sources, const std::vector<Plan>& plans) {
  Workload work{.row_bytes = 1, .pieces = 0};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    work.row_bytes = std::max(work.row_bytes, row_bytes(sources[i]->schema(), plans[i]));
    work.pieces += sources[i]->pieces().size();
    const std::uint64_t pages = kPageBytes * plans[i].columns().size();
    for (const PieceInfo& piece : sources[i]->pieces())
      work.piece_bytes = std::max(work.piece_bytes, piece.bytes + pages);
  }
  return work;
}

Status divide_sources(std::span<const std::unique_ptr<Source>> sources, const std::vector<Plan>& plans) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::size_t time = plans[i].columns()[plans[i].time_position()].column;
    PROMFILL_TRY_STATUS(sources[i]->divide(time, plans[i].time_unit()));
  }
  return {};
}

/// What a mapping doesn't say comes from the columns of a source; mistakes, too.
Error at_source(Error error, const Source& source) {
  if (error.where.empty()) error.where = source.name();
  return error;
}

}  // namespace

std::vector<std::uint32_t> bundle_metrics(std::size_t metrics, std::span<const std::vector<std::uint32_t>> yielded) {
  std::vector<std::vector<std::uint32_t>> sources_of(metrics);
  for (std::uint32_t source = 0; source < yielded.size(); ++source) {
    for (const std::uint32_t metric : yielded[source]) sources_of[metric].push_back(source);
  }
  std::map<std::vector<std::uint32_t>, std::uint32_t> numbers;
  std::vector<std::uint32_t> bundles;
  for (std::vector<std::uint32_t>& sources : sources_of) {
    const auto next = static_cast<std::uint32_t>(numbers.size());
    bundles.push_back(numbers.try_emplace(std::move(sources), next).first->second);
  }
  return bundles;
}

Result<JobPlan> plan_job(std::span<const std::unique_ptr<Source>> sources, const Mapping& mapping,
                         const BackfillOptions& options, Timestamp now) {
  JobPlan job;
  auto completed = complete_mapping(mapping, sources.front()->schema());
  if (!completed) return at_source(std::move(completed).error(), *sources.front());
  job.mapping = *std::move(completed);
  auto metrics = metric_definitions(job.mapping.mapping, options.limits);
  if (!metrics) return at_source(std::move(metrics).error(), *sources.front());
  job.metrics = *std::move(metrics);
  job.decisions = job.mapping.reasons;
  PlanOptions plan_options{.time_unit = {},
                           .min_time = options.min_time,
                           .max_time = options.max_time,
                           .allow_implausible = options.allow_implausible_times,
                           .now = now,
                           .explain_rejects = options.on_reject != RejectPolicy::kDrop || options.rejects_max,
                           .nan = options.nan,
                           .inexact = options.inexact,
                           .counter_start = options.counter_start,
                           .null_label = options.null_label,
                           .limits = options.limits};
  PROMFILL_TRY(job.plans, compile_all(sources, job.mapping, plan_options));
  PROMFILL_TRY(plan_options.time_unit, decide_time_unit(sources, job, {options.allow_implausible_times, now}));
  PROMFILL_TRY(job.plans, compile_all(sources, job.mapping, plan_options));
  PROMFILL_TRY_STATUS(divide_sources(sources, job.plans));
  std::vector<std::string> of_source;
  for (const std::string& decision : sources.front()->decisions()) {
    of_source.push_back(sources.front()->name() + ": " + decision);
  }
  job.decisions.insert(job.decisions.begin(), of_source.begin(), of_source.end());
  find_piece_times(sources, job);
  job.bundle_of_metric = bundle_metrics(job.metrics.size(), yielded_metrics(job.plans));
  job.work = workload(sources, job.plans);
  job.times = span_of(job.piece_times);
  BlockDurationChoice choice = choose_block_duration(options, job.times);
  job.block_duration = choice.duration;
  if (!choice.reason.empty()) job.decisions.push_back(std::move(choice.reason));
  return job;
}

}  // namespace promfill
