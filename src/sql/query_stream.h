// The result of one query, batch by batch as the driver makes them. A connection that is lost in the middle is opened
// again and the query run again: batches that were handed out already are read past, and held by their hashes against
// those of before, so that no row comes twice and none is left out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "promfill/result.h"
#include "sql/sessions.h"

namespace promfill {

/// How often and how long apart a lost connection is tried again.
struct Retries {
  std::vector<std::int64_t> waits_ms{200, 1000, 3000, 10000, 30000};
  std::function<void(std::int64_t)> wait;  ///< sleeps; returns early when nobody wants the result any more
};

class QueryStream {
 public:
  /// @param has_type_row  the first row is only there for its types.
  QueryStream(std::shared_ptr<Sessions> sessions, std::string sql, bool has_type_row, Retries retries);
  ~QueryStream();
  QueryStream(const QueryStream&) = delete;
  QueryStream& operator=(const QueryStream&) = delete;

  /// Null at the end. @error  the database's; kData  rows in another order when they were read again; kStopped
  Result<std::shared_ptr<arrow::RecordBatch>> next();

 private:
  struct Handed {
    std::int64_t rows = 0;
    std::size_t hash = 0;
  };

  Status begin();
  Result<std::shared_ptr<arrow::RecordBatch>> read();
  Result<std::shared_ptr<arrow::RecordBatch>> read_new();
  void let_go(bool whole);
  bool wait_for_retry();

  std::shared_ptr<Sessions> sessions_;
  std::string sql_;
  bool has_type_row_;
  Retries retries_;
  std::unique_ptr<Connection> connection_;
  std::shared_ptr<arrow::RecordBatchReader> stream_;
  bool type_row_seen_ = false;
  bool ended_ = false;
  bool lost_ = false;               // what was read last failed for want of a connection
  std::vector<Handed> handed_;      // out, in order
  std::size_t read_in_stream_ = 0;  // batches of this run
  std::size_t tries_ = 0;           // since something was read
};

}  // namespace promfill
