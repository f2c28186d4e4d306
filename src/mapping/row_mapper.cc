#include "mapping/row_mapper.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>

#include "calendar/row_times.h"
#include "distribution/number_list.h"
#include "family/bound.h"
#include "family/bound_rows.h"
#include "mapping/metric_values.h"

namespace promfill {
namespace {

/// Runs shorter than this on average are worth sorting: ingest pays for each run, sorting for each row.
constexpr std::size_t kRowsPerRunMin = 16;

bool is_of_label(RowVerdict verdict) {
  return verdict >= RowVerdict::kInvalidUtf8 && verdict <= RowVerdict::kTooManyLabels;
}

RowVerdict verdict_of(TimeTrouble trouble) {
  switch (trouble) {
    case TimeTrouble::kNone:
      return RowVerdict::kKept;
    case TimeTrouble::kNull:
      return RowVerdict::kNullTimestamp;
    case TimeTrouble::kNotFinite:
      return RowVerdict::kInvalidTimestamp;
    case TimeTrouble::kOverflow:
      return RowVerdict::kTimestampOverflow;
    case TimeTrouble::kUnreadable:
      return RowVerdict::kInvalidTimestamp;
    case TimeTrouble::kAmbiguous:
      return RowVerdict::kAmbiguousTimestamp;
    case TimeTrouble::kSkipped:
      return RowVerdict::kNonexistentTimestamp;
  }
  return RowVerdict::kKept;
}

LabelRules label_rules(const Plan& plan) {
  LabelRules rules{.value_bytes_max = plan.limits().label_value_bytes,
                   .name_bytes_max = plan.limits().label_name_bytes,
                   .labels_max = plan.limits().labels_per_series,
                   .null_is_trouble = plan.null_label() == NullLabelPolicy::kReject,
                   .prefix = plan.prefix(),
                   .ends_total = plan.counter_total()};
  std::set<std::string> taken;
  for (const PlannedMetric& metric : plan.metrics()) {
    for (const Label& label : metric.own_labels) taken.insert(label.name);
    for (const PlannedMetric::ColumnLabel& label : metric.column_labels) taken.insert(label.name);
  }
  rules.taken_names.assign(taken.begin(), taken.end());
  return rules;
}

template <typename T>
std::vector<T> of_families(const Plan& plan) {
  std::vector<T> all;
  for (const PlannedFamily& family : plan.families()) all.emplace_back(family.series);
  return all;
}

void count_offered(const Plan& plan, const ColumnBatch& batch, Ledger& judged) {
  judged.rows_read = static_cast<std::uint64_t>(batch.rows);
  judged.cells = judged.rows_read * plan.metrics().size();
  for (const PlannedMetric& metric : plan.metrics()) {
    if (metric.is_generated) {
      judged.cells -= judged.rows_read;
      continue;
    }
    judged.nulls += static_cast<std::uint64_t>(batch.columns[metric.position].null_count);
  }
}

std::uint64_t count_values(const MetricColumn& column, std::size_t rows) {
  if (column.validity == nullptr) return rows;
  std::uint64_t values = 0;
  for (std::uint32_t row = 0; row < rows; ++row) values += static_cast<std::uint64_t>(column.valid(row));
  return values;
}

/// Whether each row has one bucket or quantile.
bool is_bound_of_rows(const PlannedFamily& family) {
  return family.series.front().role == SeriesRole::kBound && std::isnan(family.series.front().bound);
}

const BadCell* find_bad_cell(const ColumnBatch& batch, std::size_t column, std::int64_t row) {
  const auto at = std::ranges::find_if(batch.bad_cells,
                                       [&](const BadCell& cell) { return cell.column == column && cell.row == row; });
  return at == batch.bad_cells.end() ? nullptr : &*at;
}

}  // namespace

RowMapper::RowMapper(const Plan& plan, std::uint64_t memory_bytes)
    : plan_(&plan),
      memory_bytes_(memory_bytes),
      entities_(plan.labels(), label_rules(plan)),
      series_rows_(plan),
      lists_(of_families<BoundLists>(plan)),
      families_(of_families<FamilyRows>(plan)),
      numbering_(std::make_shared<char>()) {
  PROMFILL_ASSERT(!plan.needs_time_unit());
  for (const PlannedNative& native : plan.natives()) natives_.emplace_back(native.columns);
}

Result<SampleBatch> RowMapper::map(ColumnBatch&& batch, SampleBatch used) {
  PROMFILL_ASSERT(batch.rows >= 0 && batch.rows < std::numeric_limits<std::uint32_t>::max());
  PROMFILL_ASSERT(batch.columns.size() == plan_->columns().size());
  if (entities_.memory_bytes() + series_rows_.remembered_bytes() > memory_bytes_) forget_entities();
  rows_ = static_cast<std::size_t>(batch.rows);

  SampleBatch out = std::move(used);
  out.reset();
  out.numbering = numbering_;
  if (plan_->metrics_inferred() && !batch.unknown_columns.empty()) return unknown_column(batch.unknown_columns.front());
  run_starts_ = entities_.find_runs(batch);
  auto run_entities = entities_.find_entities(batch, run_starts_);
  if (!run_entities) return std::move(run_entities).error();
  run_entities_ = *run_entities;
  if (plan_->resolves_series()) series_rows_.decide(entities_);
  const bool all_kept = judge_rows(batch, out);
  if (!families_.empty()) append_families(batch, out);
  if (makes_records()) append_records(batch, all_kept, out);
  screen_values(batch, out);
  if (!families_.empty()) check_families(batch, out);
  if (makes_records()) reject_records(batch, out);
  if (!batch.bad_rows.empty() || !batch.bad_cells.empty()) count_bad(batch, out);
  if (!all_kept) count_dropped(batch, out);
  if (plan_->resolves_series()) {
    if (all_kept) verdicts_.clear();
    series_rows_.arrange(batch, {run_starts_, run_entities_, verdicts_}, out);
    return out;
  }
  arrange(out, all_kept);
  add_values(std::move(batch), out);
  return out;
}

Error RowMapper::unknown_column(const UnknownColumn& column) const {
  return {
      ErrorCode::kData,
      "a column '" + column.name + "' that the beginning of the file doesn't have, by which columns were found",
      plan_->source_name() + ", row " + std::to_string(column.number),
      "say what the metrics are, with --metric or a mapping file: promfill plan --write-map writes one to begin with"};
}

void RowMapper::forget_entities() {
  entities_ = EntityCodes(plan_->labels(), label_rules(*plan_));
  series_rows_ = SeriesRows(*plan_);
  places_ = {};
  place_batches_ = {};
  numbering_ = std::make_shared<char>();
}

std::uint64_t RowMapper::memory_bytes() const {
  std::uint64_t bytes = entities_.memory_bytes() + series_rows_.memory_bytes() + read_times_.memory_bytes() +
                        verdicts_.capacity() * sizeof(RowVerdict) + row_times_ms_.capacity() * sizeof(std::int64_t);
  for (const auto* rows : {&run_kept_, &run_places_, &run_targets_, &places_, &place_batches_, &order_}) {
    bytes += rows->capacity() * sizeof(std::uint32_t);
  }
  return bytes + ordered_times_ms_.capacity() * sizeof(std::int64_t);
}

std::size_t RowMapper::run_end(std::size_t run) const {
  return run + 1 < run_starts_.size() ? run_starts_[run + 1] : rows_;
}

// ---- values that policies take out

void RowMapper::screen_values(ColumnBatch& batch, SampleBatch& out) const {
  if (plan_->nan() == NanPolicy::kKeep && plan_->inexact() == InexactPolicy::kRound) {
    count_offered(*plan_, batch, out.judged);
    return;
  }
  std::map<std::size_t, std::uint64_t> metrics;  // of each column
  for (const PlannedMetric& metric : plan_->metrics()) metrics[metric.position] += metric.is_generated ? 0 : 1;
  if (plan_->nan() == NanPolicy::kNull) {
    for (const auto& [position, users] : metrics) take_nans_for_null(batch.columns[position], rows_, out);
  }
  count_offered(*plan_, batch, out.judged);
  if (plan_->inexact() == InexactPolicy::kRound) return;
  for (const auto& [position, users] : metrics) {
    ColumnView& column = batch.columns[position];
    const ColumnView before = column;
    for (const std::uint32_t row : take_out_inexact(column, rows_, out)) {
      if (users == 0) continue;  // completed from one that is rejected itself
      out.judged.rejected += users;
      out.judged.rejected_by_reason["inexact_value"] += users;
      if (!plan_->explain_rejects()) continue;
      Reject& reject = out.rejects.emplace_back();
      reject.source = plan_->source_name();
      reject.row = batch.row_number(row);
      reject.column = plan_->column_names()[position];
      reject.reason = "inexact_value";
      reject.value = value_text(before, row);
      reject.cells = users;
      reject.record = record_json(*plan_, batch, row);
    }
  }
}

// ---- histograms and summaries

void RowMapper::append_families(ColumnBatch& batch, SampleBatch& out) {
  for (std::size_t f = 0; f < families_.size(); ++f) {
    const PlannedFamily& family = plan_->families()[f];
    if (family.lists) lists_[f].read(batch.columns[*family.lists], rows_, out);
    const std::span<const ColumnView> of_lists = lists_[f].columns();  // none where there are no lists
    for (std::size_t i = 0; i < family.series.size(); ++i) {
      const PlannedMetric& metric = plan_->metrics()[family.first_metric + i];
      PROMFILL_ASSERT(metric.position == batch.columns.size());
      const bool of_list = family.lists == metric.input;
      // Of lists also the count, which is completed from the last of them.
      batch.columns.push_back(of_list ? of_lists[std::min(i, of_lists.size() - 1)]
                                      : ColumnView(batch.columns[metric.input]));
    }
  }
}

void RowMapper::check_families(ColumnBatch& batch, SampleBatch& out) {
  for (std::size_t f = 0; f < families_.size(); ++f) {
    const PlannedFamily& family = plan_->families()[f];
    const std::size_t first = plan_->metrics()[family.first_metric].position;
    const std::span<ColumnView> columns = std::span(batch.columns).subspan(first, family.series.size());
    const bool is_by_rows = family.series.front().metric.type == MetricType::kHistogram && is_bound_of_rows(family);
    if (is_by_rows) bound_rows_ = troubled_bound_rows(batch, family, out);
    const std::span<const TroubledRow> known = is_by_rows ? bound_rows_ : lists_[f].troubled();
    for (const TroubledRow& troubled : families_[f].check(columns, rows_, out, known)) {
      if (troubled.cells == 0) continue;
      out.judged.rejected += troubled.cells;
      out.judged.rejected_by_reason[std::string(reason_of(troubled.trouble))] += troubled.cells;
      if (plan_->explain_rejects()) out.rejects.push_back(explain(batch, family, troubled));
    }
  }
}

/// Of a family whose rows have one bucket each.
std::vector<TroubledRow> RowMapper::troubled_bound_rows(const ColumnBatch& batch, const PlannedFamily& family,
                                                        const SampleBatch& out) const {
  const PlannedMetric& metric = plan_->metrics()[family.first_metric];
  const auto bound =
      std::ranges::find_if(metric.column_labels, [](const PlannedMetric::ColumnLabel& one) { return one.is_bound; });
  PROMFILL_ASSERT(bound != metric.column_labels.end());
  const ColumnView& values = batch.columns[metric.position];
  std::vector<BoundCell> cells;
  for (std::size_t run = 0; run < run_starts_.size(); ++run) {
    const std::uint32_t entity = run_entities_[run];
    const std::optional<double> le = parse_bound(entities_.label_value(entity, bound->label));
    if (!le || !entities_.is_valid(entity)) continue;  // told elsewhere
    const std::uint64_t hash = entities_.entity(entity).hash;
    for (std::size_t row = run_starts_[run]; row < run_end(run); ++row) {
      if (!values.valid(static_cast<std::int64_t>(row))) continue;
      const std::optional<double> value = real_number(values, static_cast<std::int64_t>(row));
      if (!value || std::isnan(*value)) continue;
      cells.push_back({hash, out.times_ms[row], *le, *value, static_cast<std::uint32_t>(row)});
    }
  }
  return check_bound_rows(cells);
}

Reject RowMapper::explain(const ColumnBatch& batch, const PlannedFamily& family, const TroubledRow& troubled) const {
  const FamilySeries& series = family.series[troubled.series];
  const PlannedMetric& metric = plan_->metrics()[family.first_metric + troubled.series];
  Reject reject;
  reject.source = plan_->source_name();
  reject.row = batch.row_number(troubled.row);
  reject.column = metric.column;
  reject.reason = reason_of(troubled.trouble);
  reject.value = value_text(batch.columns[metric.input], troubled.row);
  reject.cells = troubled.cells;
  reject.record = record_json(*plan_, batch, troubled.row);
  reject.hint = "it is " + series_text(series) + ": all of " + series.family + " in this row are left out";
  return reject;
}

void RowMapper::append_records(ColumnBatch& batch, bool all_kept, SampleBatch& out) {
  const TimeReading times{plan_->time_unit(), plan_->timestamp().offset_ms};
  bad_records_.clear();
  for (NativeHistogramReader& native : natives_) append_made(native.read(batch, times), batch, out);
  if (plan_->started().empty()) return;
  row_times_ms_ = out.times_ms;
  for (std::size_t row = 0; row < rows_ && !all_kept; ++row) {
    // A row that isn't kept has its own trouble.
    if (verdicts_[row] != RowVerdict::kKept) row_times_ms_[row] = std::numeric_limits<std::int64_t>::max();
  }
  const StartedValueRules rules{.nan_is_null = plan_->nan() == NanPolicy::kNull,
                                .inexact_is_bad = plan_->inexact() == InexactPolicy::kReject,
                                .start_min = plan_->plausible().min};
  for (const PlannedStarted& started : plan_->started()) {
    StartedValues made = read_started_values(started.columns, batch, row_times_ms_, times, rules);
    out.judged.values_rounded += made.rounded;
    append_made(std::move(made.cells), batch, out);
  }
}

void RowMapper::append_made(MadeRecords made, ColumnBatch& batch, SampleBatch& out) {
  ColumnView view{.kind = ColumnKind::kRecords};
  view.null_count = made.nulls + static_cast<std::int64_t>(made.bad.size());
  view.values = out.owned_records.emplace_back(std::make_unique<RecordColumn>(std::move(made.records))).get();
  view.validity = out.owned_validity.emplace_back(std::move(made.validity)).data();
  PROMFILL_ASSERT(plan_->metrics()[made_metric(bad_records_.size())].position == batch.columns.size());
  batch.columns.push_back(view);
  bad_records_.push_back(std::move(made.bad));
}

std::size_t RowMapper::made_metric(std::size_t number) const {
  const std::size_t natives = plan_->natives().size();
  return number < natives ? plan_->natives()[number].metric : plan_->started()[number - natives].metric;
}

void RowMapper::reject_records(const ColumnBatch& batch, SampleBatch& out) {
  for (std::size_t n = 0; n < bad_records_.size(); ++n) {
    for (BadRecord& bad : bad_records_[n]) {
      --out.judged.nulls;  // as which it came
      Reject why;
      why.source = plan_->source_name();
      why.row = batch.row_number(bad.row);
      why.column = plan_->metrics()[made_metric(n)].column;
      why.reason = bad.reason;
      why.value = std::move(bad.detail);
      why.cells = 1;
      if (plan_->explain_rejects()) why.record = record_json(*plan_, batch, bad.row);
      reject(std::move(why), out);
    }
  }
}

// ---- verdicts

RowVerdict RowMapper::judge_time(Timestamp time) const {
  if (time < kStorableMin || time > kStorableMax) return RowVerdict::kTimestampOverflow;
  const PlausibleTimes& plausible = plan_->plausible();
  if (time < plausible.min || time > plausible.max) return RowVerdict::kImplausibleTimestamp;
  if (time < plan_->min_time() || time > plan_->max_time()) return RowVerdict::kOutOfWindow;
  return RowVerdict::kKept;
}

bool RowMapper::judge_rows(const ColumnBatch& batch, SampleBatch& out) {
  ColumnView times = batch.columns[plan_->time_position()];
  if (const TimeReader* reader = plan_->time_reader()) {
    reader->read(times, plan_->time_of_day(batch), rows_, read_times_);
    times = read_times_.view();
  }
  const std::int64_t offset_ms = plan_->timestamp().offset_ms;
  out.times_ms.resize(rows_);
  const auto is_invalid = [&](std::uint32_t entity) { return !entities_.is_valid(entity); };
  const bool labels_good = std::none_of(run_entities_.begin(), run_entities_.end(), is_invalid);

  const auto summary = convert_times(times, plan_->time_unit(), offset_ms, out.times_ms);
  const bool times_good =
      summary &&
      (rows_ == 0 || (judge_time(summary->min) == RowVerdict::kKept && judge_time(summary->max) == RowVerdict::kKept));
  if (labels_good && times_good) {
    out.judged.times_floored = summary->floored;
    return true;
  }

  verdicts_.resize(rows_);
  for (std::size_t run = 0; run < run_starts_.size(); ++run) {
    const RowVerdict of_labels = verdict_of(entities_.entity(run_entities_[run]).trouble);
    for (std::size_t row = run_starts_[run]; row < run_end(run); ++row) {
      const RowTime time = time_of_row(times, static_cast<std::int64_t>(row), plan_->time_unit(), offset_ms);
      RowVerdict verdict = time.trouble == TimeTrouble::kNone ? judge_time(time.time) : verdict_of(time.trouble);
      // A reject goes before a row that nobody asked for.
      if (of_labels != RowVerdict::kKept && reason_of(verdict).empty()) verdict = of_labels;
      verdicts_[row] = verdict;
      out.times_ms[row] = time.time.ms;
      out.judged.times_floored += static_cast<std::uint64_t>(time.floored && verdict == RowVerdict::kKept);
    }
  }
  if (plan_->time_reader() != nullptr) {
    for (const ReadTimes::Bad& bad : read_times_.bad()) {
      if (verdicts_[bad.row] == RowVerdict::kNullTimestamp) verdicts_[bad.row] = verdict_of(bad.why);
    }
  }
  for (const BadCell& bad : batch.bad_cells) {
    RowVerdict& verdict = verdicts_[static_cast<std::size_t>(bad.row)];
    if (bad.column == plan_->time_position() && verdict == RowVerdict::kNullTimestamp) {
      verdict = RowVerdict::kInvalidTimestamp;
    }
  }
  return false;
}

void RowMapper::count_dropped(const ColumnBatch& batch, SampleBatch& out) const {
  for (std::size_t run = 0; run < run_starts_.size(); ++run) {
    for (std::size_t row = run_starts_[run]; row < run_end(run); ++row) {
      if (verdicts_[row] != RowVerdict::kKept) count_dropped(batch, row, run_entities_[run], out);
    }
  }
}

void RowMapper::count_dropped(const ColumnBatch& batch, std::size_t row, std::uint32_t entity, SampleBatch& out) const {
  const RowVerdict verdict = verdicts_[row];
  // Cells that are no sample anywhere are counted as such, whatever their time.
  const bool some_elsewhere = verdict == RowVerdict::kOutOfWindow && plan_->resolves_series();
  std::uint64_t cells = 0;
  for (std::size_t m = 0; m < plan_->metrics().size(); ++m) {
    if (plan_->metrics()[m].is_generated) continue;
    const ColumnView& values = batch.columns[plan_->metrics()[m].position];
    if (values.null_count > 0 && !values.valid(static_cast<std::int64_t>(row))) continue;
    if (!some_elsewhere || series_rows_.has_series(entity, m)) ++cells;
  }
  if (cells == 0) return;  // only nulls, counted as such: nothing was lost with the row
  if (verdict == RowVerdict::kOutOfWindow) {
    out.judged.out_of_window += cells;
    return;
  }
  out.judged.rejected += cells;
  out.judged.rejected_by_reason[std::string(reason_of(verdict))] += cells;
  if (plan_->explain_rejects()) out.rejects.push_back(explain(batch, row, cells));
}

void RowMapper::reject(Reject&& why, SampleBatch& out) const {
  out.judged.rejected += why.cells;
  out.judged.rejected_by_reason[why.reason] += why.cells;
  if (plan_->explain_rejects()) out.rejects.push_back(std::move(why));
}

void RowMapper::count_bad(const ColumnBatch& batch, SampleBatch& out) const {
  const auto generated = std::ranges::count_if(plan_->metrics(), &PlannedMetric::is_generated);
  const std::size_t metrics = plan_->metrics().size() - static_cast<std::size_t>(generated);
  for (const BadRow& bad : batch.bad_rows) {
    ++out.judged.rows_read;
    out.judged.cells += metrics;
    Reject why{.source = plan_->source_name(),
               .row = bad.number,
               .column = "",
               .reason = bad.reason,
               .value = bad.text,
               .cells = metrics,
               .record = ""};
    reject(std::move(why), out);
  }
  for (const BadCell& bad : batch.bad_cells) {
    for (const PlannedMetric& metric : plan_->metrics()) {
      if (metric.input != bad.column || metric.is_generated) continue;
      --out.judged.nulls;  // as which it came
      Reject why{.source = plan_->source_name(),
                 .row = batch.row_number(bad.row),
                 .column = metric.column,
                 .reason = "invalid_number",
                 .value = bad.text,
                 .cells = 1,
                 .record = plan_->explain_rejects() ? record_json(*plan_, batch, bad.row) : ""};
      reject(std::move(why), out);
    }
  }
}

Reject RowMapper::explain(const ColumnBatch& batch, std::size_t row, std::uint64_t cells) const {
  const auto at = static_cast<std::int64_t>(row);
  Reject reject;
  reject.source = plan_->source_name();
  reject.row = batch.row_number(at);
  reject.reason = reason_of(verdicts_[row]);
  std::size_t position = plan_->time_position();
  if (is_of_label(verdicts_[row])) {
    const auto run = std::upper_bound(run_starts_.begin(), run_starts_.end(), row) - run_starts_.begin() - 1;
    const std::uint32_t entity = run_entities_[static_cast<std::size_t>(run)];
    const std::size_t label = entities_.entity(entity).troubled_label;
    position = plan_->labels()[label].position;
    if (verdicts_[row] == RowVerdict::kLabelValueTooLong) {
      reject.hint = hint_to_raise(&Limits::label_value_bytes, entities_.label_value(entity, label).size());
    }
  }
  reject.column = plan_->column_names()[position];
  const BadCell* const bad = find_bad_cell(batch, position, at);
  reject.value = bad != nullptr ? bad->text : value_text(batch.columns[position], at);
  if (const ColumnView* clock = plan_->time_of_day(batch); clock != nullptr && position == plan_->time_position()) {
    reject.value += " " + value_text(*clock, at);
  }
  reject.cells = cells;
  reject.record = record_json(*plan_, batch, at);
  return reject;
}

// ---- order of rows

std::uint32_t RowMapper::place_entity(std::uint32_t entity, SampleBatch& out) {
  if (place_batches_[entity] == batch_number_) return places_[entity];
  const EntityCodes::Entity described = entities_.entity(entity);
  const auto begin = static_cast<std::uint32_t>(out.keys.size());
  out.keys += described.key;
  PROMFILL_ASSERT(out.keys.size() <= std::numeric_limits<std::uint32_t>::max());
  places_[entity] = static_cast<std::uint32_t>(out.entities.size());
  place_batches_[entity] = batch_number_;
  out.entities.push_back({described.hash, begin, static_cast<std::uint32_t>(out.keys.size()), entity});
  return places_[entity];
}

void RowMapper::arrange(SampleBatch& out, bool all_kept) {
  if (++batch_number_ == 0) {
    place_batches_.assign(place_batches_.size(), 0);
    batch_number_ = 1;
  }
  places_.resize(entities_.size());
  place_batches_.resize(entities_.size());

  const std::size_t runs = run_starts_.size();
  run_kept_.resize(runs);
  run_places_.resize(runs);
  for (std::size_t run = 0; run < runs; ++run) {
    const std::size_t begin = run_starts_[run];
    const std::size_t end = run_end(run);
    const auto kept = all_kept ? static_cast<std::ptrdiff_t>(end - begin)
                               : std::count(verdicts_.begin() + static_cast<std::ptrdiff_t>(begin),
                                            verdicts_.begin() + static_cast<std::ptrdiff_t>(end), RowVerdict::kKept);
    run_kept_[run] = static_cast<std::uint32_t>(kept);
    if (kept > 0) run_places_[run] = place_entity(run_entities_[run], out);
  }
  const bool sort = runs * kRowsPerRunMin > rows_ && out.entities.size() < runs;
  in_place_ = all_kept && !sort;
  if (sort) {
    place_runs_by_entity(out);
  } else {
    place_runs_as_they_come(out);
  }
  if (!in_place_) order_rows(out, all_kept);
}

void RowMapper::place_runs_as_they_come(SampleBatch& out) {
  std::uint32_t row = 0;
  run_targets_.resize(run_starts_.size());
  for (std::size_t run = 0; run < run_starts_.size(); ++run) {
    run_targets_[run] = row;
    if (run_kept_[run] == 0) continue;
    out.runs.push_back({run_places_[run], row, row + run_kept_[run]});
    row += run_kept_[run];
  }
}

void RowMapper::place_runs_by_entity(SampleBatch& out) {
  // A counting sort: rows of each entity, then where each entity begins, then where each run of it goes.
  out.runs.resize(out.entities.size());
  for (std::size_t run = 0; run < run_starts_.size(); ++run) {
    if (run_kept_[run] > 0) out.runs[run_places_[run]].end += run_kept_[run];
  }
  std::uint32_t row = 0;
  for (std::size_t entity = 0; entity < out.runs.size(); ++entity) {
    const std::uint32_t rows = out.runs[entity].end;
    out.runs[entity] = {static_cast<std::uint32_t>(entity), row, row};
    row += rows;
  }
  run_targets_.resize(run_starts_.size());
  for (std::size_t run = 0; run < run_starts_.size(); ++run) {
    if (run_kept_[run] == 0) continue;
    std::uint32_t& end = out.runs[run_places_[run]].end;
    run_targets_[run] = end;
    end += run_kept_[run];
  }
}

void RowMapper::order_rows(SampleBatch& out, bool all_kept) {
  order_.resize(std::accumulate(run_kept_.begin(), run_kept_.end(), std::size_t{0}));
  for (std::size_t run = 0; run < run_starts_.size(); ++run) {
    if (run_kept_[run] == 0) continue;
    std::uint32_t* target = order_.data() + run_targets_[run];
    for (std::size_t row = run_starts_[run]; row < run_end(run); ++row) {
      if (all_kept || verdicts_[row] == RowVerdict::kKept) *target++ = static_cast<std::uint32_t>(row);
    }
  }
  ordered_times_ms_.resize(order_.size());
  for (std::size_t i = 0; i < order_.size(); ++i) ordered_times_ms_[i] = out.times_ms[order_[i]];
  out.times_ms.swap(ordered_times_ms_);
}

// ---- values

void RowMapper::add_values(ColumnBatch&& batch, SampleBatch& out) const {
  const RowOrder order = in_place_ ? RowOrder() : RowOrder(order_);
  const std::span<const PlannedMetric> metrics = plan_->metrics();
  out.metrics.reserve(metrics.size());
  bool borrows = false;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const ColumnView& column = batch.columns[metrics[i].position];
    borrows |= in_place_ && (column.kind == ColumnKind::kDouble || column.null_count > 0);
    add_metric_values(column, rows_, order, static_cast<std::uint32_t>(i), out);
    if (metrics[i].is_generated) out.judged.generated += count_values(out.metrics.back(), out.times_ms.size());
  }
  if (borrows) out.owner = std::move(batch.owner);
}

}  // namespace promfill
