// A metric's column as ingest wants it: doubles in the order of the output rows, and which of them are there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/column.h"
#include "store/sample_batch.h"

namespace promfill {

/// Input row of each output row; nothing: all rows as they came.
using RowOrder = std::optional<std::span<const std::uint32_t>>;

/// Append `column` to `out` as metric number `metric`. Doubles in their own order are not copied but pointed at: the
/// caller keeps their memory in SampleBatch::owner. Integers beyond 2^53 that no double holds are rounded and counted;
/// moments become seconds since 1970, lengths of time seconds.
/// @param rows  of `column`.
void add_metric_values(const ColumnView& column, std::size_t rows, const RowOrder& order, std::uint32_t metric,
                       SampleBatch& out);

/// Add a record as that of the next row.
void append_record(ByteView body, RecordColumn& out);

/// Make NaN values of a column of doubles null. The bitmap of what is left goes to `out`.
void take_nans_for_null(ColumnView& column, std::size_t rows, SampleBatch& out);

/// Make the integers null that no double holds. The bitmap of what is left goes to `out`. @return their rows.
std::vector<std::uint32_t> take_out_inexact(ColumnView& column, std::size_t rows, SampleBatch& out);

/// The value of one row, which is not null, as add_metric_values converts it.
[[nodiscard]] double metric_value(const ColumnView& column, std::int64_t row, Ledger& judged);

}  // namespace promfill
