// See sessions.h.
#include "sql/sessions.h"

#include "sql/dialect.h"

namespace promfill {
namespace {

constexpr const char* kBegin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

}  // namespace

Result<std::unique_ptr<Connection>> Sessions::take() {
  {
    const std::scoped_lock lock(mutex_);
    if (cancelled_) return Error{ErrorCode::kStopped, "stopped on request", "", ""};
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      taken_.insert(connection.get());
      return connection;
    }
  }
  PROMFILL_TRY(std::unique_ptr<Connection> connection, open());
  if (database_->address().kind == DatabaseKind::kPostgres && read_only_) {
    PROMFILL_TRY_STATUS(begin_snapshot(*connection));
  }
  const std::scoped_lock lock(mutex_);
  taken_.insert(connection.get());
  return connection;
}

Result<std::unique_ptr<Connection>> Sessions::open() {
  PROMFILL_TRY(std::unique_ptr<Connection> connection, Connection::open(database_));
  connection->set_batch_bytes(batch_bytes_);
  if (!read_only_) return connection;
  for (const std::string& setting : session_settings(database_->address().kind)) {
    PROMFILL_TRY_STATUS(connection->execute(setting));
  }
  return connection;
}

/// Take part in the snapshot; make a new one where there is none, or its holder is gone.
Status Sessions::begin_snapshot(Connection& connection) {
  const std::scoped_lock lock(mutex_);
  if (holder_ != nullptr && connection.execute(kBegin) &&
      connection.execute("SET TRANSACTION SNAPSHOT " + quoted_text(snapshot_))) {
    return {};
  }
  if (holder_ != nullptr) {
    holder_.reset();
    PROMFILL_TRY_STATUS(connection.execute("ROLLBACK"));
  }
  PROMFILL_TRY(std::unique_ptr<Connection> holder, open());
  PROMFILL_TRY_STATUS(holder->execute(kBegin));
  const Result<std::vector<std::string>> exported = holder->row("SELECT pg_export_snapshot()");
  if (!exported || exported->empty()) return connection.execute(kBegin);  // not every server has them: each its own
  snapshot_ = exported->front();
  holder_ = std::move(holder);
  PROMFILL_TRY_STATUS(connection.execute(kBegin));
  return connection.execute("SET TRANSACTION SNAPSHOT " + quoted_text(snapshot_));
}

void Sessions::give(std::unique_ptr<Connection> connection) {
  const std::scoped_lock lock(mutex_);
  taken_.erase(connection.get());
  idle_.push_back(std::move(connection));
}

void Sessions::drop(std::unique_ptr<Connection> connection) {
  {
    const std::scoped_lock lock(mutex_);
    taken_.erase(connection.get());
  }
  connection.reset();
}

void Sessions::share_machine() {
  if (database_->address().kind != DatabaseKind::kDuckDb || shares_machine_.exchange(true)) return;
  Result<std::unique_ptr<Connection>> connection = take();
  if (!connection) return;
  const auto threads = (*connection)->row("SELECT greatest(1, current_setting('threads')::BIGINT // 2)");
  if (threads && threads->size() == 1 && (*connection)->execute("SET threads = " + threads->front())) {
    give(*std::move(connection));
  } else {
    drop(*std::move(connection));
  }
}

void Sessions::cancel() {
  const std::scoped_lock lock(mutex_);
  cancelled_ = true;
  for (Connection* const connection : taken_) connection->cancel();
}

bool Sessions::cancelled() const {
  const std::scoped_lock lock(mutex_);
  return cancelled_;
}

}  // namespace promfill
