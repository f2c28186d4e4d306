// See record_mapper.h.
#include "record/record_mapper.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <type_traits>
#include <utility>

#include "calendar/row_times.h"
#include "histogram/sample_record.h"
#include "mapping/metric_values.h"
#include "record/reject_text.h"

namespace promfill {

/// What becomes of a row; all but kKept take it out of the batch.
enum class RecordMapper::Verdict : std::uint8_t {
  kKept,
  kNullTimestamp,
  kInvalidTimestamp,
  kTimestampOverflow,
  kImplausibleTimestamp,
  kBadLabels,
  kOutOfWindow,  ///< the only one that is no reject
};

namespace {

/// Read at a time: of a struct of 100 bytes they fit the second cache.
constexpr std::size_t kBlockRows = 1024;

std::string_view reason_of(LabelsTrouble trouble) {
  switch (trouble) {
    case LabelsTrouble::kInvalidName:
      return "invalid_label_name";
    case LabelsTrouble::kNameTooLong:
      return "label_name_too_long";
    case LabelsTrouble::kDuplicate:
      return "duplicate_label";
    case LabelsTrouble::kTooMany:
      return "too_many_labels";
    case LabelsTrouble::kNotUtf8:
      return "invalid_utf8";
    case LabelsTrouble::kValueTooLong:
      return "label_value_too_long";
    case LabelsTrouble::kNoMetricName:
      return "no_metric_name";
    case LabelsTrouble::kNone:
      break;
  }
  return "";
}

std::string hint_of(const RecordEntities::Described& labels) {
  switch (labels.trouble) {
    case LabelsTrouble::kNameTooLong:
      return hint_to_raise(&Limits::label_name_bytes, labels.troubled_label.size());
    case LabelsTrouble::kValueTooLong:
      return hint_to_raise(&Limits::label_value_bytes, labels.troubled_value.size());
    default:
      return "";
  }
}

bool has_value(const RecordType::AnyValue& value) {
  return value.integer != nullptr || value.floating_point != nullptr || value.number;
}

/// Values that are cells, of a row that is there.
std::uint64_t cells_of(const RecordFamily& family, const RecordType::FamilyValue& value) {
  if (value.values == nullptr) return 0;
  std::uint64_t cells = 0;
  for (const FamilySeries& series : family.series) {
    const bool is_null = series.role == SeriesRole::kSum && !value.sum;
    cells += static_cast<std::uint64_t>(!series.is_generated && !is_null);
  }
  return cells;
}

/// @param fits  whether there is a value for each bound.
std::optional<double> family_value(const RecordType::Metric& metric, const RecordFamily& family, std::size_t series,
                                   const RecordType::FamilyValue& value, bool fits) {
  const FamilySeries& one = family.series[series];
  if (one.role == SeriesRole::kSum) return value.sum;
  if (one.role == SeriesRole::kBound && !one.is_generated) return fits ? value.values[family.value_of[series]] : 0;
  if (value.count) return value.count;
  if (metric.type != MetricType::kHistogram || !fits) return std::nullopt;
  // Left out: what the bucket +Inf says, if there is one.
  double total = 0;
  bool is_infinite = false;
  for (std::size_t s = 0; s < family.series.size(); ++s) {
    const FamilySeries& bucket = family.series[s];
    if (bucket.role != SeriesRole::kBound || bucket.is_generated) continue;
    const double count = value.values[family.value_of[s]];
    total = metric.cumulative ? count : total + count;
    is_infinite = std::isinf(bucket.bound);
  }
  return is_infinite ? std::optional(total) : std::nullopt;
}

}  // namespace

/// Why a value is no sample.
struct RecordMapper::Refusal {
  std::string reason{};  ///< empty: it is one
  std::string detail{};
  std::uint64_t cells = 1;
};

RecordMapper::RecordMapper(const RecordPlan& plan, std::uint64_t memory_bytes)
    : plan_(&plan), memory_bytes_(memory_bytes), entities_(plan), numbering_(std::make_shared<char>()) {
  for (const auto& [metric, family] : plan.families) families_.try_emplace(metric, family.series);
}

Result<SampleBatch> RecordMapper::map(const RecordRows& rows, SampleBatch used) {
  PROMFILL_ASSERT(rows.count < std::numeric_limits<std::uint32_t>::max());
  if (entities_.memory_bytes() > memory_bytes_) forget();
  SampleBatch out = std::move(used);
  out.reset();
  out.numbering = numbering_;
  out.judged.rows_read = rows.count;
  out.judged.cells = rows.count * (plan_->metrics.size() - plan_->generated);
  if (rows.count == 0) return out;
  PROMFILL_TRY_STATUS(find_entities(rows));
  const ColumnView times = read_times(rows);
  const bool all_kept = judge_rows(rows, times, out);
  if (!all_kept) count_dropped(rows, times, out);
  arrange(rows, all_kept, out);
  add_values(rows, out);
  return out;
}

void RecordMapper::forget() {
  entities_ = RecordEntities(*plan_);
  numbering_ = std::make_shared<char>();
  told_.clear();
}

std::uint64_t RecordMapper::memory_bytes() const {
  return entities_.memory_bytes() + arrangement_.memory_bytes() + runs_.capacity() * sizeof(LabelRun) +
         (raw_times_.capacity() + ordered_times_ms_.capacity()) * sizeof(std::int64_t) + changed_.capacity() +
         verdicts_.capacity() + dropped_.capacity() + time_validity_.capacity();
}

// ---- labels

Status RecordMapper::sink_labels(const RecordRows& rows, std::size_t row) {
  sink_.clear();
  const auto failed = [&](std::string_view what) {
    return Error{ErrorCode::kData, "labels of a record: an exception was thrown: " + std::string(what),
                 plan_->type.name + ", row " + std::to_string(rows.first_row + static_cast<std::int64_t>(row)), ""};
  };
  try {
    plan_->type.add_labels(rows.rows, rows.first + row, sink_);
  } catch (const std::exception& thrown) {
    return failed(thrown.what());
  } catch (...) {
    return failed("not a std::exception");
  }
  return {};
}

Status RecordMapper::find_entities(const RecordRows& rows) {
  runs_.clear();
  if (plan_->type.mark_changes) {
    changed_.assign(rows.count, 0);
    plan_->type.mark_changes(rows.rows, rows.first, rows.count, changed_.data());
    changed_[0] = 1;
    for (std::size_t row = 0; row < rows.count; ++row) {
      if (changed_[row] == 0) continue;
      PROMFILL_TRY_STATUS(sink_labels(rows, row));
      runs_.push_back({static_cast<std::uint32_t>(row), entities_.entity(sink_.bytes())});
    }
    return {};
  }
  for (std::size_t row = 0; row < rows.count; ++row) {
    PROMFILL_TRY_STATUS(sink_labels(rows, row));
    if (row > 0 && sink_.bytes() == last_labels_) continue;
    last_labels_ = sink_.bytes();
    runs_.push_back({static_cast<std::uint32_t>(row), entities_.entity(last_labels_)});
  }
  return {};
}

// ---- verdicts

ColumnView RecordMapper::read_times(const RecordRows& rows) {
  const RecordType::Time& time = plan_->type.time;
  raw_times_.resize(rows.count);
  if (time.is_nullable) time_validity_.resize((rows.count + 7) / 8);
  ColumnView view;
  const RecordType::Time::Counts counts =
      time.read({.rows = rows.rows, .first = rows.first, .begin = 0, .end = rows.count}, raw_times_.data(),
                time_validity_.data());
  view.kind = counts.are_doubles ? ColumnKind::kDouble : ColumnKind::kInt64;
  view.values = raw_times_.data();
  view.null_count = static_cast<std::int64_t>(counts.nulls);
  if (view.null_count > 0) view.validity = time_validity_.data();
  return view;
}

RecordMapper::Verdict RecordMapper::judge_time(Timestamp time) const {
  if (time < kStorableMin || time > kStorableMax) return Verdict::kTimestampOverflow;
  if (time < plan_->plausible.min || time > plan_->plausible.max) return Verdict::kImplausibleTimestamp;
  if (time < plan_->min_time || time > plan_->max_time) return Verdict::kOutOfWindow;
  return Verdict::kKept;
}

/// Convert the times and judge every row. @return whether all are kept; else verdicts_ says which are not.
bool RecordMapper::judge_rows(const RecordRows& rows, const ColumnView& times, SampleBatch& out) {
  const TimeUnit unit = plan_->type.time.unit;
  out.times_ms.resize(rows.count);
  const auto is_bad = [&](const LabelRun& run) {
    return entities_.described(run.entity).trouble != LabelsTrouble::kNone;
  };
  const bool labels_good = std::none_of(runs_.begin(), runs_.end(), is_bad);
  const auto summary = convert_times(times, unit, 0, out.times_ms);
  if (labels_good && summary && judge_time(summary->min) == Verdict::kKept &&
      judge_time(summary->max) == Verdict::kKept) {
    out.judged.times_floored = summary->floored;
    return true;
  }
  verdicts_.resize(rows.count);
  dropped_.resize(rows.count);
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    const bool bad = is_bad(runs_[run]);
    const std::size_t end = run + 1 < runs_.size() ? runs_[run + 1].begin : rows.count;
    for (std::size_t row = runs_[run].begin; row < end; ++row) {
      const RowTime time = time_of_row(times, static_cast<std::int64_t>(row), unit, 0);
      Verdict verdict = Verdict::kKept;
      switch (time.trouble) {
        case TimeTrouble::kNone:
          verdict = judge_time(time.time);
          break;
        case TimeTrouble::kNull:
          verdict = Verdict::kNullTimestamp;
          break;
        case TimeTrouble::kNotFinite:
          verdict = Verdict::kInvalidTimestamp;
          break;
        case TimeTrouble::kOverflow:
          verdict = Verdict::kTimestampOverflow;
          break;
        default:  // of times as text, and of local ones
          verdict = Verdict::kInvalidTimestamp;
          break;
      }
      // A reject goes before a row that nobody asked for.
      if (bad && (verdict == Verdict::kKept || verdict == Verdict::kOutOfWindow)) verdict = Verdict::kBadLabels;
      verdicts_[row] = verdict;
      dropped_[row] = static_cast<std::uint8_t>(verdict != Verdict::kKept);
      out.times_ms[row] = time.time.ms;
      out.judged.times_floored += static_cast<std::uint64_t>(time.floored && verdict == Verdict::kKept);
    }
  }
  return false;
}

