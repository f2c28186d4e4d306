// See native_columns.h.
#include "distribution/native_columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <type_traits>

#include "calendar/row_times.h"
#include "histogram/sample_record.h"

namespace promfill {
namespace {

/// Schemas of OpenTelemetry's histograms reach farther to the fine side than ours.
constexpr std::int32_t kOtelScaleMax = 20;

template <typename H>
using CountOf = std::conditional_t<std::is_same_v<H, Histogram>, std::int64_t, double>;

/// Empty buckets between others that are cheaper than a span. Prometheus's own: util/convertnhcb (Compact).
template <typename H>
constexpr std::int64_t kGapMax = std::is_same_v<H, Histogram> ? 2 : 0;

bool is_valid_at(const HistogramPart& part, const ColumnBatch& batch, std::int64_t row) {
  return part.position && batch.columns[*part.position].valid(row);
}

std::optional<std::int64_t> whole_part(const HistogramPart& part, const ColumnBatch& batch, std::int64_t row) {
  if (part.constant) return static_cast<std::int64_t>(*part.constant);
  return whole_number(batch.columns[*part.position], row);
}

std::optional<double> real_part(const HistogramPart& part, const ColumnBatch& batch, std::int64_t row) {
  if (part.constant) return part.constant;
  return real_number(batch.columns[*part.position], row);
}

bool is_true(const ColumnView& column, std::int64_t row) {
  if (column.kind == ColumnKind::kBool) return column.boolean(row);
  return real_number(column, row).value_or(0) != 0;
}

/// Counts of NaN and below zero. Whole ones are differences.
template <typename H>
bool has_bad_count(const decltype(H::positive)& buckets) {
  if constexpr (std::is_same_v<H, Histogram>) {
    std::int64_t count = 0;
    return std::any_of(buckets.begin(), buckets.end(), [&count](std::int64_t difference) {
      return __builtin_add_overflow(count, difference, &count) || count < 0;
    });
  } else {
    return std::any_of(buckets.begin(), buckets.end(), [](double count) { return !(count >= 0); });
  }
}

bool has_bad_bounds(const std::vector<double>& bounds) {
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (std::isnan(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1])) return true;
  }
  return !bounds.empty() && bounds.back() == std::numeric_limits<double>::infinity();
}

/// Why validate() refused it, as a word.
template <typename H>
std::string_view reason_of(const H& histogram) {
  const HistogramLayout& layout = histogram.layout;
  const bool custom = layout.schema == kCustomBoundsSchema;
  if (!custom && (layout.schema < kSchemaMin || layout.schema > kSchemaMax)) return "schema_out_of_range";
  if (custom && has_bad_bounds(layout.custom_bounds)) return "invalid_bounds";
  if (has_bad_count<H>(histogram.positive) || has_bad_count<H>(histogram.negative)) return "negative_count";
  const auto buckets = [](const std::vector<HistogramSpan>& spans) {
    std::uint64_t sum = 0;
    for (const HistogramSpan& span : spans) sum += span.length;
    return sum;
  };
  const bool fits = buckets(layout.positive_spans) == histogram.positive.size() &&
                    buckets(layout.negative_spans) == histogram.negative.size();
  if (!fits || custom) return "spans_do_not_fit";
  return "count_mismatch";
}

/// A sum of counts; nothing beyond 64 bits.
std::optional<std::uint64_t> total_of(const Histogram& histogram) {
  std::uint64_t total = histogram.zero_count;
  for (const std::vector<std::int64_t>* side : {&histogram.positive, &histogram.negative}) {
    std::int64_t count = 0;
    for (const std::int64_t difference : *side) {
      if (__builtin_add_overflow(count, difference, &count) || count < 0) return std::nullopt;
      if (__builtin_add_overflow(total, static_cast<std::uint64_t>(count), &total)) return std::nullopt;
    }
  }
  return total;
}
std::optional<double> total_of(const FloatHistogram& histogram) {
  double total = histogram.zero_count;
  for (const double count : histogram.negative) total += count;
  for (const double count : histogram.positive) total += count;
  return total;
}

/// A count of a part that has a value in this row.
template <typename H>
bool read_count(const HistogramPart& part, const ColumnBatch& batch, std::int64_t row, decltype(H::count)& out) {
  if constexpr (std::is_same_v<H, Histogram>) {
    const std::optional<std::int64_t> count = whole_part(part, batch, row);
    if (!count || *count < 0) return false;
    out = static_cast<std::uint64_t>(*count);
  } else {
    const std::optional<double> count = real_part(part, batch, row);
    if (!count || !(*count >= 0)) return false;
    out = *count;
  }
  return true;
}

}  // namespace

