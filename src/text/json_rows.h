// Lines of JSON objects as columns.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/column.h"
#include "text/text_column.h"

namespace promfill {

/// Rows of some lines. Lines that are no objects, or have a key twice, are bad rows; values of another kind than their
/// column's are bad cells, and null.
struct JsonRows {
  std::int64_t rows = 0;
  std::vector<TextColumn> columns{};  ///< as they were asked for
  std::vector<BadCell> bad_cells{};
  std::vector<BadRow> bad_rows{};
  std::vector<std::int64_t> no_rows{};  ///< numbers of bad rows and blank lines
  std::vector<UnknownColumn> unknown_columns{};
  std::int64_t numbers = 0;  ///< that these lines take
  std::size_t bytes = 0;     ///< of the lines that were read
};

class JsonRowParser {
 public:
  /// @param columns  of the text. @param requests  which of them to read.
  JsonRowParser(std::span<const ColumnField> columns, std::span<const ColumnRequest> requests);
  ~JsonRowParser();

  /// Read whole lines, up to `rows_max`. @param lines  with LineReader::kPaddingBytes readable bytes behind.
  /// @param first_number  of the first line.
  JsonRows read(std::string_view lines, std::int64_t first_number, std::int64_t rows_max);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promfill
