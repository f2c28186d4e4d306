// See sql_source.h.
#include "sql/sql_source.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "source/arrow_file.h"
#include "sql/dialect.h"
#include "sql/driver.h"
#include "sql/query_columns.h"
#include "sql/query_pieces.h"
#include "sql/query_reader.h"
#include "sql/sessions.h"
#include "sql/statement.h"
#include "store/byte_table.h"

namespace promfill {
namespace {

constexpr std::int64_t kUnknown = -1;
constexpr std::uint64_t kBatchBytesMin = 1 << 20;
constexpr std::uint64_t kBatchBytesMax = 16 << 20;
/// Of the memory limit, what an embedded DuckDB gets, and what it can't do without.
constexpr std::uint64_t kDuckDbPart = 3;
constexpr std::uint64_t kDuckDbBytesMin = 64 << 20;
constexpr std::uint64_t kDuckDbBytesMax = 4ULL << 30;

/// Waits that end early when nobody wants what they are for.
class Patience {
 public:
  void wait(std::int64_t ms) {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return is_over_; });
  }
  void end() {
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
    ended_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;
};

/// A query as it is put to the database, and what is known of it.
struct Question {
  std::string sql;
  std::string name;                 ///< for people
  std::vector<std::string> inputs;  ///< for the job's identity
  QueryColumns columns;
};

/// A query for a log line; long ones with what tells them from others, as this goes into the job's identity.
std::string shortened(const std::string& sql) {
  constexpr std::size_t kShownBytes = 200;
  std::string line;
  for (const char c : sql) {
    const bool is_space = c == '\n' || c == '\t' || c == '\r' || c == ' ';
    if (!is_space) line += c;
    if (is_space && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (line == sql && line.size() <= kShownBytes) return line;
  std::array<char, 2 * sizeof(std::uint64_t) + 1> hash{};
  std::snprintf(hash.data(), hash.size(), "%016llx", static_cast<unsigned long long>(hash_bytes(sql)));
  if (line.size() > kShownBytes) {
    std::size_t end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
    line.resize(end);
    line += "…";
  }
  return line + " (" + std::to_string(sql.size()) + " bytes, " + hash.data() + ")";
}

class SqlSource final : public Source {
 public:
  SqlSource(std::shared_ptr<Sessions> sessions, Question question, const SourceOptions& options, MemoryCharge charge)
      : sessions_(std::move(sessions)),
        question_(std::move(question)),
        sql_(options.sql),
        budget_(options.budget),
        pool_(std::make_shared<BudgetedPool>(options.budget, options.pages)),
        charge_(std::move(charge)),
        conditions_{""},
        pieces_(1),
        rows_(1) {
    pieces_[0].rows = static_cast<std::int64_t>(question_.columns.rows);
    rows_[0] = kUnknown;
    for (const QueryColumn& column : question_.columns.columns) {
      schema_.push_back({column.name, column.type});
      has_type_row_ |= !column.first_value.empty();
    }
    decisions_.push_back("query: " + shortened(question_.sql));
    decisions_.insert(decisions_.end(), question_.columns.decisions.begin(), question_.columns.decisions.end());
  }

  [[nodiscard]] const std::string& name() const override { return question_.name; }
  [[nodiscard]] std::vector<std::string> inputs() const override { return question_.inputs; }
  [[nodiscard]] const SourceSchema& schema() const override { return schema_; }
  [[nodiscard]] std::span<const PieceInfo> pieces() const override { return pieces_; }
  [[nodiscard]] std::span<const std::string> decisions() const override { return decisions_; }
  [[nodiscard]] std::uint64_t estimated_rows() const override { return question_.columns.rows; }

  [[nodiscard]] std::vector<std::string> notes() const override {
    if (retries_ == 0) return {};
    return {"the connection was lost, and reading went on where it had been, " + std::to_string(retries_) +
            (retries_ == 1 ? " time" : " times")};
  }

  Status divide(std::size_t time_column, TimeUnit unit) override {
    if (!sql_.time_slices && sql_.partition_by.empty()) return find_range(time_column);
    std::optional<std::size_t> part_column;
    if (!sql_.partition_by.empty()) {
      const auto at = std::ranges::find(schema_, sql_.partition_by, &ColumnField::name);
      if (at == schema_.end()) {
        return Error{ErrorCode::kUsage, "the query has no column '" + sql_.partition_by + "'", "--partition-by",
                     "name one of its columns"};
      }
      part_column = static_cast<std::size_t>(at - schema_.begin());
    }
    PROMFILL_TRY(auto connection, sessions_->take());
    Result<QueryPieces> divided = divide_query(*connection, question_.sql, question_.columns, time_column, unit,
                                               sql_.time_slices, part_column, sql_.partitions);
    if (!divided) {
      sessions_->drop(std::move(connection));
      return std::move(divided).error();
    }
    sessions_->give(std::move(connection));
    conditions_ = std::move(divided->conditions);
    pieces_ = std::move(divided->infos);
    rows_ = std::vector<std::atomic<std::int64_t>>(pieces_.size());
    for (auto& rows : rows_) rows = kUnknown;
    decisions_.insert(decisions_.end(), divided->decisions.begin(), divided->decisions.end());
    const std::scoped_lock lock(mutex_);
    begun_.reset();
    return {};
  }

  void cancel() override {
    patience_.end();
    sessions_->cancel();
  }

  Result<std::int64_t> first_row(std::size_t piece) override {
    std::int64_t number = 1;
    for (std::size_t p = 0; p < piece; ++p) {
      if (rows_[p] == kUnknown) PROMFILL_TRY_STATUS(count(p));
      number += rows_[p];
    }
    return number;
  }

  Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                            std::int64_t batch_rows) override {
    PROMFILL_ASSERT(piece < pieces_.size() && batch_rows > 0);
    // What is looked at before the rest is read shall not be computed twice: the first time all columns are asked for,
    // and the stream is kept.
    const bool is_look = piece == 0 && !was_looked_at_.exchange(true);
    std::vector<std::size_t> wanted;
    for (const ColumnRequest& request : columns) wanted.push_back(request.column);
    std::ranges::sort(wanted);
    wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
    std::optional<BegunStream> begun = piece == 0 ? take_begun() : std::nullopt;
    const bool all = is_look || wanted.size() == schema_.size();
    if (all) {
      wanted.resize(schema_.size());
      for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = i;
    }
    if (!all || !begun) {
      begun.emplace();
      begun->stream = std::make_unique<QueryStream>(sessions_, select(wanted, piece), has_type_row_,
                                                    Retries{.wait = [this](std::int64_t ms) {
                                                      ++retries_;
                                                      patience_.wait(ms);
                                                    }});
    }
    std::vector<ReadColumn> read;
    for (const ColumnRequest& request : columns) {
      const auto at = std::ranges::lower_bound(wanted, request.column) - wanted.begin();
      const bool numbers_in_text = question_.columns.columns[request.column].numbers_in_text;
      read.push_back({static_cast<int>(at), numbers_in_text && !request.as_label});
    }
    QueryReaderOptions options{.pool = pool_,
                               .budget = budget_,
                               .where = question_.name,
                               .first_row = std::max<std::int64_t>(1, pieces_[piece].first_row),
                               .batch_rows = batch_rows,
                               .keep = {},
                               .when_rows_come = [this] { sessions_->share_machine(); },
                               .when_ended = [this, piece](std::int64_t rows) { rows_[piece] = rows; }};
    if (is_look) {
      options.keep = [this](BegunStream stream) {
        const std::scoped_lock lock(mutex_);
        begun_ = std::move(stream);
      };
    }
    return std::unique_ptr<BatchReader>(
        std::make_unique<QueryReader>(*std::move(begun), std::move(read), std::move(options)));
  }

 private:
  std::optional<BegunStream> take_begun() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(begun_, std::nullopt);
  }

  [[nodiscard]] std::string select(const std::vector<std::size_t>& wanted, std::size_t piece) const {
    const DatabaseKind kind = sessions_->database().address().kind;
    std::string types;
    std::string list;
    for (const std::size_t number : wanted) {
      const QueryColumn& column = question_.columns.columns[number];
      const std::string comma = list.empty() ? "" : ", ";
      const std::string name = quoted_name(column.name, kind);
      list += comma + column.expression + (column.expression == name ? "" : " AS " + name);
      types += comma + column.first_value + " AS " + name;
    }
    if (wanted.empty()) {
      list = "1 AS one";
      types = "1 AS one";
    }
    std::string sql = from_query(list, question_.sql, conditions_[piece]);
    return has_type_row_ ? "SELECT " + types + " UNION ALL " + sql : sql;
  }

  /// Blocks can be chosen by the span of the data where that is known.
  Status find_range(std::size_t time_column) {
    PROMFILL_TRY(auto connection, sessions_->take());
    const auto range = cheap_range(*connection, question_.sql, question_.columns, time_column);
    if (!range) {
      sessions_->drop(std::move(connection));
      return range.error();
    }
    sessions_->give(std::move(connection));
    if (*range) pieces_[0].ranges = {**range};
    return {};
  }

  Status count(std::size_t piece) {
    PROMFILL_TRY(auto connection, sessions_->take());
    Result<std::vector<std::string>> row = connection->row(from_query("count(*)", question_.sql, conditions_[piece]));
    if (!row || row->empty()) {
      sessions_->drop(std::move(connection));
      return row ? Error{ErrorCode::kIo, "query: no count came back", question_.name, ""} : std::move(row).error();
    }
    sessions_->give(std::move(connection));
    rows_[piece] = std::stoll(row->front());
    return {};
  }

  Patience patience_;
  std::shared_ptr<Sessions> sessions_;
  Question question_;
  SqlOptions sql_;
  MemoryBudget* budget_;
  std::shared_ptr<BudgetedPool> pool_;
  MemoryCharge charge_;                  // of the database's own memory
  std::vector<std::string> conditions_;  // by piece
  std::vector<PieceInfo> pieces_;
  std::vector<std::atomic<std::int64_t>> rows_;  // by piece
  std::atomic<std::uint64_t> retries_{0};
  SourceSchema schema_;
  std::vector<std::string> decisions_;
  bool has_type_row_ = false;
  std::atomic<bool> was_looked_at_{false};
  std::mutex mutex_;
  std::optional<BegunStream> begun_;  // of the first piece, with all columns
};

/// What an embedded DuckDB may use, and does with what isn't said.
std::uint64_t configure_duckdb(const SourceOptions& options, DatabaseAddress& address) {
  const std::uint64_t limit = options.budget != nullptr ? options.budget->limit_bytes() : 0;
  const std::uint64_t bytes = std::clamp(limit / kDuckDbPart, kDuckDbBytesMin, kDuckDbBytesMax);
  const auto set = [&address](const char* key, std::string value) {
    address.options.emplace_back(key, std::move(value));
  };
  if (limit > 0) set("memory_limit", std::to_string(bytes / 1024) + "KiB");
  if (options.sql.threads > 0) set("threads", std::to_string(options.sql.threads));
  if (!options.sql.scratch.empty()) set("temp_directory", options.sql.scratch);
  const char* const may_load = options.sql.extensions ? "true" : "false";
  set("autoinstall_known_extensions", may_load);
  set("autoload_known_extensions", may_load);
  set("allow_community_extensions", "false");
  return limit > 0 ? bytes : 0;
}

Result<std::string> query_of(const SqlOptions& sql, DatabaseKind kind) {
  if (!sql.query.empty()) {
    if (sql.any_statement) return sql.query;
    return one_query(sql.query);
  }
  if (sql.table.empty()) {
    return Error{ErrorCode::kUsage, "it isn't said what to read", "", "--query 'SELECT …', --query-file or --table"};
  }
  // A name of parts, schema.table: each quoted. One that has a point itself is written in quotes.
  if (sql.table.find('"') != std::string::npos) return "SELECT * FROM " + sql.table;
  std::string name;
  for (std::size_t at = 0; at <= sql.table.size();) {
    const std::size_t point = std::min(sql.table.find('.', at), sql.table.size());
    name += (name.empty() ? "" : ".") + quoted_name(sql.table.substr(at, point - at), kind);
    at = point + 1;
  }
  return "SELECT * FROM " + name;
}

struct Opened {
  std::shared_ptr<Sessions> sessions;
  MemoryCharge charge;
};

Result<Opened> connect(DatabaseAddress address, const SourceOptions& options) {
  PROMFILL_TRY(const Driver driver, find_driver(address.driver, options.sql.driver));
  MemoryCharge charge;
  if (address.kind == DatabaseKind::kDuckDb) {
    const std::uint64_t bytes = configure_duckdb(options, address);
    if (options.budget != nullptr) {
      charge = MemoryCharge(*options.budget);
      charge.resize(bytes);
    }
  }
  if (options.sql.any_statement && !address.file.empty()) {
    std::erase_if(address.options, [](const auto& option) { return option.first == "access_mode"; });
    for (auto& [key, value] : address.options) {
      if (const std::size_t at = value.find("?mode=ro"); key == "uri" && at != std::string::npos) value.resize(at);
    }
  }
  const std::uint64_t limit = options.budget != nullptr ? options.budget->limit_bytes() : 1ULL << 30;
  const std::uint64_t batch_bytes = std::clamp(limit / 256, kBatchBytesMin, kBatchBytesMax);
  PROMFILL_TRY(auto database, Database::open(std::move(address), driver));
  return Opened{std::make_shared<Sessions>(std::move(database), batch_bytes, !options.sql.any_statement),
                std::move(charge)};
}

Result<std::unique_ptr<Source>> ask(Opened opened, Question question, const SourceOptions& options) {
  PROMFILL_TRY(auto connection, opened.sessions->take());
  Result<QueryColumns> columns = find_query_columns(*connection, question.sql);
  if (!columns) {
    opened.sessions->drop(std::move(connection));
    return std::move(columns).error();
  }
  opened.sessions->give(std::move(connection));
  question.columns = *std::move(columns);
  return std::unique_ptr<Source>(
      std::make_unique<SqlSource>(std::move(opened.sessions), std::move(question), options, std::move(opened.charge)));
}

/// Files that DuckDB has no reader for, into a table of its memory, from which it may spill.
Status load(const FileTable& table, Connection& connection, const SourceOptions& options) {
  for (const std::string& file : table.files) {
    PROMFILL_TRY(const auto batches, open_record_batches(file, options));
    PROMFILL_TRY_STATUS(connection.ingest(table.name, batches));
  }
  return {};
}

/// What is written to a file's database may lie in a log beside it.
std::vector<std::string> inputs_of(const DatabaseAddress& address) {
  if (address.file.empty()) return {address.shown};
  std::vector<std::string> inputs{address.file};
  std::error_code code;
  for (const char* const log : {"-wal", "-journal", ".wal"}) {
    if (std::filesystem::exists(address.file + log, code)) inputs.push_back(address.file + log);
  }
  return inputs;
}

/// A file that isn't there would be made by some drivers, and be a riddle in the words of others.
Status check_file(const DatabaseAddress& address) {
  std::error_code code;
  if (address.file.empty() || std::filesystem::exists(address.file, code)) return {};
  return Error{ErrorCode::kNotFound, "no such file", address.shown, "check the path"};
}

}  // namespace