bool NativeHistogramColumns::reads(std::size_t position) const {
  const auto is = [position](const HistogramPart& part) { return part.position == position; };
  const auto of_side = [&is](const HistogramSideColumns& side) {
    return is(side.spans) || is(side.deltas) || is(side.counts) || is(side.offset) || is(side.by_number);
  };
  const auto of_bound = [position](const Bound& bound) { return bound.position == position; };
  if (std::any_of(bounds.begin(), bounds.end(), of_bound)) return true;
  return is(schema) || is(scale) || is(zero_threshold) || is(zero_count) || is(count) || is(sum) || is(custom_bounds) ||
         is(start) || is(stale) || of_side(positive) || of_side(negative);
}

/// Numbered counts, from a map or from OpenTelemetry's offset and counts.
template <typename H>
std::string_view NativeHistogramReader::number_side(const ColumnBatch& batch, std::int64_t row,
                                                    const HistogramSideColumns& from, std::int32_t steps,
                                                    std::vector<HistogramSpan>& spans, decltype(H::positive)& buckets) {
  NumberedCounts<CountOf<H>> numbered;
  if (from.by_number.is_there()) {
    if (!is_valid_at(from.by_number, batch, row)) return "";
    const CellTrouble trouble = cells_.read(batch.columns[*from.by_number.position], row, numbered);
    if (trouble != CellTrouble::kNone) return promfill::reason_of(trouble);
    std::sort(numbered.begin(), numbered.end());
    const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
    if (std::adjacent_find(numbered.begin(), numbered.end(), same) != numbered.end()) return "bucket_given_twice";
  } else {
    std::vector<CountOf<H>> counts;
    if (!is_valid_at(from.counts, batch, row)) return "";
    const CellTrouble trouble = cells_.read(batch.columns[*from.counts.position], row, counts);
    if (trouble != CellTrouble::kNone) return promfill::reason_of(trouble);
    std::int64_t first = 0;
    if (from.offset.constant || is_valid_at(from.offset, batch, row)) {
      const std::optional<std::int64_t> offset = whole_part(from.offset, batch, row);
      if (!offset || *offset != static_cast<std::int32_t>(*offset)) return "spans_do_not_fit";
      first = *offset;
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const std::int64_t number = first + static_cast<std::int64_t>(i);
      numbered.emplace_back(columns_.scale.is_there() ? number_of_otel_bucket(number, steps) : number, counts[i]);
    }
  }
  // Sums must not hide what is below zero.
  if (std::any_of(numbered.begin(), numbered.end(), [](const auto& one) { return !(one.second >= 0); })) {
    return "negative_count";
  }
  if (steps > 0) add_equal_numbers(numbered);
  BucketSide<H> side;
  if (!lay_out_buckets<H>(numbered, kGapMax<H>, side)) return "spans_do_not_fit";
  spans = std::move(side.spans);
  buckets = std::move(side.buckets);
  return "";
}

template <typename H>
std::string_view NativeHistogramReader::build_side(const ColumnBatch& batch, std::int64_t row,
                                                   const HistogramSideColumns& from, std::int32_t steps,
                                                   std::vector<HistogramSpan>& spans, decltype(H::positive)& buckets) {
  spans.clear();
  buckets.clear();
  if (!from.spans.is_there()) {
    if (!from.by_number.is_there() && !from.counts.is_there()) return "";
    return number_side<H>(batch, row, from, steps, spans, buckets);
  }
  if (is_valid_at(from.spans, batch, row)) {
    const CellTrouble trouble = cells_.read(batch.columns[*from.spans.position], row, span_pairs_);
    if (trouble != CellTrouble::kNone) return promfill::reason_of(trouble);
    for (const auto& [offset, length] : span_pairs_) {
      if (offset != static_cast<std::int32_t>(offset) || length != static_cast<std::uint32_t>(length)) {
        return "spans_do_not_fit";
      }
      spans.push_back({static_cast<std::int32_t>(offset), static_cast<std::uint32_t>(length)});
    }
  }
  const HistogramPart& values = from.deltas.is_there() ? from.deltas : from.counts;
  if (!is_valid_at(values, batch, row)) return "";
  const CellTrouble trouble = cells_.read(batch.columns[*values.position], row, buckets);
  if (trouble != CellTrouble::kNone) return promfill::reason_of(trouble);
  if constexpr (std::is_same_v<H, Histogram>) {
    if (!from.deltas.is_there() && !make_differences(buckets)) return "negative_count";
  }
  return "";
}

