// What is asked of databases, and of files by SQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "promfill/time.h"

namespace promfill {

struct SqlOptions {
  std::string query{};                                        ///< --query or what --query-file has; empty: none
  std::string table{};                                        ///< --table: all of it
  std::vector<std::pair<std::string, std::string>> inputs{};  ///< --input: names of tables, and paths of their files
  std::string driver{};                                       ///< --driver: an absolute path
  std::string password{};                                     ///< of --secret-file
  std::optional<Duration> time_slices{};
  std::string partition_by{};
  std::uint64_t partitions = 16;  ///< that partition_by makes
  bool any_statement = false;     ///< not only one SELECT, and not read-only
  bool extensions = false;        ///< DuckDB may load some
  std::string scratch{};          ///< folder that DuckDB may spill to; made when it does
  std::uint32_t threads = 0;      ///< of DuckDB; 0: as many as there are

  /// The flag of something that only queries have, empty where there is none.
  [[nodiscard]] std::string given() const {
    if (!table.empty()) return "--table";
    if (time_slices) return "--time-slices";
    return partition_by.empty() ? "" : "--partition-by";
  }
  [[nodiscard]] bool is_given() const { return !given().empty(); }
  /// Whether files are to be asked by SQL.
  [[nodiscard]] bool has_query() const { return !query.empty() || !inputs.empty(); }
};

}  // namespace promfill
