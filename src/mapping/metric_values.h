// A metric's column as ingest wants it: doubles in the order of the output rows, and which of them are there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "model/column.h"
#include "store/sample_batch.h"

namespace promfill {

/// Input row of each output row; nothing: all rows as they came.
using RowOrder = std::optional<std::span<const std::uint32_t>>;

/// Append `column` to `out` as metric number `metric`. Doubles in their own order are not copied but pointed at: the
/// caller keeps their memory in SampleBatch::owner. Integers beyond 2^53 that no double holds are rounded and counted.
/// @param rows  of `column`.
void add_metric_values(const ColumnView& column, std::size_t rows, const RowOrder& order, std::uint32_t metric,
                       SampleBatch& out);

}  // namespace promfill
