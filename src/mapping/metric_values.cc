#include "mapping/metric_values.h"

#include <cmath>
#include <utility>
#include <vector>

#include "promfill/result.h"

namespace promfill {
namespace {

/// Every integer from -2^53 to 2^53 is a double.
constexpr std::uint64_t kExactMax = std::uint64_t{1} << 53;
constexpr double kTwoTo63 = 9223372036854775808.0;

bool is_exact(std::int64_t value) {
  const auto rounded = static_cast<double>(value);
  return rounded < kTwoTo63 && static_cast<std::int64_t>(rounded) == value;
}

bool is_exact(std::uint64_t value) {
  const auto rounded = static_cast<double>(value);
  return rounded < 2 * kTwoTo63 && static_cast<std::uint64_t>(rounded) == value;
}

/// Call visit(output row, input row) for all rows.
template <typename Visit>
void for_each_row(std::size_t rows, const RowOrder& order, Visit visit) {
  if (order) {
    const std::span<const std::uint32_t> input = *order;
    for (std::size_t i = 0; i < input.size(); ++i) visit(i, input[i]);
  } else {
    for (std::size_t i = 0; i < rows; ++i) visit(i, static_cast<std::uint32_t>(i));
  }
}

template <typename Integer>
std::uint64_t count_rounded(const ColumnView& column, const Integer* integers, std::size_t rows,
                            const RowOrder& order) {
  std::uint64_t rounded = 0;
  for_each_row(rows, order, [&](std::size_t, std::uint32_t row) {
    if (column.valid(row) && !is_exact(integers[row])) ++rounded;
  });
  return rounded;
}

bool may_be_inexact(std::int64_t value) { return static_cast<std::uint64_t>(value) + kExactMax > 2 * kExactMax; }
bool may_be_inexact(std::uint64_t value) { return value > kExactMax; }

constexpr double steps_per_second(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return 1;
    case TimeUnit::kMilliseconds:
      return 1e3;
    case TimeUnit::kMicroseconds:
      return 1e6;
    case TimeUnit::kNanoseconds:
      return 1e9;
  }
  return 1;
}

template <typename Integer>
void integers_as_doubles(const ColumnView& column, const Integer* integers, std::size_t rows, const RowOrder& order,
                         std::span<double> values, Ledger& judged) {
  bool large = false;  // also for what lies under nulls: then the count below finds none
  for_each_row(rows, order, [&](std::size_t i, std::uint32_t row) {
    const Integer value = integers[row];
    large |= may_be_inexact(value);
    values[i] = static_cast<double>(value);
  });
  if (large) judged.values_rounded += count_rounded(column, integers, rows, order);
}

void gather_values(const ColumnView& column, std::size_t rows, const RowOrder& order, std::vector<double>& values,
                   Ledger& judged) {
  values.resize(order ? order->size() : rows);
  if (column.kind == ColumnKind::kInt64) {
    integers_as_doubles(column, column.int64s(), rows, order, values, judged);
  } else if (column.kind == ColumnKind::kUint64) {
    integers_as_doubles(column, column.uint64s(), rows, order, values, judged);
  } else if (column.kind == ColumnKind::kDouble) {
    const double* doubles = column.doubles();
    for_each_row(rows, order, [&](std::size_t i, std::uint32_t row) { values[i] = doubles[row]; });
  } else if (column.kind == ColumnKind::kTimestamp || column.kind == ColumnKind::kDuration) {
    const std::int64_t* steps = column.int64s();
    const double per_second = steps_per_second(column.unit);
    for_each_row(rows, order,
                 [&](std::size_t i, std::uint32_t row) { values[i] = static_cast<double>(steps[row]) / per_second; });
  } else {
    PROMFILL_ASSERT(column.kind == ColumnKind::kBool);
    for_each_row(rows, order, [&](std::size_t i, std::uint32_t row) { values[i] = column.boolean(row) ? 1 : 0; });
  }
}

std::vector<std::uint8_t> gather_validity(const ColumnView& column, std::span<const std::uint32_t> order) {
  std::vector<std::uint8_t> bits((order.size() + 7) / 8);
  for (std::size_t i = 0; i < order.size(); ++i) {
    bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | (static_cast<unsigned>(column.valid(order[i])) << (i % 8)));
  }
  return bits;
}