/// Buckets between bounds, as Prometheus makes them of a classic histogram that it scrapes (util/convertnhcb): those
/// that are empty are left out as elsewhere, and what lies above the last bound is a bucket, too.
template <typename H>
std::string_view NativeHistogramReader::build_classic(const ColumnBatch& batch, std::int64_t row, H& histogram) {
  histogram.layout = {.schema = kCustomBoundsSchema};
  histogram.zero_count = 0;
  histogram.negative.clear();
  NumberedCounts<CountOf<H>> counts;
  CountOf<H> below = 0;
  for (const NativeHistogramColumns::Bound& bound : columns_.bounds) {
    const HistogramPart part{.position = bound.position};
    if (!is_valid_at(part, batch, row)) return "missing_bucket";
    decltype(H::count) count = 0;
    if (!read_count<H>(part, batch, row, count)) return "negative_count";
    const auto number = static_cast<CountOf<H>>(count);
    if (columns_.cumulative && number < below) return "decreasing_buckets";
    counts.emplace_back(counts.size(), columns_.cumulative ? number - below : number);
    below = columns_.cumulative ? number : below + number;
    if (!std::isinf(bound.bound)) histogram.layout.custom_bounds.push_back(bound.bound);
  }
  if (counts.size() == histogram.layout.custom_bounds.size() && is_valid_at(columns_.count, batch, row)) {
    decltype(H::count) count = 0;
    if (!read_count<H>(columns_.count, batch, row, count)) return "negative_count";
    if (static_cast<CountOf<H>>(count) < below) return "decreasing_buckets";
    counts.emplace_back(counts.size(), static_cast<CountOf<H>>(count) - below);
  }
  BucketSide<H> side;
  if (!lay_out_buckets<H>(counts, kGapMax<H>, side)) return "spans_do_not_fit";
  histogram.layout.positive_spans = std::move(side.spans);
  histogram.positive = std::move(side.buckets);
  return complete(batch, row, histogram);
}

/// @return why the row is no histogram; empty: it is one.
template <typename H>
std::string_view NativeHistogramReader::build(const ColumnBatch& batch, std::int64_t row, HistogramSample<H>& out) {
  H& histogram = out.histogram;
  histogram.counter_reset = columns_.is_gauge ? CounterReset::kGauge : CounterReset::kUnknown;
  if (!columns_.bounds.empty()) return build_classic(batch, row, histogram);
  std::int32_t steps = 0;
  const HistogramPart& scale = columns_.scale.is_there() ? columns_.scale : columns_.schema;
  if (!scale.constant && !is_valid_at(scale, batch, row)) return "null_schema";
  const std::optional<std::int64_t> schema = whole_part(scale, batch, row);
  if (!schema || *schema < kCustomBoundsSchema || *schema > kOtelScaleMax) return "schema_out_of_range";
  histogram.layout.schema = static_cast<std::int32_t>(*schema);
  if (columns_.scale.is_there() && *schema > kSchemaMax) {
    steps = histogram.layout.schema - kSchemaMax;
    histogram.layout.schema = kSchemaMax;
  }
  histogram.layout.zero_threshold = 0;
  if (columns_.zero_threshold.constant || is_valid_at(columns_.zero_threshold, batch, row)) {
    const std::optional<double> threshold = real_part(columns_.zero_threshold, batch, row);
    if (!threshold || !(*threshold >= 0) || std::isinf(*threshold)) return "invalid_zero_threshold";
    histogram.layout.zero_threshold = *threshold;
  }
  histogram.layout.custom_bounds.clear();
  if (is_valid_at(columns_.custom_bounds, batch, row)) {
    const CellTrouble trouble =
        cells_.read(batch.columns[*columns_.custom_bounds.position], row, histogram.layout.custom_bounds);
    if (trouble != CellTrouble::kNone) return promfill::reason_of(trouble);
    std::vector<double>& bounds = histogram.layout.custom_bounds;
    if (!bounds.empty() && bounds.back() == std::numeric_limits<double>::infinity()) bounds.pop_back();
  }
  histogram.zero_count = 0;
  const bool has_zero_count = is_valid_at(columns_.zero_count, batch, row);
  if (has_zero_count && !read_count<H>(columns_.zero_count, batch, row, histogram.zero_count)) return "negative_count";
  const auto side = [&](const HistogramSideColumns& from, std::vector<HistogramSpan>& spans, auto& buckets) {
    return build_side<H>(batch, row, from, steps, spans, buckets);
  };
  std::string_view why = side(columns_.positive, histogram.layout.positive_spans, histogram.positive);
  if (why.empty()) why = side(columns_.negative, histogram.layout.negative_spans, histogram.negative);
  if (!why.empty()) return why;
  return complete(batch, row, histogram);
}

