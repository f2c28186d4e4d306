// Where the drivers of databases are: libraries that are loaded when a database is spoken to. Looked for in known
// folders alone, never in what an environment variable says: what is found is run.
#pragma once

#include <string>

#include "promfill/result.h"

namespace promfill {

struct Driver {
  std::string library;      ///< absolute path
  std::string entry_point;  ///< empty: the usual one
};

/// @param name  a known one: duckdb, sqlite, postgresql, flightsql, mysql, snowflake, bigquery.
/// @param library  of --driver, an absolute path; empty: the driver of that name is looked for.
/// @error kNotFound  with the folders that were looked through and how to get it; kUsage  a path that isn't absolute.
Result<Driver> find_driver(const std::string& name, const std::string& library);

}  // namespace promfill
