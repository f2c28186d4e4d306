// See promfill/stats.h.
#include "promfill/stats.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iomanip>
#include <ostream>
#include <utility>

#include "promfill/options.h"

namespace promfill {
inline namespace PROMFILL_ABI {
namespace {

/// "1.23 M": for people.
std::string short_count(double count) {
  constexpr std::array<const char*, 5> kUnits{"", " k", " M", " G", " T"};
  std::size_t unit = 0;
  for (; count >= 1000 && unit + 1 < kUnits.size(); ++unit) count /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f%s", unit == 0 ? 0 : count < 10 ? 2 : count < 100 ? 1 : 0, count, kUnits[unit]);
  return text;
}

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

}  // namespace

std::string_view to_string(Stats::Stage stage) {
  constexpr std::array<std::string_view, 5> kNames{"waiting", "reading", "writing", "done", "failed"};
  return kNames[static_cast<std::size_t>(stage)];
}

std::optional<double> Stats::share_done() const {
  if (stage == Stage::kDone) return 1.0;
  if (tables_expected == 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(tables_read) / static_cast<double>(tables_expected));
}

double Stats::rate() const { return seconds > 0 ? static_cast<double>(cells) / seconds : 0; }

std::optional<double> Stats::seconds_left() const {
  const std::optional<double> share = share_done();
  if (!share || *share == 0) return std::nullopt;
  return seconds * (1 - *share) / *share;
}

std::string Stats::line() const {
  std::string text(to_string(stage));
  text += " " + short_count(static_cast<double>(rows_read)) + " rows";
  if (const auto share = share_done(); share && stage == Stage::kReading) text += " (" + fixed(100 * *share, 0) + " %)";
  text += ", " + short_count(rate()) + " samples/s";
  if (stage == Stage::kWriting) text += ", " + std::to_string(blocks_written) + " blocks written";
  if (const auto left = seconds_left(); left && stage == Stage::kReading) text += ", " + fixed(*left, 0) + " s left";
  return text;
}

void Stats::print(std::ostream& out) const {
  const auto row = [&out](std::string_view name, const std::string& value) {
    out << "  " << std::left << std::setw(24) << name << std::right << std::setw(20) << value << '\n';
  };
  const auto count = [&row](std::string_view name, std::uint64_t value) { row(name, std::to_string(value)); };
  row("stage", std::string(to_string(stage)));
  row("seconds", fixed(seconds, 2));
  if (const auto share = share_done()) row("done", fixed(100 * *share, 1) + " %");
  if (const auto left = seconds_left(); left && stage == Stage::kReading) row("seconds left", fixed(*left, 0));
  if (tables_expected > 0) count("tables expected", tables_expected);
  count("tables read", tables_read);
  count("rows read", rows_read);
  count("cells", cells);
  row("samples/s", short_count(rate()));
  count("nulls", nulls);
  count("rejected", rejected);
  count("blocks written", blocks_written);
  count("samples written", samples_written);
  count("late samples", late_samples);
  count("duplicates merged", duplicates_merged);
  count("duplicates conflicting", duplicates_conflicting);
  row("memory", format_byte_size(memory_bytes) + " of " + format_byte_size(memory_limit_bytes));
}

std::string Stats::openmetrics() const {
  std::string text;
  const auto add = [&text](const char* name, const char* type, const char* unit, const char* help, std::string value) {
    const std::string family = std::string("promfill_") + name;
    text += "# TYPE " + family + " " + type + "\n";
    if (*unit != '\0') text += "# UNIT " + family + " " + unit + "\n";
    text += "# HELP " + family + " " + help + "\n";
    text += family + (std::string_view(type) == "counter" ? "_total " : " ") + value + "\n";
  };
  const auto counter = [&add](const char* name, const char* help, std::uint64_t value) {
    add(name, "counter", "", help, std::to_string(value));
  };
  counter("tables_read", "Tables read.", tables_read);
  counter("rows_read", "Rows read.", rows_read);
  counter("cells", "Values offered to metrics.", cells);
  counter("nulls", "Values that were not there.", nulls);
  counter("rejected", "Values that could not be used.", rejected);
  counter("blocks_written", "Blocks complete, but not visible before the end.", blocks_written);
  counter("samples_written", "Samples in those blocks.", samples_written);
  counter("late_samples", "Samples that came behind a later one of their series.", late_samples);
  counter("duplicates_merged", "Equal values of one series and time.", duplicates_merged);
  counter("duplicates_conflicting", "Different values of one series and time.", duplicates_conflicting);
  add("tables_expected", "gauge", "", "Tables that the program says will come.", std::to_string(tables_expected));
  add("memory_bytes", "gauge", "bytes", "Memory charged to the job.", std::to_string(memory_bytes));
  add("memory_limit_bytes", "gauge", "bytes", "What may be charged.", std::to_string(memory_limit_bytes));
  add("elapsed_seconds", "gauge", "seconds", "Since the job began.", fixed(seconds, 3));
  text += "# TYPE promfill_stage stateset\n# HELP promfill_stage What the job does.\n";
  for (const Stage one : {Stage::kWaiting, Stage::kReading, Stage::kWriting, Stage::kDone, Stage::kFailed}) {
    text +=
        "promfill_stage{promfill_stage=\"" + std::string(to_string(one)) + "\"} " + (one == stage ? "1" : "0") + "\n";
  }
  return text + "# EOF\n";
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
