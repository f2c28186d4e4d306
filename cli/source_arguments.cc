// See source_arguments.h.
#include "source_arguments.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "file/file_system.h"
#include "input/inputs.h"
#include "promfill/mapping.h"

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
      command
          .add_option("--timestamp", a.mapping.timestamp,
                      "COL[:UNIT], UNIT one of s ms us ns auto rfc3339, or a pattern such as %d.%m.%Y %H:%M:%S")
          ->group(group),
      command.add_option("--time-of-day", a.mapping.time_of_day, "COL, where the time column has only dates")
          ->group(group),
      command
          .add_option("--timezone", a.mapping.timezone, "Of times that name none (default UTC): Europe/Berlin, +02:00")
          ->group(group),
      command
          .add_option("--ambiguous", a.mapping.ambiguous,
                      "Local times that come twice as clocks are set back: earlier, later or reject (default reject)")
          ->group(group),
      command.add_option("--timestamp-offset", a.mapping.timestamp_offset, "Seconds or duration added to every time")
          ->group(group),
      repeatable("--label", a.mapping.labels, "NAME=COL or COL; repeatable"),
      repeatable("--const", a.mapping.consts, "NAME=VALUE, a label of every series; repeatable"),
      repeatable("--metric", a.mapping.metrics, "NAME=COL[:TYPE] or COL[:TYPE]; repeatable"),
      command
          .add_option("--long", a.mapping.long_table,
                      "NAMECOL=VALUECOL[:TYPE], for a table with one value a row and the metric's name beside it")
          ->group(group),
      command.add_option("--prefix", a.mapping.prefix, "Text before every metric's name")->group(group),
      command.add_flag("--counter-total", a.mapping.counter_total, "Put _total behind names of counters that lack it")
          ->group(group),
      command
          .add_flag("--type-and-unit-labels", a.mapping.type_and_unit_labels,
                    "Give every series the labels __type__ and __unit__, as Prometheus 3's feature does")
          ->group(group),
      command.add_option("--start", a.mapping.start, "Column of times when counters began that don't say it")
          ->group(group),
      command.add_option("--relabel", a.relabel_file, "File of Prometheus's relabel_configs, applied to every series")
          ->group(group),
  };
}

std::vector<CLI::Option*> add_selection_flags(CLI::App& command, SourceArguments& a, const std::string& group) {
  return {
      command.add_option("--min-time", a.min_time, "First time, inclusive: RFC 3339 or milliseconds")->group(group),
      command.add_option("--max-time", a.max_time, "Last time, inclusive")->group(group),
      command.add_option("--on-duplicate", a.on_duplicate, "keep-last, keep-first, min, max, sum or fail")
          ->capture_default_str()
          ->group(group),
      command.add_option("--nan", a.nan, "NaN values: keep, or take as null")->capture_default_str()->group(group),
      command.add_option("--inexact", a.inexact, "Integers that no double holds: round or reject")
          ->capture_default_str()
          ->group(group),
      command.add_option("--null-label", a.null_label, "Null or empty label values: absent or reject")
          ->capture_default_str()
          ->group(group),
      command
          .add_option("--counter-start", a.counter_start,
                      "zero: counters with a start time begin with a sample of value 0 there; or none")
          ->capture_default_str()
          ->group(group),
      command
          .add_option("--stale-after", a.stale_after,
                      "Mark series stale so long after a sample that no other follows, such as 5m")
          ->group(group),
      command
          .add_flag("--allow-implausible-times", a.allow_implausible_times,
                    "Accept times before 1990 or more than a year ahead")
          ->group(group),
  };
}

