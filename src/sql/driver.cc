// See driver.h.
#include "sql/driver.h"

#include <dlfcn.h>

#include <filesystem>
#include <system_error>
#include <vector>

namespace promfill {
namespace {

namespace fs = std::filesystem;

/// Beside the program or the library that this code is part of, in the build tree it comes from, in the system's.
std::vector<fs::path> driver_folders() {
  std::vector<fs::path> folders;
  Dl_info here{};
  if (dladdr(reinterpret_cast<const void*>(&find_driver), &here) != 0 && here.dli_fname != nullptr) {
    std::error_code code;
    const fs::path folder = fs::canonical(here.dli_fname, code).parent_path();
    if (!code) {
      folders.push_back(folder / "promfill" / "drivers");
      folders.push_back(folder.parent_path() / PROMFILL_LIBRARY_FOLDER / "promfill" / "drivers");
    }
  }
  for (const char* const other :
       {PROMFILL_DRIVERS, "/usr/local/lib", "/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"}) {
    folders.emplace_back(other);
  }
  return folders;
}

std::string library_name(const std::string& name) {
  return name == "duckdb" ? "libduckdb.so" : "libadbc_driver_" + name + ".so";
}

std::string entry_point(const std::string& name) { return name == "duckdb" ? "duckdb_adbc_init" : ""; }

std::string how_to_get(const std::string& name) {
  if (name == "duckdb") return "DuckDB's releases and the npm package @duckdb/node-bindings-linux-x64 have it";
  if (name == "sqlite" || name == "postgresql" || name == "flightsql") return "pip download adbc-driver-" + name;
  return "get it from its makers";
}

}  // namespace

Result<Driver> find_driver(const std::string& name, const std::string& library) {
  std::error_code code;
  if (!library.empty()) {
    const fs::path path(library);
    if (!path.is_absolute() || path.extension() == ".toml") {
      return Error{ErrorCode::kUsage, "'" + library + "' is no absolute path of a library", "--driver",
                   "such as /usr/lib/" + library_name(name)};
    }
    if (!fs::is_regular_file(path, code)) {
      return Error{ErrorCode::kNotFound, "no such file", "--driver " + library, "check the path"};
    }
    return Driver{library, entry_point(name)};
  }
  std::string looked;
  for (const fs::path& folder : driver_folders()) {
    const fs::path path = folder / library_name(name);
    if (fs::is_regular_file(path, code)) return Driver{path.string(), entry_point(name)};
    if (fs::is_directory(folder, code)) looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  return Error{ErrorCode::kNotFound, "the driver is not installed: no " + library_name(name) + " in " + looked, name,
               how_to_get(name) + "; put it into one of these folders, or say where it is with --driver"};
}

}  // namespace promfill
