// Native histograms out of the columns that hold their parts: spans and buckets as Prometheus has them, counts by the
// number of their bucket, or OpenTelemetry's scale, offset and counts. Row by row; what can't be a histogram is told
// apart by its reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "distribution/bucket_layout.h"
#include "distribution/number_list.h"
#include "model/column.h"
#include "promfill/histogram.h"
#include "store/sample_batch.h"

namespace promfill {

/// A part of a histogram: a column, by its position in batches, or the same on every row, or not there.
struct HistogramPart {
  std::optional<std::size_t> position{};
  std::optional<double> constant{};

  [[nodiscard]] bool is_there() const { return position || constant; }
};

/// One of them says what the buckets are: `spans` with `deltas` or `counts`, `offset` with `counts`, or `by_number`.
struct HistogramSideColumns {
  HistogramPart spans{};
  HistogramPart deltas{};
  HistogramPart counts{};
  HistogramPart offset{};
  HistogramPart by_number{};
};

struct NativeHistogramColumns {
  HistogramPart schema{};
  HistogramPart scale{};  ///< OpenTelemetry's, instead of `schema`
  HistogramPart zero_threshold{};
  HistogramPart zero_count{};
  HistogramPart count{};  ///< not there: what the buckets have
  HistogramPart sum{};    ///< not there: NaN
  HistogramPart custom_bounds{};
  HistogramPart start{};  ///< when the counting began
  HistogramPart stale{};  ///< true: the series ends here
  HistogramSideColumns positive{};
  HistogramSideColumns negative{};
  /// Instead of schema and sides: a classic histogram, whose bounds become bounds of its own.
  struct Bound {
    double bound = 0;  ///< the last may be +Inf
    std::size_t position = 0;
  };
  std::vector<Bound> bounds{};  ///< rising
  bool cumulative = true;       ///< a bucket counts those below it, too
  bool counts_are_floats = false;
  bool is_gauge = false;  ///< counts may fall

  /// Whether it is one of the parts.
  [[nodiscard]] bool reads(std::size_t position) const;
};

/// How times are read that are numbers.
struct TimeReading {
  TimeUnit unit = TimeUnit::kMilliseconds;
  std::int64_t offset_ms = 0;
};

/// A row that is no histogram.
struct BadRecord {
  std::uint32_t row = 0;
  std::string_view reason;
  std::string detail{};  ///< which number it is; may be empty
};

/// A column of records, and which rows have none.
struct MadeRecords {
  RecordColumn records;
  std::vector<std::uint8_t> validity;  ///< a bit a row, low bit first
  std::int64_t nulls = 0;              ///< rows without any of the parts
  std::vector<BadRecord> bad;          ///< by row; they have no record
};

/// Keeps memory between calls. Not thread-safe.
class NativeHistogramReader {
 public:
  explicit NativeHistogramReader(NativeHistogramColumns columns) : columns_(std::move(columns)) {}

  MadeRecords read(const ColumnBatch& batch, const TimeReading& times);

 private:
  template <typename H>
  std::string_view build(const ColumnBatch& batch, std::int64_t row, HistogramSample<H>& out);
  template <typename H>
  std::string_view build_side(const ColumnBatch& batch, std::int64_t row, const HistogramSideColumns& from,
                              std::int32_t steps, std::vector<HistogramSpan>& spans, decltype(H::positive)& buckets);
  template <typename H>
  std::string_view number_side(const ColumnBatch& batch, std::int64_t row, const HistogramSideColumns& from,
                               std::int32_t steps, std::vector<HistogramSpan>& spans, decltype(H::positive)& buckets);
  template <typename H>
  std::string_view build_classic(const ColumnBatch& batch, std::int64_t row, H& histogram);
  template <typename H>
  std::string_view complete(const ColumnBatch& batch, std::int64_t row, H& histogram);
  template <typename H>
  void read_into(const ColumnBatch& batch, const TimeReading& times, MadeRecords& out);
  [[nodiscard]] bool is_null(const ColumnBatch& batch, std::int64_t row) const;

  NativeHistogramColumns columns_;
  NumberCells cells_;
  std::vector<std::pair<std::int64_t, std::int64_t>> span_pairs_;
  std::vector<double> bounds_;
  std::string detail_;
};

}  // namespace promfill
