// A query as a source: of a database that a driver speaks to, or of files by an embedded DuckDB. A piece is the query
// with a condition; its columns are those that were asked for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "promfill/result.h"
#include "source/source.h"
#include "sql/file_tables.h"

namespace promfill {

/// @param address  as in address.h, with a query or a table among the options.
/// @error kUsage  no query or table, or one that is none; kNotFound  no driver, no such table; of the database.
Result<std::unique_ptr<Source>> open_database(const std::string& address, const SourceOptions& options);

/// The query of the options over files.
Result<std::unique_ptr<Source>> open_files_by_sql(std::vector<FileTable> tables, const SourceOptions& options);

}  // namespace promfill
