// `promfill dump`: the samples of blocks as text, series by series.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "block/block_reader.h"
#include "command.h"
#include "exit_code.h"
#include "file/file_system.h"
#include "merged_series.h"
#include "output.h"
#include "sample_format.h"

namespace promfill::cli {
namespace {

struct DumpArguments {
  std::string path;
  std::vector<std::string> selectors;
  std::string min_time;
  std::string max_time;
  std::string format = "openmetrics";
};

Result<Timestamp> parse_time_option(const std::string& text, std::string_view option, Timestamp absent) {
  if (text.empty()) return absent;
  auto time = parse_timestamp(text);
  if (!time) time.error().where = option;
  return time;
}

Result<SeriesSelection> parse_selection(const DumpArguments& arguments) {
  SeriesSelection selection;
  PROMFILL_TRY(selection.mint, parse_time_option(arguments.min_time, "--min-time", kTimestampMin));
  PROMFILL_TRY(selection.maxt, parse_time_option(arguments.max_time, "--max-time", kTimestampMax));
  for (const std::string& text : arguments.selectors) {
    auto matchers = parse_selector(text);
    if (!matchers) {
      matchers.error().where =
          "--match " + text + (matchers.error().where.empty() ? "" : ": ") + matchers.error().where;
      return std::move(matchers).error();
    }
    selection.selectors.push_back(*std::move(matchers));
  }
  return selection;
}

Status dump(MergedSeries& series, SampleFormat& format, Output& out) {
  std::vector<Sample> samples;
  std::string lines;
  out.write(format.header());
  while (!out.failed()) {
    PROMFILL_TRY(const bool more, series.next());
    if (!more) break;
    bool begun = false;  // a series whose chunks reach into the range may have no sample in it
    while (!out.failed()) {
      samples.clear();
      PROMFILL_TRY(const bool more_samples, series.read(samples));
      if (!more_samples) break;
      if (!begun) PROMFILL_TRY_STATUS(format.begin_series(series.labels()));
      begun = true;
      lines.clear();
      format.append(samples, lines);
      out.write(lines);
    }
  }
  out.write(format.footer());
  return {};
}

/// Say what the output doesn't show.
void tell_losses(const MergedSeries& series, const SampleFormat& format) {
  if (format.nans_flattened() > 0) {
    tell(fmt::format(
        "promfill: warn: samples written as plain NaN: {}, because the format has no form for stale markers and "
        "payloads; "
        "--format jsonl keeps them\n",
        format.nans_flattened()));
  }
  if (series.conflicts() > 0) {
    tell(fmt::format(
        "promfill: warn: samples left out: {}, because an earlier block has another value for the same series "
        "and time; "
        "dump the blocks one by one to see them\n",
        series.conflicts()));
  }
}

int run_dump(const DumpArguments& arguments) {
  const auto format = make_sample_format(arguments.format);
  auto selection = parse_selection(arguments);
  if (!selection) return fail(selection.error());
  const auto blocks = find_blocks(real_file_system(), arguments.path);
  if (!blocks) return fail(blocks.error());
  auto series = MergedSeries::open(real_file_system(), *blocks, *std::move(selection));
  if (!series) return fail(series.error());
  Output out;
  const Status dumped = dump(*series, *format, out);
  const int status = out.finish(kExitOk);
  if (status != kExitOk) return status;
  if (!dumped) return fail(dumped.error());
  tell_losses(*series, *format);
  return kExitOk;
}

}  // namespace

void add_dump_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("dump", "Print the samples of blocks");
  auto arguments = std::make_shared<DumpArguments>();
  command->add_option("PATH", arguments->path, "A block, or a directory of blocks")->required();
  command->add_option("--match", arguments->selectors, "Series selector, such as 'up{job=~\"a.*\"}'; repeatable")
      ->allow_extra_args(false);
  command->add_option("--min-time", arguments->min_time, "First time, inclusive: RFC 3339 or milliseconds");
  command->add_option("--max-time", arguments->max_time, "Last time, inclusive");
  command->add_option("--format", arguments->format, "Language of the output")
      ->capture_default_str()
      ->check(CLI::IsMember(std::vector<std::string>{"openmetrics", "csv", "jsonl"}));
  command->callback([&run, arguments] { run = [arguments] { return run_dump(*arguments); }; });
}

}  // namespace promfill::cli
