#include "family/family_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "promfill/sample.h"

namespace promfill {
namespace {

bool is_infinity(const FamilySeries& series) { return series.role == SeriesRole::kBound && std::isinf(series.bound); }

bool is_stale(double value) { return std::bit_cast<std::uint64_t>(value) == kStaleNanBits; }

/// The column's rows that are not null as a bitmap without an offset.
std::vector<std::uint8_t> valid_rows(const ColumnView& column, std::size_t rows) {
  std::vector<std::uint8_t> bits((rows + 7) / 8);
  for (std::size_t row = 0; row < rows; ++row) {
    const unsigned bit = column.valid(static_cast<std::int64_t>(row)) ? 1U << (row % 8) : 0;
    bits[row / 8] = static_cast<std::uint8_t>(bits[row / 8] | bit);
  }
  return bits;
}

/// Make rows null. Values have 64 bits, so that their pointer takes up the offset.
void take_out(ColumnView& column, std::size_t rows, std::span<const TroubledRow> taken, SampleBatch& out) {
  std::vector<std::uint8_t> bits = valid_rows(column, rows);
  for (const TroubledRow& one : taken) {
    const unsigned bit = 1U << (one.row % 8);
    if ((bits[one.row / 8] & bit) != 0) ++column.null_count;
    bits[one.row / 8] = static_cast<std::uint8_t>(bits[one.row / 8] & ~bit);
  }
  column.values = column.int64s();
  column.offset = 0;
  column.validity = out.owned_validity.emplace_back(std::move(bits)).data();
}

}  // namespace

std::string_view reason_of(FamilyTrouble trouble) {
  switch (trouble) {
    case FamilyTrouble::kNone:
      break;
    case FamilyTrouble::kNotFinite:
      return "invalid_count";
    case FamilyTrouble::kNegative:
      return "negative_count";
    case FamilyTrouble::kDecreasing:
      return "decreasing_buckets";
    case FamilyTrouble::kCountMismatch:
      return "count_mismatch";
    case FamilyTrouble::kMissingBucket:
      return "missing_bucket";
    case FamilyTrouble::kListLength:
      return "list_length";
    case FamilyTrouble::kUnknownBound:
      return "unknown_bound";
    case FamilyTrouble::kRepeatedBound:
      return "repeated_bound";
  }
  return "";
}

FamilyRows::FamilyRows(std::span<const FamilySeries> series)
    : series_(series),
      is_histogram_(series.front().metric.type == MetricType::kHistogram),
      cumulative_(series.front().metric.cumulative) {}

std::span<const TroubledRow> FamilyRows::check(std::span<ColumnView> columns, std::size_t rows, SampleBatch& out,
                                               std::span<const TroubledRow> known) {
  PROMFILL_ASSERT(columns.size() == series_.size());
  troubles_.clear();
  troubled_.clear();
  below_.assign(rows, 0);
  for (const TroubledRow& one : known) note(one.row, one.trouble, one.series);
  const std::vector<ColumnView> offered(columns.begin(), columns.end());  // before counts are added up
  if (is_histogram_) check_buckets(columns, rows, out);
  const ColumnView* infinity = nullptr;
  for (std::uint32_t s = 0; s < series_.size(); ++s) {
    if (is_histogram_ && is_infinity(series_[s])) infinity = &columns[s];
    if (series_[s].role != SeriesRole::kCount) continue;
    if (series_[s].is_generated) {
      PROMFILL_ASSERT(infinity != nullptr);
      columns[s] = *infinity;
    } else {
      check_count(s, columns[s], infinity, rows);
    }
  }
  if (troubles_.empty()) return {};
  forgive_stale(offered);
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (troubles_[row] == FamilyTrouble::kNone) continue;
    TroubledRow& one = troubled_.emplace_back(TroubledRow{row, troubles_[row], troubled_by_[row], 0});
    for (std::uint32_t s = 0; s < series_.size(); ++s) {
      if (!series_[s].is_generated && offered[s].valid(row)) ++one.cells;
    }
  }
  if (troubled_.empty()) return {};
  for (ColumnView& column : columns) take_out(column, rows, troubled_, out);
  return troubled_;
}

void FamilyRows::check_buckets(std::span<ColumnView> columns, std::size_t rows, SampleBatch& out) {
  if (!cumulative_) find_missing(columns, rows);
  for (std::uint32_t s = 0; s < series_.size() && series_[s].role == SeriesRole::kBound; ++s) {
    if (cumulative_ || series_[s].is_generated) {
      check_cumulative(s, columns[s], rows);
    } else {
      add_up(s, columns[s], rows, out);
    }
  }
}

