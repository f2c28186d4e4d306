// A file of the benchmark's tables, written a batch of rows at a time: Parquet (Snappy, row groups of so many rows),
// CSV with a header, or JSON with an object a line. The same batches give the same bytes.
#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace promfill::bench {

struct TableFormat {
  enum class Kind : std::uint8_t { kParquet, kCsv, kJson };
  Kind kind = Kind::kParquet;
  bool is_one_piece = false;  ///< all rows in one file and, of Parquet, in one row group

  [[nodiscard]] const char* extension() const;
};

/// One of: parquet csv json one-group (Parquet) one-csv.
[[nodiscard]] std::optional<TableFormat> table_format(std::string_view name);

class TableFile {
 public:
  virtual ~TableFile() = default;
  virtual void write(const arrow::RecordBatch& batch) = 0;
  virtual void close() = 0;
};

/// @param group_rows the rows of a Parquet file's row group; at most so many are in a batch.
[[nodiscard]] std::unique_ptr<TableFile> create_table_file(const TableFormat& format, const std::string& path,
                                                           const std::shared_ptr<arrow::Schema>& schema,
                                                           std::int64_t group_rows);

/// A benchmark has nothing to say to an error but where it came from.
void check(const arrow::Status& status);

}  // namespace promfill::bench
