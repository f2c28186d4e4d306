// Finds words and columns by name and, where there is none of that name, the one that was probably meant.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/column.h"
#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

/// The candidate with the fewest typing mistakes (insert, delete, replace, swap neighbours; other case is half a
/// mistake), the first among equals; nothing where even that one is too far off to be meant.
std::optional<std::string_view> nearest_name(std::string_view name, std::span<const std::string_view> candidates);

/// "did you mean 'x'? ", or "" where nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

/// "a, b and c", or with `count_max` exceeded "a, b and 7 more".
std::string list_names(std::span<const std::string_view> names, std::size_t count_max);

/// Position of the column `name` in the schema of `source_name`.
/// @param what  what the column is to be, such as "time column"; `where` is that of the error.
/// @error kUsage  no such column, or several; the hint has the nearest name and some columns.
Result<std::size_t> find_column(const SourceSchema& schema, const std::string& source_name, std::string_view name,
                                std::string_view what, const std::string& where);

}  // namespace promfill
