// import_files(): files in, blocks out; what `promfill import` does, for a program that links promfill::sources.
//
//   promfill::FileImport files{.inputs = {"metrics/*.parquet"}};
//   auto mapping = promfill::load_mapping("mapping.yaml");            // or none: it is inferred
//   if (!mapping) return promfill::report_error(mapping.error());
//   files.mapping = *std::move(mapping);
//   auto report = promfill::import_files(files, {.out = "tsdb"});
//
// promfill::sources is promfill::promfill and Apache Arrow's readers in one library: link the one or the other.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "promfill/backfill.h"
#include "promfill/mapping.h"
#include "promfill/options.h"
#include "promfill/report.h"
#include "promfill/result.h"
#include "promfill/time.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// How CSV and TSV files are written. What is left out is found out from each file's beginning.
struct CsvFormat {
  std::optional<char> delimiter{};      ///< between cells
  std::optional<bool> header{};         ///< whether the first line names the columns
  std::optional<bool> quoted_breaks{};  ///< whether lines may break within quotes; such a file is read by one thread
  char decimal = '.';                   ///< before decimals
  std::optional<char> thousands{};      ///< between groups of three digits
  std::vector<std::string> nulls{};     ///< cells that say nothing; empty: the usual ones (docs/sources.md)
};

/// What is asked of databases, and of files by SQL (docs/sql.md).
struct SqlImport {
  std::string query{};                                        ///< one SELECT; files are its table `input`
  std::string table{};                                        ///< or all of this table
  std::vector<std::pair<std::string, std::string>> tables{};  ///< names of more tables, and files that they are
  std::optional<Duration> time_slices{};                      ///< run it once for each such time
  std::string partition_by{};                                 ///< run it for parts of this column's values
  std::string password{};                                     ///< shown nowhere
  std::string driver{};                                       ///< absolute path; empty: the known one is looked for
};

/// What is read, and what its columns are.
struct FileImport {
  std::vector<std::string>
      inputs{};          ///< files, directories, globs of * ? [set] **, URIs of stores, databases; - for stdin
  Mapping mapping{};     ///< what it doesn't say is inferred from the columns
  std::string format{};  ///< parquet, csv, tsv, json, arrow or orc; empty: the names' extensions say it
  CsvFormat csv{};       ///< of CSV and TSV files
  SqlImport sql{};       ///< of databases, and of files that are asked by a query
};

/// The mapping that a file describes. @error as parse_mapping; kNotFound, kPermission, kIo  of the file.
Result<Mapping> load_mapping(const std::string& path);

/// Read the files to their end and write the blocks. All or nothing, and a job that was killed goes on where it was
/// when the same is asked for again (BackfillOptions::resume).
/// @error kUsage  options, mapping or columns that can't be; kNotFound, kPermission, kIo, kCorrupt  of files; kData the
///        reject policy or a wrong unit of time; kStopped; kNoSpace, …  of writing.
Result<Report> import_files(const FileImport& files, const BackfillOptions& options, const RunOptions& run = {});

}  // namespace PROMFILL_ABI
}  // namespace promfill
