// See verify_against.h.
#include "verify_against.h"

#include <fmt/format.h>

#include <optional>

#include "audit/audit.h"
#include "exit_code.h"
#include "file/file_system.h"
#include "input/inputs.h"
#include "ledger_table.h"
#include "log.h"
#include "resource/tuning.h"

namespace promfill::cli {
namespace {

constexpr std::uint64_t kMemoryLimitMin = 64 << 20;  // as an import's

/// One line for each verdict; on the right what the blocks have of it.
class SideBySide {
 public:
  SideBySide() { text_ = fmt::format("  {:<24}{:>16}{:>16}\n", "", "sources", "blocks"); }
  void row(std::string_view name, std::optional<std::uint64_t> sources, std::optional<std::uint64_t> blocks = {}) {
    text_ += fmt::format("  {:<24}{:>16}", name, sources ? grouped(*sources) : "");
    text_ += blocks ? fmt::format("{:>16}\n", grouped(*blocks)) : "\n";
  }
  void row_if(std::string_view name, std::uint64_t sources) {
    if (sources != 0) row(name, sources);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string table(const AuditReport& report) {
  const Ledger& judged = report.judged;
  const CellTally& tally = report.tally;
  SideBySide out;
  out.row("rows", judged.rows_read);
  out.row("cells", judged.cells);
  out.row_if("completed", judged.generated);
  out.row_if("nulls", judged.nulls);
  out.row_if("rejected", judged.rejected);
  for (const auto& [reason, count] : judged.rejected_by_reason) out.row_if("  " + reason, count);
  out.row_if("filtered", judged.filtered);
  out.row_if("out of window", judged.out_of_window);
  out.row_if("duplicates merged", tally.merged);
  out.row_if("duplicates conflicting", tally.conflicting);
  out.row("written", tally.written, tally.samples);
  if (tally.generated != 0) out.row("generated", {}, tally.generated);
  if (tally.missing != 0) out.row("without a sample", tally.missing);
  if (tally.other_values != 0) out.row("of another value", {}, tally.other_values);
  if (tally.unexplained != 0) out.row("without a cell", {}, tally.unexplained);
  return out.text();
}

std::string verdict(const AuditReport& report) {
  if (report.ok()) return "OK: each cell is a sample or accounted for, each sample comes from a cell\n";
  const CellTally& tally = report.tally;
  const std::uint64_t differences = tally.missing + tally.other_values + tally.unexplained;
  std::string text;
  for (const Difference& difference : report.differences) text += "difference: " + difference.text() + "\n";
  const std::uint64_t shown = report.differences.size();
  if (differences > shown) text += fmt::format("difference: and {} more\n", grouped(differences - shown));
  if (!report.balances()) text += "difference: the verdicts do not add up to the cells\n";
  return text;
}

}  // namespace

Result<AgainstSources> AgainstSources::open(const SourceArguments& arguments) {
  AgainstSources against;
  PROMFILL_TRY_STATUS(parse_source_options(arguments, against.options_));
  PROMFILL_TRY(against.mapping_, load_mapping(arguments));
  const std::uint64_t limit_bytes = memory_limit(against.options_, read_machine("."));
  if (limit_bytes < kMemoryLimitMin) {
    return usage("--memory-limit", "a limit of " + format_byte_size(limit_bytes) + " is too small", "64MiB would do");
  }
  against.budget_ = std::make_unique<MemoryBudget>(limit_bytes);
  against.pages_ = std::make_unique<PagePool>();
  SourceOptions reading{.budget = against.budget_.get(), .pages = against.pages_.get()};
  PROMFILL_TRY_STATUS(parse_format_options(arguments, reading));
  PROMFILL_TRY(against.sources_, open_sources(arguments.inputs, reading));
  return against;
}

int AgainstSources::check(const std::vector<std::string>& blocks, Output& out) const {
  const Result<AuditReport> report =
      audit_blocks(sources_, mapping_, options_, blocks,
                   {.fs = &real_file_system(), .clock = &system_clock(), .budget = budget_.get()});
  if (!report) return fail(report.error());
  Log log(LogFormat::kText, LogLevel::kInfo);
  for (const std::string& decision : report->decisions) log.info(decision);
  out.write("\n" + table(*report) + verdict(*report));
  return report->ok() ? kExitOk : kExitFailed;
}

}  // namespace promfill::cli
