// See source_cells.h.
#include "audit/source_cells.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "histogram/fingerprint.h"

namespace promfill {
namespace {

/// As BlockReader::read_fingerprints has them. The record is the mapper's own.
double fingerprint_at(const RecordColumn& records, std::uint32_t row) {
  const Result<std::uint64_t> fingerprint = record_fingerprint(records.body(row));
  PROMFILL_ASSERT(fingerprint.has_value());
  return std::bit_cast<double>(*fingerprint);
}

}  // namespace

SourceCells::SourceCells(const Plan& plan, std::uint32_t source, std::span<const MetricDef> metrics,
                         const AuditPart& part, const LoadedSamples& samples, CellCheck& check,
                         std::uint64_t remembered_bytes)
    : plan_(plan),
      source_(source),
      metrics_(metrics),
      part_(part),
      samples_(samples),
      check_(check),
      // The numbers of an entity's series are about as large as the entity where there are 16 metrics.
      mapper_(plan, remembered_bytes / (1 + metrics.size() / 16)) {}

Status SourceCells::offer(ColumnBatch&& columns, const TimeSpan& expected) {
  const std::int64_t first_row = columns.first_row;
  PROMFILL_TRY(batch_, mapper_.map(std::move(columns), std::move(batch_)));
  for (const std::int64_t time_ms : batch_.times_ms) {
    if (time_ms >= expected.min.ms && time_ms <= expected.max.ms) continue;
    return Error{ErrorCode::kCorrupt, "a row's time is outside of what the file's statistics say",
                 plan_.source_name() + ", rows from " + std::to_string(first_row), "write the file again"};
  }
  if (numbering_ != batch_.numbering) {
    numbering_ = batch_.numbering;
    series_ = {};
  }
  for (const EntityRun& run : batch_.runs) {
    for (const MetricColumn& column : batch_.metrics) offer_run(run, column, first_row);
  }
  return {};
}

void SourceCells::offer_run(const EntityRun& run, const MetricColumn& column, std::int64_t first_row) {
  const BatchEntity& entity = batch_.entities[run.entity];
  const std::uint32_t series = series_of(entity, column.metric);
  if (series == kElsewhere) return;
  for (std::uint32_t row = run.begin; row < run.end; ++row) {
    const Timestamp time{batch_.times_ms[row]};
    if (!column.valid(row) || !part_.has_time(time)) continue;
    const CellPlace place{source_, first_row + mapper_.input_row(row)};
    const double value = column.records == nullptr ? column.values[row] : fingerprint_at(*column.records, row);
    if (series != kNowhere) {
      check_.offer(series, time, value, place);
      continue;
    }
    if (check_.wants_names()) build_key(entity, column.metric);
    check_.offer_to_none(check_.wants_names() ? series_text(key_) : "", time, value, place);
  }
}

std::uint32_t SourceCells::series_of(const BatchEntity& entity, std::uint32_t metric) {
  const std::size_t at = std::size_t{entity.code} * metrics_.size() + metric;
  if (at >= series_.size()) series_.resize((std::size_t{entity.code} + 1) * metrics_.size(), kUnknown);
  std::uint32_t& number = series_[at];
  if (number != kUnknown) return number;
  build_key(entity, metric);
  const std::uint64_t hash = hash_entity_key(key_);
  const std::uint32_t found = part_.has_series(hash) ? samples_.series(key_, hash) : kElsewhere;
  number = found == LoadedSamples::kAbsent ? kNowhere : found;
  return number;
}

void SourceCells::build_key(const BatchEntity& entity, std::uint32_t metric) {
  std::vector<Label> labels = decode_entity_key(batch_.key(entity));
  const std::span<const Label> own = metrics_[metric].labels.pairs();
  labels.insert(labels.end(), own.begin(), own.end());
  std::sort(labels.begin(), labels.end());
  key_.clear();
  encode_entity_key(labels, key_);
}

std::uint64_t SourceCells::memory_bytes() const {
  return mapper_.memory_bytes() + batch_.memory_bytes() + series_.capacity() * sizeof(std::uint32_t);
}

}  // namespace promfill