Result<std::unique_ptr<Source>> open_database(const std::string& text, const SourceOptions& options) {
  PROMFILL_TRY(DatabaseAddress address, parse_database_address(text, options.sql.password));
  Question question;
  question.name = address.shown;
  question.inputs = inputs_of(address);
  auto query = query_of(options.sql, address.kind);
  if (!query) {
    Error error = std::move(query).error();
    if (error.where.empty()) error.where = address.shown;
    return error;
  }
  question.sql = *std::move(query);
  PROMFILL_TRY_STATUS(check_file(address));
  PROMFILL_TRY(Opened opened, connect(std::move(address), options));
  return ask(std::move(opened), std::move(question), options);
}

Result<std::unique_ptr<Source>> open_files_by_sql(std::vector<FileTable> tables, const SourceOptions& options) {
  PROMFILL_TRY(DatabaseAddress address, parse_database_address("duckdb::memory:", ""));
  Question question;
  PROMFILL_TRY(question.sql, query_of(options.sql, address.kind));
  question.name = tables.size() == 1 && tables[0].files.size() == 1 ? tables[0].files[0] : "query over files";
  address.shown = question.name;
  std::vector<std::string> views;
  std::vector<const FileTable*> loaded;
  for (const FileTable& table : tables) {
    question.inputs.insert(question.inputs.end(), table.files.begin(), table.files.end());
    if (is_of_batches(table, options.format)) {
      loaded.push_back(&table);
    } else {
      PROMFILL_TRY(views.emplace_back(), view_of_files(table, options.format, options.csv));
    }
  }
  PROMFILL_TRY(Opened opened, connect(std::move(address), options));
  PROMFILL_TRY(auto connection, opened.sessions->take());
  Status made;
  for (auto view = views.begin(); made && view != views.end(); ++view) made = connection->execute(*view);
  for (auto table = loaded.begin(); made && table != loaded.end(); ++table) made = load(**table, *connection, options);
  if (!made) {
    opened.sessions->drop(std::move(connection));
    return std::move(made).error();
  }
  opened.sessions->give(std::move(connection));
  return ask(std::move(opened), std::move(question), options);
}

}  // namespace promfill