void FamilyRows::check_cumulative(std::uint32_t series, const ColumnView& column, std::size_t rows) {
  const double* const counts = doubles_of(column, rows, values_);
  if (column.null_count == 0) {
    bool good = true;  // not by row: most batches have no trouble, and so no branch
    for (std::size_t row = 0; row < rows; ++row) {
      good &= counts[row] >= below_[row] && counts[row] < HUGE_VAL;
    }
    if (good) {
      std::copy_n(counts, rows, below_.begin());
      return;
    }
  }
  for (std::size_t row = 0; row < rows; ++row) {
    if (!column.valid(static_cast<std::int64_t>(row))) continue;
    const double count = counts[row];
    if (!std::isfinite(count)) {
      note(row, FamilyTrouble::kNotFinite, series);
    } else if (count < 0) {
      note(row, FamilyTrouble::kNegative, series);
    } else if (count < below_[row]) {
      note(row, FamilyTrouble::kDecreasing, series);
    } else {
      below_[row] = count;
    }
  }
}

void FamilyRows::add_up(std::uint32_t series, ColumnView& column, std::size_t rows, SampleBatch& out) {
  const double* const counts = doubles_of(column, rows, values_);
  std::vector<double>& totals = out.take_values();
  totals.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const bool valid = column.valid(static_cast<std::int64_t>(row));
    const double count = valid ? counts[row] : 0;
    if (!std::isfinite(count)) {
      note(row, FamilyTrouble::kNotFinite, series);
    } else if (count < 0) {
      note(row, FamilyTrouble::kNegative, series);
    }
    if (!is_stale(below_[row])) below_[row] = is_stale(count) ? count : below_[row] + count;
    totals[row] = below_[row];
  }
  if (column.null_count > 0) column.validity = out.owned_validity.emplace_back(valid_rows(column, rows)).data();
  column.kind = ColumnKind::kDouble;
  column.values = totals.data();
  column.offset = 0;
}

void FamilyRows::check_count(std::uint32_t series, const ColumnView& column, const ColumnView* infinity,
                             std::size_t rows) {
  const double* const counts = doubles_of(column, rows, values_);
  const double* const of_infinity = infinity != nullptr ? doubles_of(*infinity, rows, other_values_) : nullptr;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto at = static_cast<std::int64_t>(row);
    if (!column.valid(at)) continue;
    if (!std::isfinite(counts[row])) {
      note(row, FamilyTrouble::kNotFinite, series);
    } else if (counts[row] < 0) {
      note(row, FamilyTrouble::kNegative, series);
    } else if (of_infinity != nullptr && infinity->valid(at) && counts[row] != of_infinity[row]) {
      note(row, FamilyTrouble::kCountMismatch, series);
    }
  }
}

void FamilyRows::note(std::size_t row, FamilyTrouble trouble, std::uint32_t series) {
  if (troubles_.empty()) {
    troubles_.assign(below_.size(), FamilyTrouble::kNone);
    troubled_by_.assign(below_.size(), 0);
  }
  if (troubles_[row] != FamilyTrouble::kNone) return;
  troubles_[row] = trouble;
  troubled_by_[row] = series;
}

void FamilyRows::find_missing(std::span<const ColumnView> columns, std::size_t rows) {
  std::vector<std::uint32_t> missing(rows, 0);
  std::vector<std::uint32_t> last(rows, 0);
  std::uint32_t buckets = 0;
  for (std::uint32_t s = 0; s < series_.size() && series_[s].role == SeriesRole::kBound; ++s) {
    if (series_[s].is_generated) continue;
    ++buckets;
    if (columns[s].null_count == 0) continue;
    for (std::size_t row = 0; row < rows; ++row) {
      if (columns[s].valid(static_cast<std::int64_t>(row))) continue;
      ++missing[row];
      last[row] = s;
    }
  }
  for (std::size_t row = 0; row < rows; ++row) {
    if (missing[row] > 0 && missing[row] < buckets) note(row, FamilyTrouble::kMissingBucket, last[row]);
  }
}

void FamilyRows::forgive_stale(std::span<const ColumnView> columns) {
  for (std::size_t row = 0; row < troubles_.size(); ++row) {
    if (troubles_[row] != FamilyTrouble::kNotFinite) continue;
    const auto at = static_cast<std::int64_t>(row);
    const bool all_stale = std::all_of(columns.begin(), columns.end(), [&](const ColumnView& column) {
      return !column.valid(at) || (column.kind == ColumnKind::kDouble && is_stale(column.doubles()[row]));
    });
    if (all_stale) troubles_[row] = FamilyTrouble::kNone;
  }
}

const double* FamilyRows::doubles_of(const ColumnView& column, std::size_t rows, std::vector<double>& scratch) const {
  if (column.kind == ColumnKind::kDouble) return column.doubles();
  scratch.resize(rows);
  if (column.kind == ColumnKind::kUint64) {
    std::transform(column.uint64s(), column.uint64s() + rows, scratch.begin(),
                   [](std::uint64_t count) { return static_cast<double>(count); });
  } else {
    PROMFILL_ASSERT(column.kind == ColumnKind::kInt64);
    std::transform(column.int64s(), column.int64s() + rows, scratch.begin(),
                   [](std::int64_t count) { return static_cast<double>(count); });
  }
  return scratch.data();
}

}  // namespace promfill
