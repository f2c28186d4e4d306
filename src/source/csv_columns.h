// One block of CSV text as columns: Arrow's parser divides it into cells, the converters here read them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <arrow/csv/parser.h>

#include "model/column.h"
#include "text/cell.h"

namespace promfill {

/// A column's cells as one of the canonical kinds, with the memory behind.
class CsvColumn {
 public:
  CsvColumn(ColumnKind kind, std::size_t rows);

  [[nodiscard]] ColumnView view() const;
  [[nodiscard]] std::uint64_t memory_bytes() const;

  // For the converters.
  void add_null();
  void add(std::int64_t value);
  void add(double value);
  void add(bool value);
  void add(std::string_view text);

 private:
  void add_validity(bool valid);

  ColumnKind kind_;
  std::vector<std::int64_t> integers_;
  std::vector<double> doubles_;
  std::vector<std::uint8_t> bits_;
  std::vector<std::int32_t> offsets_;
  std::vector<char> text_;
  std::vector<std::uint8_t> validity_;
  std::int64_t rows_ = 0;
  std::int64_t nulls_ = 0;
};

/// Read column `column` of a parsed block. A cell that is no `type` is null there and stands in `bad`, with `position`
/// as column; integers of which one has a fraction become doubles. Of a label every text is good: integers are texts.
CsvColumn read_csv_column(const arrow::csv::BlockParser& parser, int column, const ColumnType& type, bool as_label,
                          const CellFormat& format, std::size_t position, std::vector<BadCell>& bad);

}  // namespace promfill
