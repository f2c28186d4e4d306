// See sql_flags.h.
#include "sql_flags.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <system_error>
#include <thread>

#include "file/file_system.h"
#include "promfill/time.h"
#include "source_arguments.h"

namespace promfill::cli {
namespace {

constexpr std::uint64_t kQueryBytesMax = 16 << 20;
constexpr std::uint64_t kSecretBytesMax = 64 << 10;

/// The first line of a file that nobody else can read.
Result<std::string> read_secret(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{ErrorCode::kRefused, "others can read or change the file", "--secret-file " + path,
                 "chmod 600 " + path};
  }
  auto bytes = read_file(real_file_system(), path, kSecretBytesMax);
  if (!bytes) return at_option(std::move(bytes).error(), "--secret-file " + path);
  std::string text(as_text(*bytes));
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  if (text.empty())
    return usage("--secret-file " + path, "has no first line", "write the password, or the token, into it");
  return text;
}

}  // namespace

std::vector<CLI::Option*> add_sql_flags(CLI::App& command, SqlFlags& f) {
  const std::string group =
      "Databases and queries (SOURCE is duckdb:FILE, sqlite:FILE, postgresql://…, grpc://…, or files)";
  return {
      command.add_option("--query", f.query, "One SELECT; files are its table 'input'")->group(group),
      command.add_option("--query-file", f.query_file, "File with that SELECT")->group(group),
      command.add_option("--table", f.table, "All of a table, in place of a query")->group(group),
      command.add_option("--input", f.inputs, "NAME=PATH, files as one more table of the query; repeatable")
          ->allow_extra_args(false)
          ->group(group),
      command
          .add_option("--time-slices", f.time_slices,
                      "Run the query once for each such time, as 1d, several at once: a job that dies goes on there")
          ->group(group),
      command.add_option("--partition-by", f.partition_by, "Run it for parts of this column's values, several at once")
          ->group(group),
      command.add_option("--secret-file", f.secret_file, "File whose first line is the password, or a token for grpc")
          ->group(group),
      command.add_option("--driver", f.driver, "ADBC driver to load, an absolute path, in place of the known one")
          ->group(group),
      command.add_flag("--allow-any-statement", f.any_statement, "Pass on whatever statement it is, and let it write")
          ->group(group),
      command.add_flag("--allow-extensions", f.extensions, "Let DuckDB install and load its own extensions")
          ->group(group),
  };
}

Result<SqlOptions> parse_sql_flags(const SqlFlags& f) {
  SqlOptions options;
  const int ways = int{!f.query.empty()} + int{!f.query_file.empty()} + int{!f.table.empty()};
  if (ways > 1) return usage("--query", "--query, --query-file and --table are three ways to say it", "choose one");
  options.query = f.query;
  options.table = f.table;
  if (!f.query_file.empty()) {
    auto text = read_file(real_file_system(), f.query_file, kQueryBytesMax);
    if (!text) return at_option(std::move(text).error(), "--query-file " + f.query_file);
    options.query = as_text(*text);
    if (options.query.empty()) return usage("--query-file " + f.query_file, "is empty", "write one SELECT into it");
  }
  for (const std::string& input : f.inputs) {
    const std::size_t equals = input.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == input.size()) {
      return usage("--input", "'" + input + "' is not NAME=PATH", "such as --input hosts=hosts.csv");
    }
    options.inputs.emplace_back(input.substr(0, equals), input.substr(equals + 1));
  }
  if (!options.inputs.empty() && options.query.empty()) {
    return usage("--input", "there is no query that could read it", "say what is wanted with --query");
  }
  if (!f.time_slices.empty()) {
    auto length = parse_duration(f.time_slices);
    if (!length) return at_option(std::move(length).error(), "--time-slices");
    if (length->ms <= 0) return usage("--time-slices", "'" + f.time_slices + "' is no length", "such as 1d");
    options.time_slices = *length;
  }
  options.partition_by = f.partition_by;
  options.partitions = 4ULL * std::max(1U, std::thread::hardware_concurrency());
  if (!f.secret_file.empty()) {
    PROMFILL_TRY(options.password, read_secret(f.secret_file));
  }
  options.driver = f.driver;
  options.any_statement = f.any_statement;
  options.extensions = f.extensions;
  std::error_code code;
  const std::filesystem::path temporary = std::filesystem::temp_directory_path(code);
  if (!code) options.scratch = (temporary / ("promfill-duckdb-" + std::to_string(getpid()))).string();
  return options;
}

}  // namespace promfill::cli
