// The columns of a query, each as what promfill can read: types that have no use as they are become numbers or texts
// in the database, where that is cheap and exact.
//
//   PostgreSQL  numeric → float8, interval → seconds, money → float8, oid → bigint; enums, uuid, json(b), addresses,
//               ranges and what else the driver has no type for → text; arrays of numeric → arrays of float8
//   DuckDB      INTERVAL → seconds, BIT and what else is neither number, text nor time → VARCHAR
//   SQLite      which types a column's values have is counted over the whole query, since each row has its own:
//               integers; integers and reals → reals; with texts among them → texts, which are read as numbers, and
//               of which those that are none are rejects
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/column.h"
#include "promfill/result.h"
#include "source/source.h"
#include "sql/connection.h"

namespace promfill {

struct QueryColumn {
  std::string name;
  std::string expression;              ///< of the query known as `input`
  ColumnType type;                     ///< as it is read
  bool numbers_in_text = false;        ///< texts come, and stand for numbers
  std::optional<ColumnRange> range{};  ///< of whole numbers, where it came for nothing
  std::string first_value{};           ///< of this type, in a row ahead of all others, by which the driver learns it
};

struct QueryColumns {
  std::vector<QueryColumn> columns;
  std::vector<std::string> decisions;  ///< for people
  std::uint64_t rows = 0;              ///< 0 where unknown
};

/// Ask the database. @error kUsage  two columns of one name, none at all; of the query.
Result<QueryColumns> find_query_columns(Connection& connection, const std::string& query);

}  // namespace promfill
