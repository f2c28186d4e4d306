// See query_stream.h.
#include "sql/query_stream.h"

#include <arrow/array/data.h>
#include <arrow/buffer.h>

#include <string_view>
#include <utility>

namespace promfill {
namespace {

std::size_t hash_of(const arrow::ArrayData& data, std::size_t seed) {
  std::size_t hash = seed * 31 + static_cast<std::size_t>(data.length);
  for (const auto& buffer : data.buffers) {
    if (buffer == nullptr) continue;
    const std::string_view bytes(reinterpret_cast<const char*>(buffer->data()),
                                 static_cast<std::size_t>(buffer->size()));
    hash = hash * 1'000'003 + std::hash<std::string_view>{}(bytes);
  }
  for (const auto& child : data.child_data) hash = hash_of(*child, hash);
  return hash;
}

std::size_t hash_of(const arrow::RecordBatch& batch) {
  std::size_t hash = 0;
  for (const auto& column : batch.column_data()) hash = hash_of(*column, hash);
  return hash;
}

}  // namespace

QueryStream::QueryStream(std::shared_ptr<Sessions> sessions, std::string sql, bool has_type_row, Retries retries)
    : sessions_(std::move(sessions)), sql_(std::move(sql)), has_type_row_(has_type_row), retries_(std::move(retries)) {}

QueryStream::~QueryStream() { let_go(ended_); }

void QueryStream::let_go(bool whole) {
  if (connection_ == nullptr) return;
  // Else the driver would read a long result to its end.
  if (!whole && stream_ != nullptr) connection_->cancel();
  stream_.reset();
  if (whole) {
    sessions_->give(std::move(connection_));
  } else {
    sessions_->drop(std::move(connection_));
  }
}

Status QueryStream::begin() {
  lost_ = false;
  Result<std::unique_ptr<Connection>> connection = sessions_->take();
  if (!connection) {
    lost_ = connection.error().code == ErrorCode::kIo;
    return std::move(connection).error();
  }
  connection_ = *std::move(connection);
  SqlFailure failure;
  auto stream = connection_->query(sql_, &failure);
  if (!stream) {
    lost_ = failure.connection_lost;
    let_go(false);
    return std::move(stream).error();
  }
  stream_ = *std::move(stream);
  type_row_seen_ = !has_type_row_;
  read_in_stream_ = 0;
  return {};
}

/// The next batch of this run of the query.
Result<std::shared_ptr<arrow::RecordBatch>> QueryStream::read() {
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    const arrow::Status status = stream_->ReadNext(&batch);
    if (!status.ok()) {
      SqlFailure failure = sessions_->database().failure(status, "query");
      lost_ = failure.connection_lost;
      let_go(false);
      return std::move(failure.error);
    }
    if (batch == nullptr || type_row_seen_) return batch;
    if (batch->num_rows() == 0) continue;
    type_row_seen_ = true;
    batch = batch->Slice(1);
    if (batch->num_rows() > 0) return batch;
  }
}

/// The next batch that wasn't handed out before.
Result<std::shared_ptr<arrow::RecordBatch>> QueryStream::read_new() {
  while (true) {
    PROMFILL_TRY(std::shared_ptr<arrow::RecordBatch> batch, read());
    const std::size_t number = read_in_stream_++;
    if (number >= handed_.size()) return batch;
    const Handed& before = handed_[number];
    if (batch != nullptr && batch->num_rows() == before.rows && hash_of(*batch) == before.hash) continue;
    return Error{ErrorCode::kData, "the connection was lost, and the query gave other rows when it was run again",
                 sessions_->database().address().shown,
                 "nothing was written; give the query an ORDER BY, or divide it with --time-slices"};
  }
}

bool QueryStream::wait_for_retry() {
  if (!lost_ || tries_ >= retries_.waits_ms.size() || sessions_->cancelled()) return false;
  retries_.wait(retries_.waits_ms[tries_++]);
  return !sessions_->cancelled();
}

Result<std::shared_ptr<arrow::RecordBatch>> QueryStream::next() {
  if (ended_) return std::shared_ptr<arrow::RecordBatch>();
  while (true) {
    if (stream_ == nullptr) {
      if (Status begun = begin(); !begun) {
        if (!wait_for_retry()) return std::move(begun).error();
        continue;
      }
    }
    Result<std::shared_ptr<arrow::RecordBatch>> batch = read_new();
    if (!batch) {
      if (sessions_->cancelled()) return Error{ErrorCode::kStopped, "stopped on request", "", ""};
      if (batch.error().code == ErrorCode::kData || !wait_for_retry()) return std::move(batch).error();
      continue;
    }
    tries_ = 0;
    if (*batch == nullptr) {
      ended_ = true;
      let_go(true);
      return batch;
    }
    const DatabaseKind kind = sessions_->database().address().kind;
    const bool is_local = kind == DatabaseKind::kDuckDb || kind == DatabaseKind::kSqlite;
    if (!is_local) handed_.push_back({(*batch)->num_rows(), hash_of(**batch)});
    return batch;
  }
}

}  // namespace promfill
