// What `promfill publish` would refuse of the blocks that an import has just made, told while it is cheap to mend.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "promfill/options.h"
#include "promfill/report.h"
#include "promfill/time.h"

namespace promfill::cli {

/// @param retention  of the server that the blocks are for; absent: Prometheus's default, 15 days.
std::vector<std::string> publish_warnings(std::span<const ReportedBlock> blocks, std::optional<Duration> retention,
                                          FloatEncoding encoding, Timestamp now);

}  // namespace promfill::cli
