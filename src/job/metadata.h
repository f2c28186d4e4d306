// What is known of metrics beside their samples: type, help, unit, a name for people. Blocks have no place for it, so
// that it is kept beside them.
//
//   OUT/.promfill/<job>.metadata.json   of a finished job, moved there by its commit
//   OUT/.promfill/metadata.json         of all jobs together, made anew from those whenever a job ends
//
// Both are {"version": 1, "metrics": {NAME: {"type": …, "help": …, "unit": …, "human_name": …}}}, names sorted, and
// without what isn't known (docs/metadata.md).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "file/file_system.h"
#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

/// Of a metric; of a histogram or a summary as a whole, whose series have longer names.
struct MetricMetadata {
  std::string name;
  MetricType type = MetricType::kGauge;
  std::string help{};
  std::string unit{};
  std::string human_name{};
  friend bool operator==(const MetricMetadata&, const MetricMetadata&) = default;
};

/// That of a complete mapping's metrics, by name; of a long table nothing, whose names stand in its rows.
[[nodiscard]] std::vector<MetricMetadata> metadata_of(const Mapping& mapping);

/// Put `later` into `all`, which is sorted by name and stays so: what it says of a metric goes before what was said.
/// @return a sentence for each difference.
std::vector<std::string> merge_metadata(std::vector<MetricMetadata>& all, std::span<const MetricMetadata> later);

[[nodiscard]] std::string metadata_json(std::span<const MetricMetadata> metadata);
/// @error kCorrupt  no such JSON; kRefused  of a later version.
Result<std::vector<MetricMetadata>> parse_metadata(std::string_view text);

/// Make OUT/.promfill/metadata.json of those of all jobs, in the order in which they began.
/// @param job  that ended last, or "". @return how it differs from what others said before.
/// @error what the file system says; the jobs' own files stay.
Result<std::vector<std::string>> collect_metadata(FileSystem& fs, const std::string& out, std::string_view job);

}  // namespace promfill
