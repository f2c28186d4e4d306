// See connection.h.
#include "sql/connection.h"

#include <arrow-adbc/adbc_driver_manager.h>
#include <arrow/array.h>
#include <arrow/c/bridge.h>
#include <arrow/scalar.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace promfill {
namespace {

/// Frees what a driver puts into an error.
class DriverError {
 public:
  DriverError() = default;
  ~DriverError() {
    if (error_.release != nullptr) error_.release(&error_);
  }
  DriverError(const DriverError&) = delete;
  DriverError& operator=(const DriverError&) = delete;
  AdbcError* out() { return &error_; }
  AdbcError& get() { return error_; }

 private:
  AdbcError error_ = ADBC_ERROR_INIT;
};

/// A statement that lives as long as the stream of its result.
class StatementStream final : public arrow::RecordBatchReader {
 public:
  StatementStream(AdbcStatement statement, std::shared_ptr<arrow::RecordBatchReader> stream)
      : statement_(statement), stream_(std::move(stream)) {}
  ~StatementStream() override {
    stream_.reset();
    DriverError error;
    AdbcStatementRelease(&statement_, error.out());
  }
  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return stream_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override { return stream_->ReadNext(batch); }

 private:
  AdbcStatement statement_;
  std::shared_ptr<arrow::RecordBatchReader> stream_;
};

/// Moments as the number they are stored as, in the unit that their column is read in.
std::string text_of(const arrow::Scalar& scalar) {
  if (!scalar.is_valid) return "";
  switch (scalar.type->id()) {
    case arrow::Type::TIMESTAMP:
      return std::to_string(static_cast<const arrow::TimestampScalar&>(scalar).value);
    case arrow::Type::DATE32:
      return std::to_string(std::int64_t{static_cast<const arrow::Date32Scalar&>(scalar).value} * 86'400'000);
    case arrow::Type::DATE64:
      return std::to_string(static_cast<const arrow::Date64Scalar&>(scalar).value);
    default:
      return scalar.ToString();
  }
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// A message on one line, without the driver's own account of the query, which the user has.
std::string one_line(std::string message) {
  for (const std::string_view rest : {"\n\nQuery was:", "\nquery:", "\nQuery was:"}) {
    message.resize(std::min(message.find(rest), message.size()));
  }
  std::string line;
  for (const char c : message) {
    const bool is_space = c == '\n' || c == '\t' || c == '\r' || c == ' ';
    if (!is_space) line += c;
    if (is_space && !line.empty() && line.back() != ' ') line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

/// What databases say, by SQLSTATE where there is one, by the words they use otherwise.
struct Kind {
  ErrorCode code;
  std::array<std::string_view, 3> sqlstates;
  std::array<std::string_view, 6> words;
  std::string_view hint;
};

constexpr std::array<Kind, 7> kKinds{{
    {ErrorCode::kPermission,
     {"28P01", "28000", "-"},
     {"password authentication failed", "no password supplied", "Unauthenticated", "Invalid credentials", "-", "-"},
     "check the user; the password comes from the address, --secret-file, PGPASSWORD or ~/.pgpass"},
    {ErrorCode::kPermission,
     {"42501", "25006", "-"},
     {"permission denied", "read-only", "readonly", "-", "-", "-"},
     "promfill only reads; the user needs the right to SELECT"},
    {ErrorCode::kNotFound,
     {"42P01", "3D000", "3F000"},
     {"no such table", "does not exist", "Catalog Error", "unable to open database file", "failed to open", "-"},
     "check the name of the database, the schema or the table"},
    {ErrorCode::kNotFound,
     {"42703", "-", "-"},
     {"no such column", "Referenced column", "Binder Error", "-", "-", "-"},
     "check the columns that the query names"},
    {ErrorCode::kUsage,
     {"42601", "-", "-"},
     {"syntax error", "Parser Error", "incomplete input", "-", "-", "-"},
     "check the query"},
    {ErrorCode::kCorrupt,
     {"-", "-", "-"},
     {"file is not a database", "not a valid DuckDB database file", "database disk image is malformed", "-", "-", "-"},
     "check what file it is"},
    {ErrorCode::kLimit,
     {"53200", "-", "-"},
     {"Out of Memory Error", "out of memory", "-", "-", "-", "-"},
     "raise --memory-limit, or let the query do less at once: --time-slices, no ORDER BY"},
}};

bool is_lost(std::string_view sqlstate, std::string_view message, DatabaseKind kind) {
  if (kind == DatabaseKind::kDuckDb || kind == DatabaseKind::kSqlite) return false;
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P")) return true;
  static constexpr std::array<std::string_view, 12> kWords{"server closed the connection",
                                                           "Connection refused",
                                                           "could not receive data",
                                                           "could not send data",
                                                           "terminating connection",
                                                           "no connection to",
                                                           "Unavailable",
                                                           "the database system is",
                                                           "Connection reset",
                                                           "timed out",
                                                           "SSL SYSCALL error",
                                                           "connection has been closed"};
  return std::ranges::any_of(kWords, [&](std::string_view words) { return contains(message, words); });
}

}  // namespace

Result<std::shared_ptr<Database>> Database::open(DatabaseAddress address, const Driver& driver) {
  std::shared_ptr<Database> database(new Database(std::move(address)));
  DriverError error;
  AdbcStatusCode code = AdbcDatabaseNew(&database->database_, error.out());
  const auto set = [&](const std::string& key, const std::string& value) {
    if (code == ADBC_STATUS_OK)
      code = AdbcDatabaseSetOption(&database->database_, key.c_str(), value.c_str(), error.out());
  };
  set("driver", driver.library);
  if (!driver.entry_point.empty()) set("entrypoint", driver.entry_point);
  if (code == ADBC_STATUS_OK) {  // nothing is searched for
    code = AdbcDriverManagerDatabaseSetLoadFlags(&database->database_, 0, error.out());
  }
  for (const auto& [key, value] : database->address_.options) set(key, value);
  if (code == ADBC_STATUS_OK) code = AdbcDatabaseInit(&database->database_, error.out());
  if (code != ADBC_STATUS_OK) return database->failure(error.get(), code, "connect").error;
  return database;
}

Database::~Database() {
  DriverError error;
  AdbcDatabaseRelease(&database_, error.out());
}

SqlFailure Database::judged(std::string message, const std::string& sqlstate, const std::string& step) const {
  const std::string line = one_line(address_.without_secrets(std::move(message)));
  SqlFailure failure{{ErrorCode::kIo, step + ": " + line, address_.shown, ""}, is_lost(sqlstate, line, address_.kind)};
  for (const Kind& kind : kKinds) {
    const bool is_it = std::ranges::find(kind.sqlstates, sqlstate) != kind.sqlstates.end() ||
                       (sqlstate.empty() && std::ranges::any_of(kind.words, [&](auto words) {
                          return contains(line, words) && words != "-";
                        }));
    if (!is_it) continue;
    failure.error.code = kind.code;
    failure.error.hint = kind.hint;
    failure.connection_lost = false;
    return failure;
  }
  if (failure.connection_lost) failure.error.hint = "check that the server runs and can be reached from here";
  const bool is_of_rows = sqlstate.empty() ? contains(line, "ERROR:") : sqlstate.starts_with("22");
  if (!failure.connection_lost && is_of_rows) {
    failure.error.code = ErrorCode::kData;
    failure.error.hint = "the query fails on some of the rows: mend it, or leave them out";
  }
  return failure;
}

SqlFailure Database::failure(AdbcError& error, AdbcStatusCode code, const std::string& step) const {
  std::string sqlstate(error.sqlstate, sizeof error.sqlstate);
  if (sqlstate.find('\0') != std::string::npos || sqlstate == "00000") sqlstate.clear();
  return judged(error.message == nullptr ? AdbcStatusCodeMessage(code) : error.message, sqlstate, step);
}

SqlFailure Database::failure(const arrow::Status& status, const std::string& step) const {
  std::string message = status.message();
  std::string sqlstate;
  if (const std::size_t at = message.find("SQLSTATE: "); at != std::string::npos) sqlstate = message.substr(at + 10, 5);
  return judged(std::move(message), sqlstate, step);
}

Result<std::unique_ptr<Connection>> Connection::open(std::shared_ptr<Database> database) {
  std::unique_ptr<Connection> connection(new Connection(std::move(database)));
  DriverError error;
  AdbcStatusCode code = AdbcConnectionNew(&connection->connection_, error.out());
  if (code == ADBC_STATUS_OK) {
    connection->is_open_ = true;
    code = AdbcConnectionInit(&connection->connection_, &connection->database_->database_, error.out());
  }
  if (code != ADBC_STATUS_OK) return connection->database_->failure(error.get(), code, "connect").error;
  return connection;
}

Connection::~Connection() {
  DriverError error;
  if (is_open_) AdbcConnectionRelease(&connection_, error.out());
}

Status Connection::prepare(const std::string& sql, AdbcStatement& statement, SqlFailure* failure) {
  DriverError error;
  AdbcStatusCode code = AdbcStatementNew(&connection_, &statement, error.out());
  if (code == ADBC_STATUS_OK && batch_bytes_ > 0 && database_->address().kind == DatabaseKind::kPostgres) {
    code = AdbcStatementSetOption(&statement, "adbc.postgresql.batch_size_hint_bytes",
                                  std::to_string(batch_bytes_).c_str(), error.out());
  }
  if (code == ADBC_STATUS_OK) code = AdbcStatementSetSqlQuery(&statement, sql.c_str(), error.out());
  if (code == ADBC_STATUS_OK) return {};
  SqlFailure found = database_->failure(error.get(), code, "query");
  DriverError ignored;
  if (statement.private_data != nullptr) AdbcStatementRelease(&statement, ignored.out());
  if (failure != nullptr) *failure = found;
  return found.error;
}

Status Connection::execute(const std::string& sql) {
  AdbcStatement statement{};
  PROMFILL_TRY_STATUS(prepare(sql, statement, nullptr));
  DriverError error;
  const AdbcStatusCode code = AdbcStatementExecuteQuery(&statement, nullptr, nullptr, error.out());
  DriverError ignored;
  AdbcStatementRelease(&statement, ignored.out());
  if (code != ADBC_STATUS_OK) return database_->failure(error.get(), code, "query").error;
  return {};
}

Result<std::shared_ptr<arrow::RecordBatchReader>> Connection::query(const std::string& sql, SqlFailure* failure) {
  AdbcStatement statement{};
  PROMFILL_TRY_STATUS(prepare(sql, statement, failure));
  DriverError error;
  ArrowArrayStream stream{};
  const AdbcStatusCode code = AdbcStatementExecuteQuery(&statement, &stream, nullptr, error.out());
  SqlFailure found;
  if (code == ADBC_STATUS_OK) {
    auto batches = arrow::ImportRecordBatchReader(&stream);
    if (batches.ok()) {
      return std::shared_ptr<arrow::RecordBatchReader>(
          std::make_shared<StatementStream>(statement, *std::move(batches)));
    }
    found = database_->failure(batches.status(), "query");
  } else {
    found = database_->failure(error.get(), code, "query");
  }
  DriverError ignored;
  AdbcStatementRelease(&statement, ignored.out());
  if (failure != nullptr) *failure = found;
  return found.error;
}

Result<std::vector<std::string>> Connection::row(const std::string& sql) {
  PROMFILL_TRY(const auto stream, query(sql));
  std::shared_ptr<arrow::RecordBatch> batch;
  do {
    const arrow::Status read = stream->ReadNext(&batch);
    if (!read.ok()) return database_->failure(read, "query").error;
    if (batch == nullptr) return std::vector<std::string>();
  } while (batch->num_rows() == 0);
  std::vector<std::string> texts;
  for (const std::shared_ptr<arrow::Array>& column : batch->columns()) {
    const auto scalar = column->GetScalar(0);
    if (!scalar.ok()) return database_->failure(scalar.status(), "query").error;
    texts.push_back(text_of(**scalar));
  }
  return texts;
}

Status Connection::ingest(const std::string& table, const std::shared_ptr<arrow::RecordBatchReader>& rows) {
  ArrowArrayStream stream{};
  if (const arrow::Status exported = arrow::ExportRecordBatchReader(rows, &stream); !exported.ok()) {
    return database_->failure(exported, "ingest").error;
  }
  AdbcStatement statement{};
  DriverError error;
  AdbcStatusCode code = AdbcStatementNew(&connection_, &statement, error.out());
  const auto set = [&](const char* key, const char* value) {
    if (code == ADBC_STATUS_OK) code = AdbcStatementSetOption(&statement, key, value, error.out());
  };
  set(ADBC_INGEST_OPTION_TARGET_TABLE, table.c_str());
  set(ADBC_INGEST_OPTION_MODE, ADBC_INGEST_OPTION_MODE_CREATE_APPEND);
  if (code == ADBC_STATUS_OK) code = AdbcStatementBindStream(&statement, &stream, error.out());
  if (code == ADBC_STATUS_OK) code = AdbcStatementExecuteQuery(&statement, nullptr, nullptr, error.out());
  DriverError ignored;
  if (statement.private_data != nullptr) AdbcStatementRelease(&statement, ignored.out());
  if (stream.release != nullptr) stream.release(&stream);
  if (code != ADBC_STATUS_OK) return database_->failure(error.get(), code, "ingest").error;
  return {};
}

void Connection::cancel() {
  DriverError error;
  AdbcConnectionCancel(&connection_, error.out());
}

}  // namespace promfill