std::uint32_t RecordMapper::entity_of_row(std::size_t row) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), row,
                                      [](std::size_t at, const LabelRun& run) { return at < run.begin; });
  return std::prev(after)->entity;
}

void RecordMapper::count_dropped(const RecordRows& rows, const ColumnView& times, SampleBatch& out) {
  for (std::size_t row = 0; row < rows.count; ++row) {
    if (verdicts_[row] == Verdict::kKept) continue;
    std::uint64_t cells = 0;
    for (std::size_t m = 0; m < plan_->type.metrics.size(); ++m) {
      const RecordType::Metric& metric = plan_->type.metrics[m];
      if (metric.sample) {
        cells += static_cast<std::uint64_t>(has_value(metric.sample(rows.rows, rows.first + row)));
        continue;
      }
      if (metric.family) {
        cells += cells_of(plan_->families.at(m), metric.family(rows.rows, rows.first + row));
        continue;
      }
      double value = 0;
      std::uint8_t valid = 0;
      const RowRange one{.rows = rows.rows, .first = rows.first + row, .begin = 0, .end = 1};
      cells += 1 - metric.read(one, &value, &valid).nulls;
    }
    out.judged.nulls += plan_->metrics.size() - plan_->generated - cells;
    if (cells == 0) continue;  // only nulls, counted as such: nothing was lost with the row
    if (verdicts_[row] == Verdict::kOutOfWindow) {
      out.judged.out_of_window += cells;
      continue;
    }
    Reject reject = explain(rows, row, times, cells);
    out.judged.rejected += cells;
    out.judged.rejected_by_reason[reject.reason] += cells;
    if (plan_->explain_rejects) out.rejects.push_back(std::move(reject));
  }
}

