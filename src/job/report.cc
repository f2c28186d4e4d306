// See report.h.
#include "promfill/report.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

#include "promfill/options.h"

namespace promfill {

std::string Report::to_json() const {
  nlohmann::ordered_json json;
  json["rows_read"] = ledger.rows_read;
  json["cells"] = ledger.cells;
  json["written"] = ledger.written;
  json["generated"] = ledger.generated;
  json["samples_written"] = ledger.samples_written();
  json["duplicates_merged"] = ledger.duplicates_merged;
  json["duplicates_conflicting"] = ledger.duplicates_conflicting;
  json["nulls"] = ledger.nulls;
  json["rejected"] = ledger.rejected;
  json["filtered"] = ledger.filtered;
  json["observed"] = ledger.observed;
  json["out_of_window"] = ledger.out_of_window;
  json["rejected_by_reason"] = nlohmann::ordered_json::object();
  for (const auto& [reason, count] : ledger.rejected_by_reason) json["rejected_by_reason"][reason] = count;
  json["series"] = series;
  json["blocks"] = nlohmann::ordered_json::array();
  for (const ReportedBlock& block : blocks) {
    json["blocks"].push_back({{"ulid", block.meta.ulid.text()},
                              {"min_time", block.meta.range.min.ms},
                              {"max_time", block.meta.range.max.ms},
                              {"samples", block.meta.stats.samples},
                              {"series", block.meta.stats.series},
                              {"chunks", block.meta.stats.chunks},
                              {"bytes", block.bytes}});
  }
  json["bytes_read"] = bytes_read;
  json["bytes_written"] = bytes_written;
  json["seconds"] = seconds;
  json["cpu_seconds"] = cpu_seconds;
  json["peak_rss_bytes"] = peak_rss_bytes;
  json["late_samples"] = ledger.late_samples;
  if (resets_counted) json["counter_resets"] = ledger.counter_resets;
  json["times_floored"] = ledger.times_floored;
  json["values_rounded"] = ledger.values_rounded;
  json["spilled_bytes"] = spilled_bytes;
  json["resumed"] = resumed;
  json["exemplars"] = exemplars;
  json["exemplars_file"] = exemplars_file;
  json["rejects_file"] = rejects_file;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<Report> Report::from_json(std::string_view text) {
  Report report;
  try {
    const auto json = nlohmann::ordered_json::parse(text);
    Ledger& ledger = report.ledger;
    json.at("rows_read").get_to(ledger.rows_read);
    json.at("cells").get_to(ledger.cells);
    json.at("written").get_to(ledger.written);
    json.at("generated").get_to(ledger.generated);
    json.at("duplicates_merged").get_to(ledger.duplicates_merged);
    json.at("duplicates_conflicting").get_to(ledger.duplicates_conflicting);
    json.at("nulls").get_to(ledger.nulls);
    json.at("rejected").get_to(ledger.rejected);
    json.at("filtered").get_to(ledger.filtered);
    json.at("observed").get_to(ledger.observed);
    json.at("out_of_window").get_to(ledger.out_of_window);
    json.at("rejected_by_reason").get_to(ledger.rejected_by_reason);
    json.at("late_samples").get_to(ledger.late_samples);
    report.resets_counted = json.contains("counter_resets");
    if (report.resets_counted) json.at("counter_resets").get_to(ledger.counter_resets);
    json.at("times_floored").get_to(ledger.times_floored);
    json.at("values_rounded").get_to(ledger.values_rounded);
    json.at("series").get_to(report.series);
    for (const auto& one : json.at("blocks")) {
      ReportedBlock& block = report.blocks.emplace_back();
      block.meta.ulid = Ulid::parse(one.at("ulid").get<std::string>()).value_or(Ulid());
      one.at("min_time").get_to(block.meta.range.min.ms);
      one.at("max_time").get_to(block.meta.range.max.ms);
      one.at("samples").get_to(block.meta.stats.samples);
      one.at("series").get_to(block.meta.stats.series);
      one.at("chunks").get_to(block.meta.stats.chunks);
      one.at("bytes").get_to(block.bytes);
    }
    json.at("bytes_read").get_to(report.bytes_read);
    json.at("bytes_written").get_to(report.bytes_written);
    json.at("seconds").get_to(report.seconds);
    json.at("cpu_seconds").get_to(report.cpu_seconds);
    json.at("peak_rss_bytes").get_to(report.peak_rss_bytes);
    json.at("spilled_bytes").get_to(report.spilled_bytes);
    json.at("resumed").get_to(report.resumed);
    report.exemplars = json.value("exemplars", std::uint64_t{0});  // reports of older versions have none
    report.exemplars_file = json.value("exemplars_file", std::string());
    json.at("rejects_file").get_to(report.rejects_file);
  } catch (const nlohmann::ordered_json::exception& e) {
    return Error{ErrorCode::kCorrupt, std::string("read the summary of a finished job: ") + e.what(), "", ""};
  }
  return report;
}

void Report::print(std::ostream& out) const {
  out << std::left << std::setw(28) << "BLOCK" << std::setw(26) << "FROM" << std::setw(26) << "UNTIL" << std::right
      << std::setw(12) << "SERIES" << std::setw(14) << "SAMPLES" << std::setw(12) << "SIZE" << '\n';
  for (const ReportedBlock& block : blocks) {
    out << std::left << std::setw(28) << block.meta.ulid.text() << std::setw(26) << to_string(block.meta.range.min)
        << std::setw(26) << to_string(block.meta.range.max) << std::right << std::setw(12) << block.meta.stats.series
        << std::setw(14) << block.meta.stats.samples << std::setw(12) << format_byte_size(block.bytes) << '\n';
  }
  const auto row = [&out](std::string_view name, std::uint64_t count) {
    out << "  " << std::left << std::setw(26) << name << std::right << std::setw(16) << count << '\n';
  };
  const auto row_if = [&row](std::string_view name, std::uint64_t count) {
    if (count > 0) row(name, count);
  };
  out << '\n';
  row("rows read", ledger.rows_read);
  row("cells", ledger.cells);
  row("written", ledger.written);
  row_if("generated", ledger.generated);
  row("series", series);
  row_if("nulls", ledger.nulls);
  row_if("duplicates merged", ledger.duplicates_merged);
  row_if("duplicates conflicting", ledger.duplicates_conflicting);
  row_if("out of window", ledger.out_of_window);
  row_if("filtered", ledger.filtered);
  row_if("rejected", ledger.rejected);
  for (const auto& [reason, count] : ledger.rejected_by_reason) row("  " + reason, count);
  row_if("late samples", ledger.late_samples);
  if (resets_counted) row("counter resets", ledger.counter_resets);
  row_if("times floored", ledger.times_floored);
  row_if("values rounded", ledger.values_rounded);
  out << "  " << seconds << " s, peak memory " << format_byte_size(peak_rss_bytes) << '\n';
  if (exemplars > 0) out << "  exemplars are in " << exemplars_file << ": " << exemplars << '\n';
  if (!rejects_file.empty()) out << "  rejects are in " << rejects_file << '\n';
}

}  // namespace promfill
