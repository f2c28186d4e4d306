// One query as many: conditions that every row fulfils exactly one of, by ranges of the time column and by parts of
// another one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "promfill/result.h"
#include "promfill/time.h"
#include "source/source.h"
#include "sql/connection.h"
#include "sql/query_columns.h"

namespace promfill {

struct QueryPieces {
  std::vector<std::string> conditions;  ///< one a piece; empty: all rows
  std::vector<PieceInfo> infos;         ///< with the times of slices
  std::vector<std::string> decisions;
};

/// Times of one slice in the column's own unit.
struct TimeSlice {
  std::int64_t from = 0;
  std::int64_t to = 0;  ///< not in it
};

/// Slices of the length that have something of min…max, at multiples of the length since 1970.
/// @error kUsage  more than 100,000.
Result<std::vector<TimeSlice>> time_slices(std::int64_t min, std::int64_t max, std::int64_t length);

/// Smallest and largest time of a query, where it costs next to nothing to find out: of one that only scans tables or
/// Parquet files with DuckDB, or as the columns know it.
Result<std::optional<ColumnRange>> cheap_range(Connection& connection, const std::string& query,
                                               const QueryColumns& columns, std::size_t time);

/// Divide by time and by parts, whichever is asked for.
/// @param time  the column of times; its position among the columns goes into the pieces' ranges.
/// @param unit  of a numeric time column.
/// @param slice  length; nothing: not by time.   @param part_column  nothing: not by parts.
Result<QueryPieces> divide_query(Connection& connection, const std::string& query, const QueryColumns& columns,
                                 std::size_t time, std::optional<TimeUnit> unit, std::optional<Duration> slice,
                                 std::optional<std::size_t> part_column, std::uint64_t parts);

}  // namespace promfill