Reject RecordMapper::explain(const RecordRows& rows, std::size_t row, const ColumnView& times, std::uint64_t cells) {
  Reject reject;
  reject.source = plan_->type.name;
  reject.row = rows.first_row + static_cast<std::int64_t>(row);
  reject.cells = cells;
  reject.column = plan_->type.time.member;
  switch (verdicts_[row]) {
    case Verdict::kNullTimestamp:
      reject.reason = "null_timestamp";
      break;
    case Verdict::kInvalidTimestamp:
      reject.reason = "invalid_timestamp";
      break;
    case Verdict::kTimestampOverflow:
      reject.reason = "timestamp_overflow";
      break;
    case Verdict::kImplausibleTimestamp:
      reject.reason = "implausible_timestamp";
      break;
    case Verdict::kBadLabels: {
      const RecordEntities::Described& labels = entities_.described(entity_of_row(row));
      reject.reason = reason_of(labels.trouble);
      reject.column = shown_text(labels.troubled_label);
      reject.value = shown_text(labels.troubled_value);
      reject.hint = hint_of(labels);
      break;
    }
    case Verdict::kKept:
    case Verdict::kOutOfWindow:
      break;
  }
  if (!plan_->explain_rejects) return reject;
  if (verdicts_[row] != Verdict::kBadLabels) reject.value = time_text(times, row);
  const bool labels_known = sink_labels(rows, row).has_value();
  reject.record = record_text(plan_->type, {.rows = rows.rows, .first = rows.first, .begin = row, .end = row + 1},
                              times, labels_known ? sink_.bytes() : "");
  return reject;
}

