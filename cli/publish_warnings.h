// What `promfill publish` would refuse of the blocks of an import, told while it is cheap to mend: before anything is
// read where the times are known by then, else of the blocks.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backfill/backfill.h"
#include "promfill/options.h"
#include "promfill/report.h"
#include "promfill/time.h"

namespace promfill::cli {

/// What the blocks are for.
struct PublishTarget {
  std::optional<Duration> retention;  ///< of the server; absent: Prometheus's default, 15 days
  FloatEncoding encoding = FloatEncoding::kXor;
  Timestamp now;
};

/// Before reading.
std::vector<std::string> warnings_of_plan(const JobOutlook& outlook, const PublishTarget& target);

/// Of what only the blocks tell: for jobs whose times weren't known.
std::vector<std::string> warnings_of_blocks(std::span<const ReportedBlock> blocks, const PublishTarget& target);

}  // namespace promfill::cli
