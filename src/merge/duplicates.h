// Duplicates: what a series of one window holds when several values were offered for one time.
#pragma once

#include <cstdint>
#include <span>

#include "promfill/options.h"
#include "promfill/result.h"
#include "promfill/time.h"
#include "store/ledger.h"

namespace promfill {

/// One value out of all that were offered for a time.
/// @param offered  n ≥ 1, in source order.
/// @error kData  two different values under DuplicatePolicy::kFail; `where` is the time.
///
/// Equal bits at one time are one value whatever the policy. Of different values keep-last keeps the one offered last,
/// keep-first the one offered first; min and max prefer any number to NaN; sum adds distinct values in the order
/// offered.
Result<double> resolve_duplicates(Timestamp time, std::span<const double> offered, DuplicatePolicy policy,
                                  DuplicateTally& tally);

}  // namespace promfill