// ---- order of rows, and values

void RecordMapper::arrange(const RecordRows& rows, bool all_kept, SampleBatch& out) {
  const auto dropped = all_kept ? std::span<const std::uint8_t>() : std::span<const std::uint8_t>(dropped_);
  const auto place = [&](std::uint32_t entity) {
    const auto begin = static_cast<std::uint32_t>(out.keys.size());
    out.keys += entities_.key(entity);
    PROMFILL_ASSERT(out.keys.size() <= std::numeric_limits<std::uint32_t>::max());
    out.entities.push_back(
        {entities_.described(entity).hash, begin, static_cast<std::uint32_t>(out.keys.size()), entity});
  };
  arrangement_.arrange(static_cast<std::uint32_t>(rows.count), runs_, dropped, entities_.size(), out, place);
  const std::uint32_t* const order = arrangement_.order();
  if (order == nullptr) return;
  ordered_times_ms_.resize(arrangement_.rows());
  for (std::size_t i = 0; i < ordered_times_ms_.size(); ++i) ordered_times_ms_[i] = out.times_ms[order[i]];
  out.times_ms.swap(ordered_times_ms_);
}

/// Point at a metric's values where they lie, if they stay there and no row moves.
bool RecordMapper::lend_values(const RecordRows& rows, std::size_t metric, SampleBatch& out) const {
  const RecordType::Metric& of = plan_->type.metrics[metric];
  if (!rows.rows_stay || arrangement_.order() != nullptr || !of.lend) return false;
  const LentColumn lent = of.lend({.rows = rows.rows, .first = rows.first, .begin = 0, .end = rows.count});
  if (lent.values == nullptr) return false;
  out.judged.nulls += lent.nulls;
  const std::size_t column = plan_->columns[metric];
  out.metrics[column] = {.metric = plan_->metrics[column],
                         .values = lent.values,
                         .validity = lent.nulls > 0 ? lent.validity : nullptr,
                         .validity_offset = static_cast<std::uint32_t>(lent.validity_offset)};
  return true;
}