std::vector<CLI::Option*> add_format_flags(CLI::App& command, SourceArguments& a) {
  const std::string group = "What the files are (what isn't said is found out, and told)";
  std::vector<CLI::Option*> flags{
      command
          .add_option("--format", a.format,
                      "parquet, csv, tsv, json, arrow, orc, openmetrics, prometheus, promtool-dump, dump-csv or "
                      "dump-jsonl, whatever their names")
          ->group(group),
      command.add_option("--csv-delimiter", a.csv.delimiter, "One character, or tab")->group(group),
      command.add_option("--csv-header", a.csv.header, "yes or no: whether the first line names the columns")
          ->group(group),
      command.add_option("--csv-null", a.csv.nulls, "A cell that says nothing, in place of the usual; repeatable")
          ->allow_extra_args(false)
          ->group(group),
      command.add_option("--csv-decimal", a.csv.decimal, "The mark before decimals (default a point)")->group(group),
      command.add_option("--csv-thousands", a.csv.thousands, "The mark between thousands (default none)")->group(group),
      command.add_option("--csv-quoted-breaks", a.csv.quoted_breaks, "yes or no: whether lines break within quotes")
          ->group(group),
  };
  const std::vector<CLI::Option*> sql = add_sql_flags(command, a.sql);
  flags.insert(flags.end(), sql.begin(), sql.end());
  return flags;
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
  const auto nan = parse_nan_policy(a.nan);
  if (!nan) return usage("--nan", "unknown policy '" + a.nan + "'", "keep or null");
  options.nan = *nan;
  const auto inexact = parse_inexact_policy(a.inexact);
  if (!inexact) return usage("--inexact", "unknown policy '" + a.inexact + "'", "round or reject");
  options.inexact = *inexact;
  const auto null_label = parse_null_label_policy(a.null_label);
  if (!null_label) return usage("--null-label", "unknown policy '" + a.null_label + "'", "absent or reject");
  options.null_label = *null_label;
  const auto counter_start = parse_counter_start(a.counter_start);
  if (!counter_start) return usage("--counter-start", "unknown start '" + a.counter_start + "'", "none or zero");
  options.counter_start = *counter_start;
  if (!a.stale_after.empty()) {
    auto after = parse_duration(a.stale_after);
    if (!after) return at_option(std::move(after).error(), "--stale-after");
    options.stale_after = *after;
  }
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

namespace {

Result<CsvOptions> parse_csv_options(const CsvFlags& flags) {
  CsvOptions options;
  const auto character = [](std::string_view flag, const std::string& text) -> Result<std::optional<char>> {
    if (text.empty()) return std::optional<char>();
    if (text == "tab" || text == "\\t") return std::optional('\t');
    if (text.size() == 1 && text[0] != '"' && text[0] != '\n' && text[0] != '\r') return std::optional(text[0]);
    return usage(std::string(flag), "'" + text + "' is no single character", "such as --csv-delimiter ';'");
  };
  const auto answer = [](std::string_view flag, const std::string& text) -> Result<std::optional<bool>> {
    if (text.empty()) return std::optional<bool>();
    if (text == "yes" || text == "no") return std::optional(text == "yes");
    return usage(std::string(flag), "'" + text + "' is neither yes nor no", "leave it out to have it found out");
  };
  PROMFILL_TRY(options.delimiter, character("--csv-delimiter", flags.delimiter));
  PROMFILL_TRY(options.header, answer("--csv-header", flags.header));
  PROMFILL_TRY(options.quoted_breaks, answer("--csv-quoted-breaks", flags.quoted_breaks));
  PROMFILL_TRY(const auto decimal, character("--csv-decimal", flags.decimal));
  options.cells.decimal = decimal.value_or('.');
  PROMFILL_TRY(options.cells.thousands, character("--csv-thousands", flags.thousands));
  if (options.cells.thousands == options.cells.decimal) {
    return usage("--csv-thousands", "is the mark before decimals, too", "say what that is with --csv-decimal");
  }
  if (!flags.nulls.empty()) options.cells.nulls = flags.nulls;
  return options;
}

}  // namespace

Status parse_format_options(const SourceArguments& a, SourceOptions& options) {
  if (!a.any()) return usage("SOURCE", "no source is named", "name files, or the address of a database");
  PROMFILL_TRY(options.csv, parse_csv_options(a.csv));
  options.format = a.format;
  PROMFILL_TRY(options.sql, parse_sql_flags(a.sql));
  return {};
}

Result<Mapping> load_mapping(const SourceArguments& a) {
  Mapping mapping;
  if (!a.map_file.empty()) {
    auto text = read_file(real_file_system(), a.map_file, kMappingBytesMax);
    if (!text) return at_option(std::move(text).error(), "--map " + a.map_file);
    PROMFILL_TRY(mapping, parse_mapping(as_text(*text), a.map_file));
  }
  if (!a.relabel_file.empty()) {
    auto text = read_file(real_file_system(), a.relabel_file, kMappingBytesMax);
    if (!text) return at_option(std::move(text).error(), "--relabel " + a.relabel_file);
    PROMFILL_TRY(mapping.relabel_rules, parse_relabel_rules(as_text(*text), a.relabel_file));
  }
  return apply_flags(std::move(mapping), a.mapping);
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
