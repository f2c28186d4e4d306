// See query_columns.h.
#include "sql/query_columns.h"

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "source/arrow_columns.h"
#include "sql/dialect.h"

namespace promfill {
namespace {

Result<std::shared_ptr<arrow::Schema>> schema_of(Connection& connection, const std::string& sql) {
  PROMFILL_TRY(const auto stream, connection.query(sql));
  return stream->schema();
}

Status check_names(const arrow::Schema& schema, const Connection& connection) {
  const std::string& where = connection.database().address().shown;
  if (schema.num_fields() == 0) return Error{ErrorCode::kUsage, "the query has no columns", where, "select some"};
  std::set<std::string> names;
  for (const auto& field : schema.fields()) {
    if (names.insert(field->name()).second) continue;
    return Error{ErrorCode::kUsage, "two columns are named '" + field->name() + "'", where,
                 "give one another name with AS"};
  }
  return {};
}

/// The database's own word for a field's type, where the driver passes it on.
std::string type_name(const arrow::Field& field) {
  const auto metadata = field.metadata();
  if (metadata == nullptr) return "";
  const int at = metadata->FindKey("POSTGRESQL:type");
  return at < 0 ? "" : metadata->value(at);
}

struct Cast {
  std::string sql;     ///< with @ for the column; empty: none
  std::string reason;  ///< for people; empty: nothing that they'd wonder about
};

/// Bytes are no text: the database has a way to write them as one.
bool is_readable(const arrow::DataType& type) {
  const bool is_bytes = type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY ||
                        type.id() == arrow::Type::BINARY_VIEW || type.id() == arrow::Type::FIXED_SIZE_BINARY;
  return !is_bytes && column_type(type).kind != ColumnKind::kOther;
}

Cast postgres_cast(const arrow::Field& field) {
  const std::string name = type_name(field);
  if (name == "numeric") return {"@::float8", "numeric is read as the nearest double"};
  if (name == "_numeric") return {"@::float8[]", "numeric[] is read as the nearest doubles"};
  if (name == "money") return {"@::numeric::float8", ""};
  if (name == "interval") return {"extract(epoch FROM @)::float8", "interval is read as seconds"};
  if (name == "oid") return {"@::bigint", ""};
  if (name == "inet") return {"abbrev(@)", ""};  // without the /32 of a single address
  if (name == "bpchar") return {"@::text", ""};  // without its padding
  const bool is_extension = field.type()->id() == arrow::Type::EXTENSION;
  if (is_extension || !is_readable(*field.type())) return {"@::text", ""};
  return {};
}

Cast duckdb_cast(const arrow::Field& field) {
  const arrow::DataType& type = *field.type();
  if (type.id() == arrow::Type::INTERVAL_MONTH_DAY_NANO) return {"epoch(@)", "INTERVAL is read as seconds"};
  if (type.id() == arrow::Type::EXTENSION) return {"@::VARCHAR", ""};
  const bool is_nested = type.id() == arrow::Type::STRUCT || type.id() == arrow::Type::LIST ||
                         type.id() == arrow::Type::MAP || type.id() == arrow::Type::FIXED_SIZE_LIST;
  if (is_nested || is_readable(type)) return {};
  return {"@::VARCHAR", ""};
}

Cast cast_of(const arrow::Field& field, DatabaseKind kind) {
  if (kind == DatabaseKind::kPostgres) return postgres_cast(field);
  if (kind == DatabaseKind::kDuckDb) return duckdb_cast(field);
  return {};
}

std::string replaced(std::string text, const std::string& column) { return text.replace(text.find('@'), 1, column); }

/// Members of structs are columns, too: a.b.
void add_members(const arrow::Field& field, const std::string& name, const std::string& expression, DatabaseKind kind,
                 std::vector<QueryColumn>& columns) {
  if (field.type()->id() != arrow::Type::STRUCT || kind != DatabaseKind::kDuckDb) {
    columns.push_back({.name = name, .expression = expression, .type = column_type(*field.type())});
    return;
  }
  for (const auto& member : field.type()->fields()) {
    const std::string inner = "(" + expression + ")." + quoted_name(member->name(), kind);
    add_members(*member, name + "." + member->name(), inner, kind, columns);
  }
}

Result<QueryColumns> typed_columns(Connection& connection, const std::string& query) {
  const DatabaseKind kind = connection.database().address().kind;
  PROMFILL_TRY(const auto schema, schema_of(connection, from_query("*", query, "") + " LIMIT 0"));
  PROMFILL_TRY_STATUS(check_names(*schema, connection));
  QueryColumns found;
  std::string casts;
  bool any_cast = false;
  for (const auto& field : schema->fields()) {
    const std::string name = quoted_name(field->name(), kind);
    const Cast cast = cast_of(*field, kind);
    any_cast |= !cast.sql.empty();
    casts += (casts.empty() ? "" : ", ") + (cast.sql.empty() ? name : replaced(cast.sql, name)) + " AS " + name;
    if (!cast.reason.empty()) found.decisions.push_back("column '" + field->name() + "': " + cast.reason);
  }
  std::shared_ptr<arrow::Schema> read = schema;
  if (any_cast) {  // once more, as it will be read
    PROMFILL_TRY(read, schema_of(connection, from_query(casts, query, "") + " LIMIT 0"));
  }
  for (int i = 0; i < read->num_fields(); ++i) {
    const std::string name = quoted_name(schema->field(i)->name(), kind);
    const Cast cast = cast_of(*schema->field(i), kind);
    const std::string expression = cast.sql.empty() ? name : replaced(cast.sql, name);
    const std::size_t first = found.columns.size();
    add_members(*read->field(i), read->field(i)->name(), expression, kind, found.columns);
    const std::string type = type_name(*schema->field(i));
    if (!type.empty()) found.columns[first].type.source_type = type;
  }
  return found;
}

// --- SQLite

constexpr std::array<const char*, 4> kSqliteTypes{"integer", "real", "text", "blob"};

constexpr std::size_t kCountsOfColumn = kSqliteTypes.size() + 2;

std::uint64_t number_in(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

QueryColumn sqlite_column(const std::string& name, const std::array<std::uint64_t, 4>& counts,
                          std::vector<std::string>& decisions) {
  const std::string quoted = quoted_name(name, DatabaseKind::kSqlite);
  const auto& [integers, reals, texts, blobs] = counts;
  QueryColumn column{.name = name, .expression = quoted, .type = {}, .first_value = "''"};
  column.type = {.kind = ColumnKind::kUtf8, .source_type = "text"};
  if (texts + blobs == 0 && integers + reals > 0) {
    column.type = reals > 0 ? ColumnType{.kind = ColumnKind::kDouble, .source_type = "real"}
                            : ColumnType{.kind = ColumnKind::kInt64, .source_type = "integer"};
    if (reals > 0 && integers > 0) column.expression = "CAST(" + quoted + " AS REAL)";
    column.first_value = reals > 0 ? "0.0" : "0";
    return column;
  }
  if (integers + reals + blobs == 0) return column;
  // 17 digits give a real back as it was, which SQLite's own conversion does not.
  column.expression = "CASE typeof(" + quoted + ") WHEN 'real' THEN printf('%!.17g', " + quoted +
                      ") WHEN 'blob' THEN hex(" + quoted + ") ELSE CAST(" + quoted + " AS TEXT) END";
  if (integers + reals == 0) return column;
  column.numbers_in_text = true;
  column.type = {.kind = ColumnKind::kDouble, .source_type = "numbers and texts"};
  decisions.push_back("column '" + name + "' has " + std::to_string(integers + reals) + " numbers and " +
                      std::to_string(texts + blobs) + " texts: as a value, texts that are no numbers are rejects");
  return column;
}

/// The types of all values are counted: one look at every row, which a driver that guesses by the first would not need
/// and get wrong.
Result<QueryColumns> counted_columns(Connection& connection, const std::string& query) {
  PROMFILL_TRY(const auto schema, schema_of(connection, from_query("*", query, "") + " LIMIT 0"));
  PROMFILL_TRY_STATUS(check_names(*schema, connection));
  std::string counts = "count(*)";
  for (const auto& field : schema->fields()) {
    const std::string name = quoted_name(field->name(), DatabaseKind::kSqlite);
    for (const char* const type : kSqliteTypes) counts += ", total(typeof(" + name + ") = '" + type + "')";
    counts += ", min(" + name + "), max(" + name + ")";
  }
  PROMFILL_TRY(const std::vector<std::string> row, connection.row(from_query(counts, query, "")));
  PROMFILL_ASSERT(row.size() == 1 + kCountsOfColumn * static_cast<std::size_t>(schema->num_fields()));
  QueryColumns found;
  found.rows = number_in(row[0]);
  for (int i = 0; i < schema->num_fields(); ++i) {
    std::array<std::uint64_t, 4> of_column{};
    const std::size_t first = 1 + kCountsOfColumn * static_cast<std::size_t>(i);
    for (std::size_t t = 0; t < kSqliteTypes.size(); ++t) of_column[t] = number_in(row[first + t]);
    QueryColumn column = sqlite_column(schema->field(i)->name(), of_column, found.decisions);
    if (column.type.kind == ColumnKind::kInt64) {
      column.range = ColumnRange{.column = static_cast<std::size_t>(i),
                                 .min = std::stoll(row[first + kSqliteTypes.size()]),
                                 .max = std::stoll(row[first + kSqliteTypes.size() + 1])};
    }
    found.columns.push_back(std::move(column));
  }
  return found;
}

}  // namespace

Result<QueryColumns> find_query_columns(Connection& connection, const std::string& query) {
  return connection.database().address().kind == DatabaseKind::kSqlite ? counted_columns(connection, query)
                                                                       : typed_columns(connection, query);
}

}  // namespace promfill