// ---- samples that are more than a number

RecordMapper::Refusal RecordMapper::encode(const RecordType::AnyValue& value, Timestamp time,
                                           ByteWriter& bodies) const {
  if (value.start != Timestamp()) {
    if (value.start > time) return {"start_after_sample", to_string(value.start)};
    if (value.start < plan_->plausible.min) return {"implausible_start_time", to_string(value.start)};
  }
  if (value.number) {
    encode_record_body(StartedSample{{time, *value.number}, value.start}, bodies);
    return {};
  }
  const auto encode_histogram = [&]<typename H>(const H& histogram) -> Refusal {
    if (histogram.is_stale()) {
      encode_record_body(HistogramSample<H>{.histogram = histogram}, bodies);
      return {};
    }
    if (const Status valid = validate(histogram); !valid) return {"invalid_histogram", valid.error().message};
    encode_record_body(HistogramSample<H>{.start = value.start, .histogram = histogram}, bodies);
    return {};
  };
  return value.integer != nullptr ? encode_histogram(*value.integer) : encode_histogram(*value.floating_point);
}

void RecordMapper::add_samples(const RecordRows& rows, std::size_t metric, SampleBatch& out) {
  const RecordType::Metric& of = plan_->type.metrics[metric];
  const std::size_t at = plan_->columns[metric];
  const std::uint32_t* const order = arrangement_.order();
  const std::size_t kept = arrangement_.rows();
  std::vector<std::uint8_t>& validity = out.owned_validity[at];
  validity.assign((kept + 7) / 8, 0);
  RecordColumn& column = *out.owned_records.emplace_back(std::make_unique<RecordColumn>());
  ByteWriter bodies;
  for (std::size_t i = 0; i < kept; ++i) {
    const std::size_t row = order == nullptr ? i : order[i];
    const RecordType::AnyValue value = of.sample(rows.rows, rows.first + row);
    if (!has_value(value)) {
      ++out.judged.nulls;
    } else if (Refusal why = encode(value, {out.times_ms[i]}, bodies); !why.reason.empty()) {
      refuse(rows, row, of, std::move(why), out);
    } else {
      schema::set_bit(validity.data(), i, true);
      out.judged.values_rounded += static_cast<std::uint64_t>(value.is_rounded);
    }
    column.ends.push_back(bodies.size());
  }
  column.bodies = std::move(bodies).take();
  out.metrics[at] = {.metric = plan_->metrics[at], .validity = validity.data(), .records = &column};
  const bool may_count = of.type == MetricType::kCounter || plan_->names_are_labels;
  if (plan_->counters_begin_with_zero && may_count) note_starts(metric, out);
}

/// Once for each start, and again where an earlier sample has it, as SeriesRows does.
void RecordMapper::note_starts(std::size_t metric, const SampleBatch& batch) {
  const MetricColumn& column = batch.metrics[plan_->columns[metric]];
  for (const EntityRun& run : batch.runs) {
    const BatchEntity& entity = batch.entities[run.entity];
    for (std::uint32_t row = run.begin; row < run.end; ++row) {
      if (!column.valid(row)) continue;
      if (static_cast<RecordKind>(column.records->body(row)[0]) != RecordKind::kStartedFloat) continue;
      StartedSample sample;
      PROMFILL_ASSERT(decode_record_body(column.records->body(row), sample));
      const std::int64_t start_ms = sample.start.ms;
      const std::int64_t time_ms = batch.times_ms[row];
      if (start_ms == 0 || start_ms >= time_ms) continue;
      if (sample.start < plan_->min_time || sample.start > plan_->max_time) continue;
      const auto [told, is_new] = told_.try_emplace({entity.code, metric}, start_ms, time_ms);
      if (!is_new && told->second.first == start_ms && told->second.second <= time_ms) continue;
      told->second = {start_ms, time_ms};
      zeros_.push_back({metric, entity, std::string(batch.key(entity)), start_ms, time_ms});
    }
  }
}

