// What the command line calls SOURCE: files, globs and directories, opened by what they are.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "openmetrics/series_text.h"
#include "promfill/result.h"
#include "source/source.h"

namespace promfill {

/// Files that the patterns name, sorted by path as bytes, each once. A pattern is a file, a directory (all files below
/// it with an extension that promfill reads; names that start with a dot are left out), or a glob of *, ?, [set] and **
/// (any depth); "-" stands for itself.
/// @error kNotFound  a pattern that names nothing, kPermission, kIo  a directory that can't be read.
Result<std::vector<std::string>> expand_inputs(std::span<const std::string> patterns);

/// Open a file as the kind that the options or its extension say, with its directories named KEY=VALUE as columns.
/// @error kNotFound, kPermission, kIo; kCorrupt  a damaged file; kUsage  a kind that promfill doesn't read.
Result<std::unique_ptr<Source>> open_source(const std::string& path, const SourceOptions& options = {});

/// Open all that the patterns name, in source order; databases by their addresses, and all files as one where a query
/// is asked of them. @error as of both; of the database.
Result<std::vector<std::unique_ptr<Source>>> open_sources(std::span<const std::string> patterns,
                                                          const SourceOptions& options);

/// A text of samples, which names series and times itself and is no table.
struct ExpositionText {
  std::string path;
  TextDialect dialect = TextDialect::kOpenMetrics;
};

/// All that the patterns name, in source order, if these are texts of samples: *.om and *.prom, or whatever the format
/// openmetrics, prometheus, promtool-dump, dump-csv or dump-jsonl is said of. Nothing where they are tables or
/// databases.
/// @error kUsage  some are and some aren't; as expand_inputs.
Result<std::vector<ExpositionText>> exposition_texts(std::span<const std::string> patterns, const std::string& format);

}  // namespace promfill
