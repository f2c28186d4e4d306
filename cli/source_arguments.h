// The words that name records and say how they are read: those of `import` and of `verify --against` alike, so that the
// one can be repeated for the other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/mapping_flags.h"
#include "promfill/options.h"
#include "source/source.h"
#include "sql_flags.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace promfill::cli {

/// How CSV and TSV files are read; what is empty is found out.
struct CsvFlags {
  std::string delimiter;
  std::string header;
  std::vector<std::string> nulls;
  std::string decimal;
  std::string thousands;
  std::string quoted_breaks;
};

/// As typed.
struct SourceArguments {
  std::vector<std::string> inputs;
  std::string map_file;
  MappingFlags mapping;
  std::string relabel_file;
  std::string nan = "keep";
  std::string inexact = "round";
  std::string null_label = "absent";
  std::string counter_start = "none";
  std::string stale_after{};
  std::string min_time;
  std::string max_time;
  std::string on_duplicate = "keep-last";
  bool allow_implausible_times = false;
  std::string memory_limit;
  std::vector<std::string> limits;
  CsvFlags csv;
  std::string format;
  SqlFlags sql;

  /// Whether any source is named.
  [[nodiscard]] bool any() const { return !inputs.empty() || !sql.inputs.empty(); }
};

/// Declare --map, --timestamp and what else maps columns. @return the options.
std::vector<CLI::Option*> add_mapping_flags(CLI::App& command, SourceArguments& arguments);
/// Declare what decides which of the values are taken. @param group  heading in the help.
std::vector<CLI::Option*> add_selection_flags(CLI::App& command, SourceArguments& arguments, const std::string& group);
std::vector<CLI::Option*> add_format_flags(CLI::App& command, SourceArguments& arguments);
CLI::Option* add_memory_limit_flag(CLI::App& command, SourceArguments& arguments, const std::string& group);
CLI::Option* add_limit_flag(CLI::App& command, SourceArguments& arguments, const std::string& group);

/// Put what was typed into `options`: times, duplicates, memory, limits. @error kUsage
Status parse_source_options(const SourceArguments& arguments, BackfillOptions& options);
/// What --format, the --csv- flags and those of queries say. @error kUsage
Status parse_format_options(const SourceArguments& arguments, SourceOptions& options);
/// The mapping of --map, with the flags over it. @error kUsage
Result<Mapping> load_mapping(const SourceArguments& arguments);
/// A moment, or nothing where it isn't given. @error kUsage
Result<std::optional<Timestamp>> parse_optional_time(const std::string& text, std::string_view option);

Error usage(std::string option, std::string message, std::string hint);
/// An error of a value parser, with the option it came through.
Error at_option(Error error, std::string_view option);

}  // namespace promfill::cli
