// See ledger_table.h.
#include "ledger_table.h"

#include <fmt/format.h>

#include "progress_display.h"

namespace promfill::cli {

std::string grouped(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string format_ledger(const Report& report) {
  const Ledger& l = report.ledger;
  std::string text;
  const auto row = [&](std::string_view name, std::uint64_t count, std::string_view note = "") {
    text += fmt::format("  {:<24}{:>16}{}{}\n", name, grouped(count), note.empty() ? "" : "  ", note);
  };
  const auto row_if = [&](std::string_view name, std::uint64_t count, std::string_view note = "") {
    if (count != 0) row(name, count, note);
  };
  text += fmt::format("{} rows, {} cells:\n", grouped(l.rows_read), grouped(l.cells));
  row("written", l.written,
      fmt::format("in {} series, {} blocks", grouped(report.series), grouped(report.blocks.size())));
  if (l.generated != 0) {
    text += fmt::format("  {:<24}{:>16}  that the input doesn't have\n", "and completed", grouped(l.generated));
  }
  row_if("nulls", l.nulls);
  row_if("duplicates merged", l.duplicates_merged, "same series, time and value");
  row_if("duplicates conflicting", l.duplicates_conflicting, "settled by --on-duplicate");
  row_if("out of window", l.out_of_window, "--min-time, --max-time");
  row_if("filtered", l.filtered);
  row_if("rejected", l.rejected, report.rejects_file);
  for (const auto& [reason, count] : l.rejected_by_reason) row_if("  " + reason, count);
  if (l.times_floored != 0)
    text += fmt::format("{} times were finer than a millisecond and floored\n", grouped(l.times_floored));
  if (l.counter_resets != 0) {
    text += fmt::format("{} times a counter fell, and began anew\n", grouped(l.counter_resets));
  }
  if (l.values_rounded != 0) text += fmt::format("{} integers beyond 2^53 were rounded\n", grouped(l.values_rounded));
  const double samples = static_cast<double>(l.samples_written());
  text += fmt::format("{:.2f} s, {} samples/s, {:.2f} bytes a sample, peak memory {:.0f} MiB\n", report.seconds,
                      short_count(report.seconds > 0 ? samples / report.seconds : 0),
                      samples > 0 ? static_cast<double>(report.bytes_written) / samples : 0,
                      static_cast<double>(report.peak_rss_bytes) / (1 << 20));
  return text;
}

}  // namespace promfill::cli