/// Make the rows null that are not null and `is_bad`. Values have 64 bits, so that their pointer takes up the offset.
/// @return those rows.
template <typename IsBad>
std::vector<std::uint32_t> take_out(ColumnView& column, std::size_t rows, SampleBatch& out, IsBad is_bad) {
  std::vector<std::uint32_t> taken;
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (column.valid(row) && is_bad(row)) taken.push_back(row);
  }
  if (taken.empty()) return taken;
  std::vector<std::uint8_t> bits((rows + 7) / 8);
  for (std::uint32_t row = 0; row < rows; ++row) {
    bits[row / 8] = static_cast<std::uint8_t>(bits[row / 8] | (static_cast<unsigned>(column.valid(row)) << (row % 8)));
  }
  for (const std::uint32_t row : taken) {
    bits[row / 8] = static_cast<std::uint8_t>(bits[row / 8] & ~(1U << (row % 8)));
  }
  column.values = column.int64s();
  column.offset = 0;
  column.validity = out.owned_validity.emplace_back(std::move(bits)).data();
  column.null_count += static_cast<std::int64_t>(taken.size());
  return taken;
}

}  // namespace

void take_nans_for_null(ColumnView& column, std::size_t rows, SampleBatch& out) {
  if (column.kind != ColumnKind::kDouble) return;
  take_out(column, rows, out, [&](std::uint32_t row) { return std::isnan(column.doubles()[row]); });
}

std::vector<std::uint32_t> take_out_inexact(ColumnView& column, std::size_t rows, SampleBatch& out) {
  if (column.kind == ColumnKind::kInt64) {
    return take_out(column, rows, out, [&](std::uint32_t row) { return !is_exact(column.int64s()[row]); });
  }
  if (column.kind == ColumnKind::kUint64) {
    return take_out(column, rows, out, [&](std::uint32_t row) { return !is_exact(column.uint64s()[row]); });
  }
  return {};
}

double metric_value(const ColumnView& column, std::int64_t row, Ledger& judged) {
  const auto converted = [&](auto integer) {
    if (may_be_inexact(integer) && !is_exact(integer)) ++judged.values_rounded;
    return static_cast<double>(integer);
  };
  switch (column.kind) {
    case ColumnKind::kInt64:
      return converted(column.int64s()[row]);
    case ColumnKind::kUint64:
      return converted(column.uint64s()[row]);
    case ColumnKind::kDouble:
      return column.doubles()[row];
    case ColumnKind::kTimestamp:
    case ColumnKind::kDuration:
      return static_cast<double>(column.int64s()[row]) / steps_per_second(column.unit);
    default:
      PROMFILL_ASSERT(column.kind == ColumnKind::kBool);
      return column.boolean(row) ? 1 : 0;
  }
}

void append_record(ByteView body, RecordColumn& out) {
  out.bodies.insert(out.bodies.end(), body.begin(), body.end());
  out.ends.push_back(out.bodies.size());
}

void add_metric_values(const ColumnView& column, std::size_t rows, const RowOrder& order, std::uint32_t metric,
                       SampleBatch& out) {
  MetricColumn result{.metric = metric};
  if (column.kind == ColumnKind::kRecords) {
    const auto& records = *static_cast<const RecordColumn*>(column.values);
    result.records = &records;
    if (order) {
      RecordColumn& ordered = *out.owned_records.emplace_back(std::make_unique<RecordColumn>());
      for (const std::uint32_t row : *order) append_record(records.body(row), ordered);
      result.records = &ordered;
    }
  } else if (column.kind == ColumnKind::kDouble && !order) {
    result.values = column.doubles();
  } else {
    std::vector<double>& values = out.take_values();
    gather_values(column, rows, order, values, out.judged);
    result.values = values.data();
  }
  if (column.null_count > 0 && order) {
    result.validity = out.owned_validity.emplace_back(gather_validity(column, *order)).data();
  } else if (column.null_count > 0) {
    result.validity = column.validity + column.offset / 8;
    result.validity_offset = static_cast<std::uint32_t>(column.offset % 8);
  }
  out.metrics.push_back(result);
}

}  // namespace promfill
