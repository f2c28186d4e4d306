// Addresses of databases: which driver one is for, what the driver is told, and how it is shown to people, without
// what is secret in it.
//
//   duckdb:FILE  duckdb::memory:  sqlite:FILE  postgresql://HOST/DB  grpc://HOST:PORT  grpc+tls://HOST:PORT
//   mysql://…  snowflake://…  bigquery://…  where their drivers are installed
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promfill/result.h"

namespace promfill {

/// Whose ways there are; kBackticks: databases that quote names with them.
enum class DatabaseKind : std::uint8_t { kDuckDb, kSqlite, kPostgres, kFlightSql, kBackticks, kOther };

struct DatabaseAddress {
  DatabaseKind kind = DatabaseKind::kOther;
  std::string driver{};                                        ///< its known name: "postgresql"
  std::string shown{};                                         ///< the address without passwords
  std::vector<std::pair<std::string, std::string>> options{};  ///< what the driver is told
  std::vector<std::string> secrets{};                          ///< that no message may show
  std::string file{};                                          ///< of a database in a file

  /// The text with every secret in it replaced.
  [[nodiscard]] std::string without_secrets(std::string text) const;
};

/// Whether a word of the command line is the address of a database and no path.
[[nodiscard]] bool is_database_address(std::string_view text);

/// @param password  of --secret-file; empty: the address's own, or what the driver finds (PGPASSWORD, ~/.pgpass).
/// @error kUsage  an address that says too little, two passwords.
Result<DatabaseAddress> parse_database_address(const std::string& address, const std::string& password);

}  // namespace promfill
