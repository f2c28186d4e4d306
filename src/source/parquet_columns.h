// Columns of one Parquet row group, decoded page by page straight into the memory of a batch: numbers as they are
// stored or widened, labels as codes into a dictionary that is the same object in every batch of the row group.
//
// This serves flat columns (no repetition, at most one definition level) of integers, floats, timestamps in int64, and
// text whose data pages are all dictionary-encoded. Everything else is read as Arrow arrays (arrow_columns.h); where
// both can read a column, the views are the same but for the order and number of dictionary entries.
#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>
#include <parquet/file_reader.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "model/column.h"
#include "source/arrow_columns.h"

namespace promfill {

/// What the columns of a batch point at. Goes back to the pool with its owner.
class BatchMemory {
 public:
  explicit BatchMemory(std::shared_ptr<BudgetedPool> pool) : pool_(std::move(pool)) {}

  /// @error OutOfMemory  as of BudgetedPool::Allocate.
  arrow::Result<std::uint8_t*> allocate(std::int64_t bytes);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::shared_ptr<BudgetedPool> pool_;  // first, as it goes last
  std::vector<std::unique_ptr<arrow::Buffer>> buffers_;
  std::uint64_t bytes_ = 0;
};

/// One column chunk, from its first row to its last.
class ColumnDecoder {
 public:
  virtual ~ColumnDecoder() = default;
  /// The next `rows` rows, which `memory` keeps; a dictionary keeps itself.
  /// @error Invalid  fewer rows are left, or the pages are damaged.
  virtual arrow::Result<ColumnView> decode(std::int64_t rows, BatchMemory& memory) = 0;
  /// Whether every row was decoded.
  virtual arrow::Result<bool> at_end() = 0;
};

/// How a column is wanted.
struct DecodedColumn {
  int leaf = 0;  ///< position among the file's leaves
  ColumnType type{};
  arrow::Type::type arrow_type = arrow::Type::NA;  ///< as Arrow would read it
  bool as_label = false;
};

/// A decoder of the column's chunk in `group`, which outlives it; null where Arrow has to read it.
arrow::Result<std::unique_ptr<ColumnDecoder>> make_column_decoder(parquet::RowGroupReader& group,
                                                                  const DecodedColumn& column,
                                                                  const std::shared_ptr<BudgetedPool>& pool);

}  // namespace promfill
