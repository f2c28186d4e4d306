// See dialect.h.
#include "sql/dialect.h"

#include "promfill/time.h"

namespace promfill {
namespace {

std::string doubled(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    out += c;
    if (c == quote) out += c;
  }
  return out + quote;
}

/// 2024-01-31 12:00:00.000001 out of microseconds: what every dialect reads.
std::string moment(std::int64_t us) {
  const std::int64_t ms = us >= 0 ? us / 1000 : -((-us + 999) / 1000);
  std::string text = to_string(Timestamp{ms});  // 2024-01-31T12:00:00.000Z
  const std::size_t point = text.find('.');
  text.resize(point == std::string::npos ? text.find('Z') : point);
  text[text.find('T')] = ' ';
  const std::int64_t fraction = us - ((us >= 0 ? us : us - 999999) / 1000000) * 1000000;
  std::string digits = std::to_string(1000000 + fraction);
  return text + "." + digits.substr(1);
}

std::int64_t in_microseconds(std::int64_t value, TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return value * 1000000;
    case TimeUnit::kMilliseconds:
      return value * 1000;
    case TimeUnit::kMicroseconds:
      return value;
    case TimeUnit::kNanoseconds:
      return value / 1000 - (value % 1000 < 0 ? 1 : 0);
  }
  return value;
}

}  // namespace

std::string quoted_name(std::string_view name, DatabaseKind kind) {
  return doubled(name, kind == DatabaseKind::kBackticks ? '`' : '"');
}

std::string quoted_text(std::string_view text) { return doubled(text, '\''); }

std::string from_query(const std::string& columns, const std::string& query, const std::string& condition) {
  std::string sql = "SELECT " + columns + " FROM (\n" + query + "\n) AS input";
  if (!condition.empty()) sql += " WHERE " + condition;
  return sql;
}

std::string literal(std::int64_t value, const ColumnType& type) {
  if (type.kind != ColumnKind::kTimestamp) return std::to_string(value);
  const std::string text = moment(in_microseconds(value, type.unit));
  const bool is_date = type.source_type.starts_with("date");
  return type.zoned && !is_date ? "TIMESTAMPTZ '" + text + "+00'" : "TIMESTAMP '" + text + "'";
}

std::string part_of(const std::string& column, std::uint64_t parts, DatabaseKind kind) {
  const std::string n = std::to_string(parts);
  switch (kind) {
    case DatabaseKind::kPostgres:
      return "mod(hashtext(" + column + "::text)::bigint + 2147483648, " + n + ")";
    case DatabaseKind::kDuckDb:
      return "CASE WHEN " + column + " IS NULL THEN NULL ELSE hash(" + column + ") % " + n + " END";
    case DatabaseKind::kSqlite: {
      // It has no function of the kind: of length, first and last character.
      const std::string text = "CAST(" + column + " AS TEXT)";
      return "(length(" + text + ") * 31 + coalesce(unicode(" + text + "), 0) * 7 + coalesce(unicode(substr(" + text +
             ", -1)), 0)) % " + n;
    }
    case DatabaseKind::kFlightSql:
    case DatabaseKind::kBackticks:
    case DatabaseKind::kOther:
      break;
  }
  return "";
}

std::vector<std::string> session_settings(DatabaseKind kind) {
  if (kind == DatabaseKind::kPostgres) {
    // Scans that begin anywhere, and workers that hand in rows as they come, give another order each time: a query that
    // is run again behind a lost connection couldn't be taken up where it was.
    return {"SET default_transaction_read_only = on",
            "SET synchronize_seqscans = off",
            "SET max_parallel_workers_per_gather = 0",
            "SET idle_in_transaction_session_timeout = 0",
            "SET statement_timeout = 0",
            "SET client_encoding = 'UTF8'"};
  }
  // A file is opened for its columns, for its times and for its rows.
  if (kind == DatabaseKind::kDuckDb) return {"SET parquet_metadata_cache = true"};
  if (kind == DatabaseKind::kSqlite) return {"PRAGMA query_only = ON"};
  return {};
}

}  // namespace promfill
