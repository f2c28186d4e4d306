// See series_rows.h.
#include "mapping/series_rows.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "histogram/sample_record.h"
#include "mapping/metric_values.h"

namespace promfill {
namespace {

std::size_t end_of(const JudgedRuns& runs, std::size_t run, std::size_t rows) {
  return run + 1 < runs.starts.size() ? runs.starts[run + 1] : rows;
}

}  // namespace

SeriesRows::SeriesRows(const Plan& plan)
    : plan_(&plan),
      codes_(plan),
      holds_records_(!plan.natives().empty() || !plan.started().empty()),
      begins_with_zero_(plan.metrics().size()) {
  for (const PlannedStarted& started : plan.started()) begins_with_zero_[started.metric] = started.begins_with_zero;
}

template <typename Visit>
void SeriesRows::for_each_cell(const ColumnBatch& batch, const JudgedRuns& runs, Visit visit) const {
  const std::span<const PlannedMetric> metrics = plan_->metrics();
  for (std::size_t run = 0; run < runs.starts.size(); ++run) {
    const std::uint32_t entity = runs.entities[run];
    const std::span<const std::uint32_t> series = codes_.series_of(entity);
    const std::size_t begin = runs.starts[run];
    const std::size_t end = end_of(runs, run, static_cast<std::size_t>(batch.rows));
    const auto visit_cells = [&](std::size_t from, std::size_t to, std::size_t m) {
      if (series[m] >= SeriesCodes::kNone) return;
      const ColumnView& values = batch.columns[metrics[m].position];
      for (std::size_t row = from; row < to; ++row) {
        if (runs.verdict(row) != RowVerdict::kKept || !values.valid(static_cast<std::int64_t>(row))) continue;
        visit(row, m, series[m]);
      }
    };
    if (codes_.shares_series(entity)) {
      for (std::size_t row = begin; row < end; ++row) {
        for (std::size_t m = 0; m < metrics.size(); ++m) visit_cells(row, row + 1, m);
      }
    } else {
      for (std::size_t m = 0; m < metrics.size(); ++m) visit_cells(begin, end, m);
    }
  }
}

void SeriesRows::arrange(const ColumnBatch& batch, const JudgedRuns& runs, SampleBatch& out) {
  count_lost(batch, runs, out);
  counts_.resize(codes_.size(), 0);
  present_.clear();
  zeros_.clear();
  std::size_t cells = 0;
  for_each_cell(batch, runs, [&](std::size_t row, std::size_t m, std::uint32_t series) {
    if (counts_[series]++ == 0) present_.push_back(series);
    ++cells;
    if (begins_with_zero_[m]) note_start(batch.columns[plan_->metrics()[m].position], row, series, out.times_ms[row]);
  });
  for (const ZeroStart& zero : zeros_) ++counts_[zero.series];
  cells += zeros_.size();
  PROMFILL_ASSERT(cells < std::numeric_limits<std::uint32_t>::max());
  place_series(out);

  order_.resize(cells);
  ordered_times_ms_.resize(cells);
  const MetricColumn column = holds_records_ ? place_records(batch, runs, out) : place_values(batch, runs, out);
  for (const std::uint32_t series : present_) counts_[series] = 0;
  if (!plan_->families().empty()) {
    for_each_cell(batch, runs, [&](std::size_t, std::size_t m, std::uint32_t) {
      out.judged.generated += static_cast<std::uint64_t>(plan_->metrics()[m].is_generated);
    });
  }
  out.times_ms.swap(ordered_times_ms_);
  out.metrics.push_back(column);
}

MetricColumn SeriesRows::place_values(const ColumnBatch& batch, const JudgedRuns& runs, SampleBatch& out) {
  std::vector<double>& values = out.take_values();
  values.resize(order_.size());
  for_each_cell(batch, runs, [&](std::size_t row, std::size_t m, std::uint32_t series) {
    const std::uint32_t at = counts_[series]++;  // now the next place of the series
    order_[at] = static_cast<std::uint32_t>(row);
    ordered_times_ms_[at] = out.times_ms[row];
    values[at] = metric_value(batch.columns[plan_->metrics()[m].position], static_cast<std::int64_t>(row), out.judged);
  });
  MetricColumn column;
  column.values = values.data();
  return column;
}

MetricColumn SeriesRows::place_records(const ColumnBatch& batch, const JudgedRuns& runs, SampleBatch& out) {
  metrics_.resize(order_.size());
  for_each_cell(batch, runs, [&](std::size_t row, std::size_t m, std::uint32_t series) {
    const std::uint32_t at = counts_[series]++;
    order_[at] = static_cast<std::uint32_t>(row);
    metrics_[at] = static_cast<std::uint32_t>(m);
    ordered_times_ms_[at] = out.times_ms[row];
  });
  const auto metrics = static_cast<std::uint32_t>(plan_->metrics().size());
  for (std::uint32_t z = 0; z < zeros_.size(); ++z) {
    const std::uint32_t at = counts_[zeros_[z].series]++;
    order_[at] = zeros_[z].row;
    metrics_[at] = metrics + z;  // no metric's
    ordered_times_ms_[at] = zeros_[z].start_ms;
  }
  RecordColumn& records = *out.owned_records.emplace_back(std::make_unique<RecordColumn>());
  ByteWriter body;
  for (std::size_t at = 0; at < order_.size(); ++at) {
    if (metrics_[at] >= metrics) {
      body.clear();
      encode_zero_start({zeros_[metrics_[at] - metrics].declared_ms}, body);
      append_record(body.view(), records);
      continue;
    }
    const ColumnView& view = batch.columns[plan_->metrics()[metrics_[at]].position];
    if (view.kind == ColumnKind::kRecords) {
      append_record(static_cast<const RecordColumn*>(view.values)->body(order_[at]), records);
      continue;
    }
    body.clear();
    encode_record_body(metric_value(view, order_[at], out.judged), body);
    append_record(body.view(), records);
  }
  MetricColumn column;
  column.records = &records;
  return column;
}

/// Once for each start, and again where an earlier sample has it: which one lies behind it says whether the zero
/// stands.
void SeriesRows::note_start(const ColumnView& values, std::size_t row, std::uint32_t series, std::int64_t time_ms) {
  const ByteView body = static_cast<const RecordColumn*>(values.values)->body(static_cast<std::uint32_t>(row));
  if (static_cast<RecordKind>(body[0]) != RecordKind::kStartedFloat) return;
  StartedSample sample;
  PROMFILL_ASSERT(decode_record_body(body, sample));
  const std::int64_t start_ms = sample.start.ms;
  if (start_ms >= time_ms || sample.start < plan_->min_time() || sample.start > plan_->max_time()) return;
  if (series >= told_.size()) told_.resize(std::max<std::size_t>(codes_.size(), series + 1));
  ToldStart& told = told_[series];
  if (told.start_ms == start_ms && told.declared_ms <= time_ms) return;
  told = {start_ms, time_ms};
  zeros_.push_back({series, static_cast<std::uint32_t>(row), start_ms, time_ms});
}

/// Give the series of the batch their places: counts_ becomes the first row of each.
void SeriesRows::place_series(SampleBatch& out) {
  std::uint32_t row = 0;
  for (const std::uint32_t series : present_) {
    const auto begin = static_cast<std::uint32_t>(out.keys.size());
    out.keys += codes_.key(series);
    PROMFILL_ASSERT(out.keys.size() <= std::numeric_limits<std::uint32_t>::max());
    const auto place = static_cast<std::uint32_t>(out.entities.size());
    out.entities.push_back({codes_.hash(series), begin, static_cast<std::uint32_t>(out.keys.size()), series});
    out.runs.push_back({place, row, row + counts_[series]});
    row += std::exchange(counts_[series], row);
  }
}

void SeriesRows::count_lost(const ColumnBatch& batch, const JudgedRuns& runs, SampleBatch& out) const {
  for (std::size_t run = 0; run < runs.starts.size(); ++run) {
    const std::uint32_t entity = runs.entities[run];
    if (codes_.all_kept(entity)) continue;
    const std::span<const std::uint32_t> series = codes_.series_of(entity);
    const std::size_t end = end_of(runs, run, static_cast<std::size_t>(batch.rows));
    for (std::size_t row = runs.starts[run]; row < end; ++row) {
      const RowVerdict verdict = runs.verdict(row);
      if (verdict != RowVerdict::kKept && verdict != RowVerdict::kOutOfWindow) continue;
      for (std::size_t m = 0; m < series.size(); ++m) {
        const ColumnView& values = batch.columns[plan_->metrics()[m].position];
        if (plan_->metrics()[m].is_generated) continue;
        if (series[m] < SeriesCodes::kNone || !values.valid(static_cast<std::int64_t>(row))) continue;
        lose(batch, row, m, series[m], out);
      }
    }
  }
}

void SeriesRows::lose(const ColumnBatch& batch, std::size_t row, std::size_t metric, std::uint32_t why,
                      SampleBatch& out) const {
  if (why == SeriesCodes::kFiltered) {
    ++out.judged.filtered;
    return;
  }
  const bool of_bound = why == SeriesCodes::kInvalidBound;
  const std::string reason = of_bound                        ? "invalid_bound"
                             : why == SeriesCodes::kNameless ? "relabelled_without_name"
                                                             : "relabelled_to_invalid_labels";
  ++out.judged.rejected;
  ++out.judged.rejected_by_reason[reason];
  if (!plan_->explain_rejects()) return;
  const auto at = static_cast<std::int64_t>(row);
  Reject reject;
  reject.source = plan_->source_name();
  reject.row = batch.row_number(at);
  reject.column = plan_->metrics()[metric].column;
  reject.reason = reason;
  reject.value = value_text(batch.columns[plan_->metrics()[metric].position], at);
  reject.cells = 1;
  reject.record = record_json(*plan_, batch, at);
  reject.hint = of_bound ? "le and quantile are numbers" : "see to the mapping's relabel_configs";
  out.rejects.push_back(std::move(reject));
}

std::uint64_t SeriesRows::memory_bytes() const {
  return codes_.memory_bytes() +
         (counts_.capacity() + present_.capacity() + order_.capacity()) * sizeof(std::uint32_t) +
         ordered_times_ms_.capacity() * sizeof(std::int64_t) + told_.capacity() * sizeof(ToldStart) +
         zeros_.capacity() * sizeof(ZeroStart);
}

}  // namespace promfill
