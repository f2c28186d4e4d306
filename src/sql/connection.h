// A database spoken to by its driver (ADBC): connections, and queries as streams of record batches. The only place that
// knows ADBC's calls, and included by this module's .cc files alone.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <arrow-adbc/adbc.h>
#include <arrow/record_batch.h>

#include "promfill/result.h"
#include "sql/address.h"
#include "sql/driver.h"

namespace promfill {

/// An error, and whether the same may work when it is tried again.
struct SqlFailure {
  Error error;
  bool connection_lost = false;
};

/// Thread-safe.
class Database {
 public:
  static Result<std::shared_ptr<Database>> open(DatabaseAddress address, const Driver& driver);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] const DatabaseAddress& address() const { return address_; }
  /// What the driver says, in our words and without secrets; `step` is what was tried.
  [[nodiscard]] SqlFailure failure(AdbcError& error, AdbcStatusCode code, const std::string& step) const;
  [[nodiscard]] SqlFailure failure(const arrow::Status& status, const std::string& step) const;

 private:
  friend class Connection;
  explicit Database(DatabaseAddress address) : address_(std::move(address)) {}
  [[nodiscard]] SqlFailure judged(std::string message, const std::string& sqlstate, const std::string& step) const;
  DatabaseAddress address_;
  AdbcDatabase database_{};
};

/// One session. For one thread, but for cancel().
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(std::shared_ptr<Database> database);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Run a statement that yields nothing.
  Status execute(const std::string& sql);
  /// Run a query; the connection serves nothing else until the stream is gone.
  /// @param failure  set on an error, may be null.
  Result<std::shared_ptr<arrow::RecordBatchReader>> query(const std::string& sql, SqlFailure* failure = nullptr);
  /// The first row of a query as texts, moments as the numbers that columns of them are made of; empty texts for nulls,
  /// no texts where there is no row.
  Result<std::vector<std::string>> row(const std::string& sql);
  /// Put rows into a table, which is made where it isn't there.
  Status ingest(const std::string& table, const std::shared_ptr<arrow::RecordBatchReader>& rows);
  /// From another thread: what runs returns with an error.
  void cancel();
  [[nodiscard]] Database& database() const { return *database_; }
  void set_batch_bytes(std::uint64_t bytes) { batch_bytes_ = bytes; }

 private:
  explicit Connection(std::shared_ptr<Database> database) : database_(std::move(database)) {}
  Status prepare(const std::string& sql, AdbcStatement& statement, SqlFailure* failure);

  std::shared_ptr<Database> database_;
  AdbcConnection connection_{};
  std::uint64_t batch_bytes_ = 0;
  bool is_open_ = false;
};

}  // namespace promfill
