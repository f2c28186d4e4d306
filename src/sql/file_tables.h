// Files as tables of an embedded DuckDB: `FROM input`, or by names of their own.
#pragma once

#include <string>
#include <vector>

#include "promfill/result.h"
#include "text/csv_layout.h"

namespace promfill {

/// A name in the query and the files behind it, which are all of one kind.
struct FileTable {
  std::string name;
  std::vector<std::string> files;
};

/// Whether these are Arrow or ORC files, for which DuckDB has no reader: they are read into it.
[[nodiscard]] bool is_of_batches(const FileTable& table, const std::string& format);

/// CREATE VIEW for one of them, by DuckDB's readers of Parquet, CSV and JSON.
/// @param format  of --format; empty: the extension says it.
/// @error kUsage  files of other or of several kinds.
Result<std::string> view_of_files(const FileTable& table, const std::string& format, const CsvOptions& csv);

}  // namespace promfill