/// Sum and count, and whether it all fits.
template <typename H>
std::string_view NativeHistogramReader::complete(const ColumnBatch& batch, std::int64_t row, H& histogram) {
  histogram.sum = std::numeric_limits<double>::quiet_NaN();
  if (is_valid_at(columns_.sum, batch, row)) histogram.sum = *real_part(columns_.sum, batch, row);
  if (is_valid_at(columns_.count, batch, row)) {
    if (!read_count<H>(columns_.count, batch, row, histogram.count)) return "negative_count";
  } else {
    const auto total = total_of(histogram);
    if (!total) return "negative_count";
    histogram.count = *total;
  }
  const Status valid = validate(histogram);
  if (valid) return "";
  detail_ = valid.error().message;
  return reason_of(histogram);
}

/// Without any of the parts that make a histogram.
bool NativeHistogramReader::is_null(const ColumnBatch& batch, std::int64_t row) const {
  const auto has = [&](const HistogramPart& part) { return is_valid_at(part, batch, row); };
  if (has(columns_.stale) && is_true(batch.columns[*columns_.stale.position], row)) return false;
  for (const HistogramSideColumns* side : {&columns_.positive, &columns_.negative}) {
    if (has(side->spans) || has(side->deltas) || has(side->counts) || has(side->by_number)) return false;
  }
  for (const NativeHistogramColumns::Bound& bound : columns_.bounds) {
    if (has({.position = bound.position})) return false;
  }
  return !has(columns_.count) && !has(columns_.sum) && !has(columns_.zero_count);
}

template <typename H>
void NativeHistogramReader::read_into(const ColumnBatch& batch, const TimeReading& times, MadeRecords& out) {
  HistogramSample<H> sample;
  ByteWriter bodies;
  std::map<std::int64_t, std::string> bad_cells;  // a part that came as null is not one that isn't there
  for (const BadCell& bad : batch.bad_cells) {
    if (columns_.reads(bad.column)) bad_cells.emplace(bad.row, bad.text);
  }
  for (std::int64_t row = 0; row < batch.rows; ++row) {
    const auto give = [&] {
      encode_record_body(sample, bodies);
      std::uint8_t& bits = out.validity[static_cast<std::size_t>(row / 8)];
      bits = static_cast<std::uint8_t>(bits | (1U << (row % 8)));
    };
    const auto refuse = [&](std::string_view reason) {
      out.bad.push_back({static_cast<std::uint32_t>(row), reason, std::exchange(detail_, {})});
    };
    if (const auto bad = bad_cells.find(row); bad != bad_cells.end()) {
      detail_ = bad->second;
      refuse("invalid_number");
    } else if (is_null(batch, row)) {
      ++out.nulls;
    } else if (is_valid_at(columns_.stale, batch, row) && is_true(batch.columns[*columns_.stale.position], row)) {
      sample = {};
      sample.histogram.sum = std::bit_cast<double>(kStaleNanBits);
      give();
    } else if (const std::string_view reason = build(batch, row, sample); !reason.empty()) {
      refuse(reason);
    } else if (is_valid_at(columns_.start, batch, row)) {
      const RowTime start = time_of_row(batch.columns[*columns_.start.position], row, times.unit, times.offset_ms);
      if (start.trouble == TimeTrouble::kNone) {
        sample.start = start.time;
        give();
      } else {
        refuse("invalid_start_time");
      }
    } else {
      sample.start = {};
      give();
    }
    out.records.ends.push_back(bodies.size());
  }
  out.records.bodies = std::move(bodies).take();
}

MadeRecords NativeHistogramReader::read(const ColumnBatch& batch, const TimeReading& times) {
  MadeRecords out;
  out.validity.resize(static_cast<std::size_t>((batch.rows + 7) / 8));
  out.records.ends.reserve(static_cast<std::size_t>(batch.rows));
  if (columns_.counts_are_floats) {
    read_into<FloatHistogram>(batch, times, out);
  } else {
    read_into<Histogram>(batch, times, out);
  }
  return out;
}

}  // namespace promfill
