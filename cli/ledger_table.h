// The ledger of a finished job for people: each verdict with its count, and the sum that proves that nothing is
// missing.
#pragma once

#include <string>

#include "job/report.h"

namespace promfill::cli {

[[nodiscard]] std::string format_ledger(const Report& report);

}  // namespace promfill::cli
