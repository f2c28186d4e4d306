// Batches of a query's stream as canonical columns: a few of the driver's become one where they are small, texts that
// stand for numbers are read. A thread of its own reads ahead, as drivers do much of their work in it: with 10 M rows
// of PostgreSQL's that took 2.5 s of a core, and mapping 0.3.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "resource/bounded_queue.h"
#include "source/arrow_columns.h"
#include "source/source.h"
#include "sql/query_stream.h"

namespace promfill {

/// A stream that was begun, with the batches that were read of it: to go on with from its first row.
struct BegunStream {
  std::unique_ptr<QueryStream> stream;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
};

/// What is made of a column of the stream.
struct ReadColumn {
  int position = 0;              ///< among the stream's
  bool numbers_in_text = false;  ///< those that are none are bad cells
};

struct QueryReaderOptions {
  std::shared_ptr<BudgetedPool> pool;
  MemoryBudget* budget = nullptr;  ///< may be null
  std::string where;               ///< for messages
  std::int64_t first_row = 1;
  std::int64_t batch_rows = 1 << 16;
  std::function<void(BegunStream)> keep;         ///< gets a stream that was read but little of; may be empty
  std::function<void()> when_rows_come;          ///< when the first have been read ahead; may be empty
  std::function<void(std::int64_t)> when_ended;  ///< gets the number of rows
};

class QueryReader final : public BatchReader {
 public:
  QueryReader(BegunStream begun, std::vector<ReadColumn> columns, QueryReaderOptions options);
  ~QueryReader() override;
  Result<std::optional<ColumnBatch>> next() override;

 private:
  /// Batches that become one; none at the end.
  using Group = std::vector<std::shared_ptr<arrow::RecordBatch>>;

  Result<std::shared_ptr<arrow::RecordBatch>> next_small();
  Result<Group> next_group();
  Result<Group> next_read_ahead();
  Result<std::shared_ptr<arrow::RecordBatch>> join(const Group& group) const;
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> chosen(const arrow::RecordBatch& batch,
                                                            std::vector<BadCell>& bad_cells) const;

  BegunStream begun_;
  std::vector<ReadColumn> columns_;
  QueryReaderOptions options_;
  std::size_t replayed_ = 0;
  bool may_keep_;
  std::shared_ptr<arrow::RecordBatch> ahead_;  // read, and not yet handed out
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::int64_t offset_ = 0;  // in batch_
  std::int64_t rows_ = 0;
  bool ended_ = false;
  BoundedQueue<Result<Group>> queue_{2};
  std::jthread reading_;  // last: it uses the others
};

}  // namespace promfill
