// The boundary that every source implements: a schema, pieces that can be read independently, batches of columns.
//
// To add a kind of file: derive Source in a file of its own, yield canonical columns (model/column.h) in source order,
// and name it and its extension in inputs.cc. Nothing else changes. source_test.cc does so with a table in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/column.h"
#include "promfill/result.h"
#include "resource/memory_budget.h"
#include "resource/page_pool.h"
#include "source/sql_options.h"
#include "text/csv_layout.h"

namespace promfill {

/// Smallest and largest value of a numeric or timestamp column, as the source knows them beforehand.
struct ColumnRange {
  std::size_t column = 0;  ///< position in the schema
  std::int64_t min = 0;
  std::int64_t max = 0;
};

/// A part of a source that is read on its own, such as a Parquet row group.
struct PieceInfo {
  std::int64_t rows = 0;       ///< 0 where unknown
  std::int64_t first_row = 1;  ///< counted from 1; 0: unknown until the pieces before are read, see Source::first_row
  std::uint64_t bytes = 0;     ///< stored size of the columns, for progress; 0 where unknown
  std::vector<ColumnRange> ranges;
};

struct SourceOptions {
  // Both outlive the source and its batches, and may be null.
  MemoryBudget* budget = nullptr;  ///< charged with what reading holds
  PagePool* pages = nullptr;       ///< for large buffers
  CsvOptions csv{};
  std::string format{};  ///< what kind of files these are; empty: their extensions say it
  SqlOptions sql{};
};

/// What stands for standard input where a path is expected.
inline constexpr std::string_view kStandardInput = "-";

class BatchReader {
 public:
  virtual ~BatchReader() = default;
  /// The next batch, or nothing at the end. @error kCorrupt, kIo  with file and row.
  virtual Result<std::optional<ColumnBatch>> next() = 0;
};

/// One file, table or stream. Thread-safe once open: pieces may be read at the same time.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual const SourceSchema& schema() const = 0;
  [[nodiscard]] virtual std::span<const PieceInfo> pieces() const = 0;
  /// About how many rows there are; 0 where that isn't known.
  [[nodiscard]] virtual std::uint64_t estimated_rows() const {
    std::uint64_t rows = 0;
    for (const PieceInfo& piece : pieces()) rows += static_cast<std::uint64_t>(piece.rows);
    return rows;
  }
  /// The number of a piece's first row. May read the pieces before, where they can't be skipped otherwise.
  virtual Result<std::int64_t> first_row(std::size_t piece) { return pieces()[piece].first_row; }
  /// What was found out about the file, and why, for people. Two sources that read the same file otherwise differ in
  /// it.
  [[nodiscard]] virtual std::span<const std::string> decisions() const { return {}; }
  /// What it is read from, for a job's identity; those that are files are told from others by their size and time.
  [[nodiscard]] virtual std::vector<std::string> inputs() const { return {name()}; }
  /// Make the pieces that were asked for, now that it is known which column has the times: called once, before pieces
  /// count. @param unit  of a numeric one.
  virtual Status divide(std::size_t /*time_column*/, TimeUnit /*unit*/) { return {}; }
  /// What befell it while it was read, for people.
  [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
  /// Nobody wants the rest: who waits for a batch gets an error.
  virtual void cancel() {}
  /// Batches of at most `batch_rows` rows with the columns asked for, in that order.
  virtual Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                                    std::int64_t batch_rows) = 0;
};

}  // namespace promfill
