// See file_tables.h.
#include "sql/file_tables.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "sql/dialect.h"

namespace promfill {
namespace {

struct Reader {
  std::string_view extension;
  std::string_view function;
};

constexpr std::string_view kBatches = "batches";  // no function of DuckDB's

constexpr std::array<Reader, 12> kReaders{{{".parquet", "read_parquet"},
                                           {".pq", "read_parquet"},
                                           {".csv", "read_csv"},
                                           {".tsv", "read_csv"},
                                           {".json", "read_json"},
                                           {".jsonl", "read_json"},
                                           {".ndjson", "read_json"},
                                           {".arrow", kBatches},
                                           {".arrows", kBatches},
                                           {".feather", kBatches},
                                           {".ipc", kBatches},
                                           {".orc", kBatches}}};

std::string_view function_of(const std::string& path, const std::string& format) {
  std::string extension = "." + format;
  if (format.empty()) {
    const std::filesystem::path file(path);
    extension = file.extension().string();
    if (extension == ".gz" || extension == ".zst") extension = file.stem().extension().string();
  }
  const auto reader = std::ranges::find(kReaders, extension, &Reader::extension);
  return reader == kReaders.end() ? std::string_view() : reader->function;
}

std::string csv_arguments(const CsvOptions& csv, bool is_tsv) {
  std::string arguments;
  const auto add = [&arguments](const std::string& argument) { arguments += ", " + argument; };
  if (csv.delimiter) {
    add("delim = " + quoted_text(std::string(1, *csv.delimiter)));
  } else if (is_tsv) {
    add("delim = '\t'");
  }
  if (csv.header) add(std::string("header = ") + (*csv.header ? "true" : "false"));
  if (csv.cells.decimal != '.') add("decimal_separator = " + quoted_text(std::string(1, csv.cells.decimal)));
  if (csv.cells.thousands) add("thousands = " + quoted_text(std::string(1, *csv.cells.thousands)));
  std::string nulls;
  for (const std::string& null : csv.cells.nulls) nulls += (nulls.empty() ? "" : ", ") + quoted_text(null);
  if (!nulls.empty()) add("nullstr = [" + nulls + "]");
  // By more than the first rows: a column that has a fraction in row 30,000 is one of doubles.
  add("sample_size = 1000000");
  return arguments;
}

}  // namespace

bool is_of_batches(const FileTable& table, const std::string& format) {
  return std::ranges::all_of(table.files,
                             [&](const std::string& file) { return function_of(file, format) == kBatches; });
}

Result<std::string> view_of_files(const FileTable& table, const std::string& format, const CsvOptions& csv) {
  std::string files;
  std::string_view function;
  for (const std::string& file : table.files) {
    const std::string_view one = function_of(file, format);
    if (one.empty()) {
      return Error{ErrorCode::kUsage, "DuckDB has no reader for this file", file,
                   "a query can be run over *.parquet, *.csv, *.tsv, *.json, *.jsonl, *.arrow, *.feather and *.orc"};
    }
    if (!function.empty() && one != function) {
      return Error{ErrorCode::kUsage, "files of several kinds can't be one table", file,
                   "give each kind a name: --input NAME=PATH"};
    }
    function = one;
    files += (files.empty() ? "" : ", ") + quoted_text(file);
  }
  std::string arguments = "[" + files + "]";
  if (function == "read_csv") {
    arguments += csv_arguments(csv, format == "tsv" || table.files.front().find(".tsv") != std::string::npos);
  }
  if (table.files.size() > 1) arguments += ", union_by_name = true";
  // Directories named KEY=VALUE are columns, as they are without a query.
  arguments += ", hive_partitioning = true";
  return "CREATE VIEW " + quoted_name(table.name, DatabaseKind::kDuckDb) + " AS SELECT * FROM " +
         std::string(function) + "(" + arguments + ")";
}

}  // namespace promfill
