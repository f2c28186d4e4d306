// One block of CSV text as columns: Arrow's parser divides it into cells, the converters here read them.
#pragma once

#include <cstdint>
#include <vector>

#include <arrow/csv/parser.h>

#include "model/column.h"
#include "text/cell.h"
#include "text/text_column.h"

namespace promfill {

/// Read column `column` of a parsed block. A cell that is no `type` is null there and stands in `bad`, with `position`
/// as column; integers of which one has a fraction become doubles. Of a label every text is good: integers are texts.
TextColumn read_csv_column(const arrow::csv::BlockParser& parser, int column, const ColumnType& type, bool as_label,
                           const CellFormat& format, std::size_t position, std::vector<BadCell>& bad);

}  // namespace promfill
