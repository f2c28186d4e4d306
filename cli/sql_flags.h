// The words about databases and queries.
#pragma once

#include <string>
#include <vector>

#include "promfill/result.h"
#include "source/sql_options.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace promfill::cli {

/// As typed.
struct SqlFlags {
  std::string query;
  std::string query_file;
  std::string table;
  std::vector<std::string> inputs;
  std::string partition_by;
  std::string time_slices;
  std::string secret_file;
  std::string driver;
  bool any_statement = false;
  bool extensions = false;
};

std::vector<CLI::Option*> add_sql_flags(CLI::App& command, SqlFlags& flags);

/// @error kUsage; kNotFound, kPermission  of the files that are named; kRefused  a secret that others can read.
Result<SqlOptions> parse_sql_flags(const SqlFlags& flags);

}  // namespace promfill::cli
