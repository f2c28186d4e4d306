// One block of CSV text as columns: CsvIndex or Arrow's parser divides it into cells, the converters here read them.
#pragma once

#include <cstdint>
#include <vector>

#include <arrow/csv/parser.h>

#include "model/column.h"
#include "text/cell.h"
#include "text/csv_index.h"
#include "text/text_column.h"

namespace promfill {

/// What to make of a column.
struct CsvColumn {
  std::size_t column = 0;
  ColumnType type;
  bool as_label = false;
  std::size_t position = 0;  ///< among the columns asked for
};

/// Read a column of a block. A cell that is no `type` is null there and stands in `bad`; integers of which one has a
/// fraction become doubles. Of a label every text is good: integers are texts.
TextColumn read_csv_column(const CsvIndex& cells, const CsvColumn& column, const CellFormat& format,
                           std::vector<BadCell>& bad);
TextColumn read_csv_column(const arrow::csv::BlockParser& cells, const CsvColumn& column, const CellFormat& format,
                           std::vector<BadCell>& bad);

}  // namespace promfill