std::optional<SampleBatch> RecordMapper::take_zero_starts() {
  if (zeros_.empty()) return std::nullopt;
  SampleBatch batch;
  batch.numbering = numbering_;
  for (std::size_t i = 0; i < zeros_.size(); ++i) {
    const auto row = static_cast<std::uint32_t>(i);
    BatchEntity entity = zeros_[i].entity;
    entity.key_begin = static_cast<std::uint32_t>(batch.keys.size());
    batch.keys += zeros_[i].key;
    entity.key_end = static_cast<std::uint32_t>(batch.keys.size());
    batch.entities.push_back(entity);
    batch.times_ms.push_back(zeros_[i].start_ms);
    batch.runs.push_back({row, row, row + 1});
  }
  for (std::size_t m = 0; m < plan_->type.metrics.size(); ++m) {
    std::vector<std::uint8_t> validity((zeros_.size() + 7) / 8);
    RecordColumn column;
    ByteWriter bodies;
    bool is_any = false;
    for (std::size_t i = 0; i < zeros_.size(); ++i) {
      if (zeros_[i].metric == m) {
        encode_zero_start({zeros_[i].declared_ms}, bodies);
        schema::set_bit(validity.data(), i, true);
        is_any = true;
      }
      column.ends.push_back(bodies.size());
    }
    if (!is_any) continue;
    column.bodies = std::move(bodies).take();
    MetricColumn view;
    view.metric = plan_->metrics[plan_->columns[m]];
    view.records = batch.owned_records.emplace_back(std::make_unique<RecordColumn>(std::move(column))).get();
    view.validity = batch.owned_validity.emplace_back(std::move(validity)).data();
    batch.metrics.push_back(view);
  }
  zeros_.clear();
  return batch;
}

/// The columns of a classic histogram or summary, checked as a mapping's are.
void RecordMapper::add_family(const RecordRows& rows, std::size_t metric, SampleBatch& out) {
  const RecordType::Metric& of = plan_->type.metrics[metric];
  const RecordFamily& family = plan_->families.at(metric);
  const std::uint32_t* const order = arrangement_.order();
  const std::size_t kept = arrangement_.rows();
  const std::size_t first = plan_->columns[metric];
  const std::size_t columns = family.series.size();
  std::vector<double*> values;
  for (std::size_t s = 0; s < columns; ++s) {
    std::vector<double>& column = out.take_values();
    column.resize(kept);
    values.push_back(column.data());
    out.owned_validity[first + s].assign((kept + 7) / 8, 0);
  }
  std::vector<std::int64_t> nulls(columns);
  std::vector<TroubledRow> troubled;
  for (std::size_t i = 0; i < kept; ++i) {
    const std::size_t row = order == nullptr ? i : order[i];
    const RecordType::FamilyValue value = of.family(rows.rows, rows.first + row);
    const bool is_null = value.values == nullptr;
    const bool fits = value.count_of_values == of.bounds.size();
    if (!is_null && !fits) troubled.push_back({static_cast<std::uint32_t>(i), FamilyTrouble::kListLength, 0, 0});
    for (std::size_t s = 0; s < columns; ++s) {
      const std::optional<double> one = is_null ? std::nullopt : family_value(of, family, s, value, fits);
      values[s][i] = one.value_or(0);
      schema::set_bit(out.owned_validity[first + s].data(), i, one.has_value());
      nulls[s] += static_cast<std::int64_t>(!one);
    }
  }
  std::vector<ColumnView> views;
  for (std::size_t s = 0; s < columns; ++s) {
    views.push_back({.kind = ColumnKind::kDouble, .values = values[s]});
    views[s].validity = out.owned_validity[first + s].data();
    views[s].null_count = nulls[s];
    if (!family.series[s].is_generated) out.judged.nulls += static_cast<std::uint64_t>(nulls[s]);
  }
  for (const TroubledRow& bad : families_.at(metric).check(views, kept, out, troubled)) {
    if (bad.cells == 0) continue;
    refuse(rows, order == nullptr ? bad.row : order[bad.row], of,
           {std::string(reason_of(bad.trouble)), series_text(family.series[bad.series]), bad.cells}, out);
  }
  for (std::size_t s = 0; s < columns; ++s) {
    add_metric_values(views[s], kept, RowOrder(), plan_->metrics[first + s], out);
    out.metrics[first + s] = out.metrics.back();
    out.metrics.pop_back();
    if (!family.series[s].is_generated) continue;
    for (std::uint32_t i = 0; i < kept; ++i) {
      out.judged.generated += static_cast<std::uint64_t>(out.metrics[first + s].valid(i));
    }
  }
}

