// See series_rows.h.
#include "mapping/series_rows.h"

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
  std::size_t cells = 0;
  for_each_cell(batch, runs, [&](std::size_t, std::size_t, std::uint32_t series) {
    if (counts_[series]++ == 0) present_.push_back(series);
    ++cells;
  });
  PROMFILL_ASSERT(cells < std::numeric_limits<std::uint32_t>::max());
  place_series(out);

  order_.resize(cells);
  ordered_times_ms_.resize(cells);
  const MetricColumn column =
      plan_->natives().empty() ? place_values(batch, runs, out) : place_records(batch, runs, out);
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
  RecordColumn& records = *out.owned_records.emplace_back(std::make_unique<RecordColumn>());
  ByteWriter body;
  for (std::size_t at = 0; at < order_.size(); ++at) {
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
         ordered_times_ms_.capacity() * sizeof(std::int64_t);
}

}  // namespace promfill
