// See source_arguments.h.
#include "source_arguments.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "file/file_system.h"
#include "mapping/mapping_yaml.h"
#include "source/inputs.h"

namespace promfill::cli {
namespace {

constexpr std::uint64_t kMappingBytesMax = 16 << 20;

}  // namespace

std::vector<CLI::Option*> add_mapping_flags(CLI::App& command, SourceArguments& a) {
  const std::string group = "Mapping (flags win over the file; what neither says is inferred)";
  const auto repeatable = [&](const std::string& name, std::vector<std::string>& values, const std::string& text) {
    return command.add_option(name, values, text)->allow_extra_args(false)->group(group);
  };
  return {
      command.add_option("--map", a.map_file, "Mapping file (YAML)")->group(group),
      command.add_option("--timestamp", a.mapping.timestamp, "COL[:UNIT], UNIT one of s ms us ns auto")->group(group),
      command.add_option("--timestamp-offset", a.mapping.timestamp_offset, "Seconds or duration added to every time")
          ->group(group),
      repeatable("--label", a.mapping.labels, "NAME=COL or COL; repeatable"),
      repeatable("--const", a.mapping.consts, "NAME=VALUE, a label of every series; repeatable"),
      repeatable("--metric", a.mapping.metrics, "NAME=COL[:TYPE] or COL[:TYPE]; repeatable"),
  };
}

std::vector<CLI::Option*> add_selection_flags(CLI::App& command, SourceArguments& a, const std::string& group) {
  return {
      command.add_option("--min-time", a.min_time, "First time, inclusive: RFC 3339 or milliseconds")->group(group),
      command.add_option("--max-time", a.max_time, "Last time, inclusive")->group(group),
      command.add_option("--on-duplicate", a.on_duplicate, "keep-last, keep-first, min, max, sum or fail")
          ->capture_default_str()
          ->group(group),
      command
          .add_flag("--allow-implausible-times", a.allow_implausible_times,
                    "Accept times before 1990 or more than a year ahead")
          ->group(group),
  };
}

CLI::Option* add_memory_limit_flag(CLI::App& command, SourceArguments& a, const std::string& group) {
  return command.add_option("--memory-limit", a.memory_limit, "Such as 512MiB or 2GiB")->group(group);
}

CLI::Option* add_limit_flag(CLI::App& command, SourceArguments& a, const std::string& group) {
  return command.add_option("--limit", a.limits, "NAME=VALUE, a bound on what the input may ask for; repeatable")
      ->allow_extra_args(false)
      ->group(group);
}

Status parse_source_options(const SourceArguments& a, BackfillOptions& options) {
  PROMFILL_TRY(options.min_time, parse_optional_time(a.min_time, "--min-time"));
  PROMFILL_TRY(options.max_time, parse_optional_time(a.max_time, "--max-time"));
  const auto on_duplicate = parse_duplicate_policy(a.on_duplicate);
  if (!on_duplicate) {
    return usage("--on-duplicate", "unknown policy '" + a.on_duplicate + "'",
                 "keep-last, keep-first, min, max, sum or fail");
  }
  options.on_duplicate = *on_duplicate;
  options.allow_implausible_times = a.allow_implausible_times;
  for (const std::string& setting : a.limits) {
    PROMFILL_TRY(options.limits, with_limit(options.limits, setting));
  }
  if (a.memory_limit.empty()) return {};
  auto bytes = parse_byte_size(a.memory_limit);
  if (!bytes) return at_option(std::move(bytes).error(), "--memory-limit");
  options.memory_limit_bytes = *bytes;
  return {};
}

Result<Mapping> load_mapping(const SourceArguments& a) {
  Mapping mapping;
  if (!a.map_file.empty()) {
    auto text = read_file(real_file_system(), a.map_file, kMappingBytesMax);
    if (!text) return at_option(std::move(text).error(), "--map " + a.map_file);
    PROMFILL_TRY(mapping, parse_mapping(as_text(*text), a.map_file));
  }
  return apply_flags(std::move(mapping), a.mapping);
}

Result<std::vector<std::unique_ptr<Source>>> open_sources(const std::vector<std::string>& inputs,
                                                          const SourceOptions& options) {
  PROMFILL_TRY(const std::vector<std::string> paths, expand_inputs(inputs));
  std::vector<std::unique_ptr<Source>> sources;
  for (const std::string& path : paths) {
    PROMFILL_TRY(sources.emplace_back(), open_source(path, options));
  }
  return sources;
}

Result<std::optional<Timestamp>> parse_optional_time(const std::string& text, std::string_view option) {
  if (text.empty()) return std::optional<Timestamp>();
  auto time = parse_timestamp(text);
  if (!time) return at_option(std::move(time).error(), option);
  return std::optional(*time);
}

Error usage(std::string option, std::string message, std::string hint) {
  return {ErrorCode::kUsage, std::move(message), std::move(option), std::move(hint)};
}

Error at_option(Error error, std::string_view option) {
  error.code = ErrorCode::kUsage;
  error.where = option;
  return error;
}

}  // namespace promfill::cli