void RecordMapper::refuse(const RecordRows& rows, std::size_t row, const RecordType::Metric& metric, Refusal why,
                          SampleBatch& out) {
  Reject reject;
  reject.source = plan_->type.name;
  reject.row = rows.first_row + static_cast<std::int64_t>(row);
  reject.column = metric.member;
  reject.reason = std::move(why.reason);
  reject.value = std::move(why.detail);
  reject.cells = why.cells;
  out.judged.rejected += why.cells;
  out.judged.rejected_by_reason[reject.reason] += why.cells;
  if (!plan_->explain_rejects) return;
  const ColumnView times = read_times(rows);
  const bool labels_known = sink_labels(rows, row).has_value();
  reject.record = record_text(plan_->type, {.rows = rows.rows, .first = rows.first, .begin = row, .end = row + 1},
                              times, labels_known ? sink_.bytes() : "");
  out.rejects.push_back(std::move(reject));
}

void RecordMapper::add_values(const RecordRows& rows, SampleBatch& out) {
  const std::span<const RecordType::Metric> metrics = plan_->type.metrics;
  const std::size_t kept = arrangement_.rows();
  struct Copied {
    std::size_t metric = 0;
    double* values = nullptr;
    std::uint8_t* validity = nullptr;
    ColumnCounts counts{};
  };
  std::vector<Copied> copied;
  out.owned_validity.resize(plan_->metrics.size());
  out.metrics.resize(plan_->metrics.size());
  out.owner = rows.owner;
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    if (metrics[m].sample || metrics[m].family) {
      metrics[m].sample ? add_samples(rows, m, out) : add_family(rows, m, out);
      continue;
    }
    if (lend_values(rows, m, out)) continue;
    std::vector<double>& column = out.take_values();
    column.resize(kept);
    std::vector<std::uint8_t>& validity = out.owned_validity[plan_->columns[m]];
    if (metrics[m].is_nullable) validity.assign((kept + 7) / 8, 0);
    copied.push_back({.metric = m, .values = column.data(), .validity = validity.data()});
  }
  for (std::size_t begin = 0; begin < kept; begin += kBlockRows) {
    const RowRange block{rows.rows, rows.first, arrangement_.order(), begin, std::min(begin + kBlockRows, kept)};
    for (Copied& one : copied) {
      const ColumnCounts some = metrics[one.metric].read(block, one.values, one.validity);
      one.counts.nulls += some.nulls;
      one.counts.rounded += some.rounded;
    }
  }
  for (const Copied& one : copied) {
    out.judged.nulls += one.counts.nulls;
    out.judged.values_rounded += one.counts.rounded;
    const std::uint8_t* const validity = one.counts.nulls > 0 ? one.validity : nullptr;
    const std::size_t column = plan_->columns[one.metric];
    out.metrics[column] = {.metric = plan_->metrics[column], .values = one.values, .validity = validity};
  }
}

}  // namespace promfill
