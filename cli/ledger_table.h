// The ledger of a finished job for people: each verdict with its count, and the sum that proves that nothing is
// missing.
#pragma once

#include <cstdint>
#include <string>

#include "promfill/report.h"

namespace promfill::cli {

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t count);

[[nodiscard]] std::string format_ledger(const Report& report);

}  // namespace promfill::cli
