// See import_exposition.h.
#include "importing/import_exposition.h"

#include <string>
#include <utility>

#include "calendar/time_unit.h"
#include "importing/exposition_input.h"
#include "model/block_duration.h"

namespace promfill {
namespace {

/// A text names series and times itself; what is about columns was meant for another source.
Status check_mapping(const Mapping& mapping) {
  const TimestampMapping& time = mapping.timestamp;
  const char* said = nullptr;
  if (mapping.labels || !mapping.label_splits.empty()) said = "labels of columns";
  if (mapping.metrics || mapping.long_table) said = "metrics of columns";
  if (!time.column.empty() || time.unit || time.offset_ms != 0 || !time.timezone.empty()) said = "a time column";
  if (said == nullptr) return {};
  return Error{ErrorCode::kUsage, std::string("the mapping names ") + said + ", and these texts have no columns",
               mapping.file, "only constant labels, a prefix and relabelling rules apply to them"};
}

Result<ExpositionOptions> exposition_options(const Mapping& mapping, const BackfillOptions& options, Timestamp now) {
  ExpositionOptions out;
  out.changes.prefix = mapping.prefix;
  out.changes.constants = mapping.constants;
  out.changes.limits = options.limits;
  out.changes.created_is_start = options.counter_start == CounterStart::kZero;
  PROMFILL_TRY(out.changes.rules, Relabeller::compile(mapping.relabel_rules));
  out.min_time = options.min_time.value_or(kTimestampMin);
  out.max_time = options.max_time.value_or(kTimestampMax);
  if (!options.allow_implausible_times) {
    out.latest = PlausibleTimes::until(now).max;
    out.earliest_start = PlausibleTimes::until(now).min;
  }
  return out;
}

}  // namespace

Result<Report> import_exposition(std::vector<ExpositionText> texts, const Mapping& mapping,
                                 const BackfillOptions& given, const JobEnvironment& environment) {
  BackfillOptions options = given;
  if (mapping.counter_start_zero) options.counter_start = CounterStart::kZero;
  if (!options.stale_after) options.stale_after = mapping.stale_after;
  PROMFILL_TRY_STATUS(options.validate());
  PROMFILL_TRY_STATUS(check_mapping(mapping));
  PROMFILL_TRY(const ExpositionOptions parsing, exposition_options(mapping, options, environment.clock->now()));
  const BlockDurationChoice duration = choose_block_duration(options, std::nullopt);
  JobSpec spec{.inputs = {}, .mapping = mapping, .block_duration = duration.duration, .metrics = {}, .work = {}};
  for (const ExpositionText& text : texts) {
    spec.inputs.push_back(text.path);
    spec.readings.push_back(text.path + ": read as " + std::string(to_string(text.dialect)));
  }
  if (!duration.reason.empty()) spec.decisions.push_back(duration.reason);
  spec.metrics.push_back(
      {.labels = {}, .type = MetricType::kUntyped, .bundle = 0, .holds_records = parsing.changes.created_is_start});
  // Nobody knows how many blocks come. A text of a series that is forgotten costs more than all else of its lines.
  spec.work = {.row_bytes = 32, .pieces = 1 << 20, .piece_bytes = 2 << 20, .remembered_part = 4};
  PROMFILL_TRY(TextBlocks blocks, TextBlocks::open(std::move(texts)));
  environment.progress->bytes_total += blocks.stored_bytes();
  ExpositionInput input(std::move(blocks), parsing);
  PROMFILL_TRY(Report report, run_job(input, std::move(spec), options, environment));
  if (report.exemplars > 0) {
    report.notes.push_back("blocks can't hold exemplars: " + std::to_string(report.exemplars) + " are kept in " +
                           report.exemplars_file);
  }
  return report;
}

}  // namespace promfill
