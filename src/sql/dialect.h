// How databases want to be asked: names, times, parts of a table, and what a session is told first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/column.h"
#include "sql/address.h"

namespace promfill {

/// A name as it is, whatever it is made of.
[[nodiscard]] std::string quoted_name(std::string_view name, DatabaseKind kind);
[[nodiscard]] std::string quoted_text(std::string_view text);

/// Rows of one piece of a query that is known as `input`.
[[nodiscard]] std::string from_query(const std::string& columns, const std::string& query,
                                     const std::string& condition);

/// A moment, or a number, to compare a column of the type with.
/// @param value  in the column's unit; of a double, whole.
[[nodiscard]] std::string literal(std::int64_t value, const ColumnType& type);

/// A number from 0 below `parts` for each value of a column, null for null; empty: the database has nothing for it.
[[nodiscard]] std::string part_of(const std::string& column, std::uint64_t parts, DatabaseKind kind);

/// What a session is told before anything is read: nothing is written, rows of a table come in the same order each
/// time, texts are as we read them.
[[nodiscard]] std::vector<std::string> session_settings(DatabaseKind kind);

}  // namespace promfill
