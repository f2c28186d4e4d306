// See report.h.
#include "job/report.h"

#include <nlohmann/json.hpp>

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
  json["times_floored"] = ledger.times_floored;
  json["values_rounded"] = ledger.values_rounded;
  json["spilled_bytes"] = spilled_bytes;
  json["resumed"] = resumed;
  json["rejects_file"] = rejects_file;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace promfill
