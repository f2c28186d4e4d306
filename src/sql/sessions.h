// Connections to one database, as many as are used at once. All of them see the same state of it where it can do that:
// PostgreSQL hands on the snapshot of a first session, as pg_dump's workers have it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "promfill/result.h"
#include "sql/connection.h"

namespace promfill {

/// Thread-safe.
class Sessions {
 public:
  /// @param batch_bytes  about how large a batch shall be, where the driver can be told.
  /// @param read_only  nothing may be written, whatever the statement.
  Sessions(std::shared_ptr<Database> database, std::uint64_t batch_bytes, bool read_only)
      : database_(std::move(database)), batch_bytes_(batch_bytes), read_only_(read_only) {}

  /// A session that nobody else has. @error  of connecting; kStopped
  Result<std::unique_ptr<Connection>> take();
  /// For the next one. Not where a query on it has failed or was left before its end: let go of it with drop().
  void give(std::unique_ptr<Connection> connection);
  void drop(std::unique_ptr<Connection> connection);
  /// Rows have begun to come and are worked on by the same processors: a database embedded here gets half of its
  /// threads from now on. Until then it had all of them, as a query that sorts or aggregates does most before its first
  /// row.
  void share_machine();
  /// What runs ends with an error, and nothing begins any more.
  void cancel();
  [[nodiscard]] bool cancelled() const;

  [[nodiscard]] Database& database() const { return *database_; }

 private:
  Result<std::unique_ptr<Connection>> open();
  Status begin_snapshot(Connection& connection);

  std::shared_ptr<Database> database_;
  std::uint64_t batch_bytes_;
  bool read_only_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::set<Connection*> taken_;
  std::unique_ptr<Connection> holder_;  // of the snapshot
  std::string snapshot_;
  bool cancelled_ = false;
  std::atomic<bool> shares_machine_{false};
};

}  // namespace promfill
