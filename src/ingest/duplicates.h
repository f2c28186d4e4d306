// Late samples and duplicates: what a series of one window holds when several values were offered for one time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "promfill/options.h"
#include "promfill/result.h"
#include "promfill/sample.h"

namespace promfill {

/// What became of the samples that were merged: together with the samples that remain they are all that went in.
struct DuplicateTally {
  std::uint64_t merged = 0;       ///< same time and bits as another
  std::uint64_t conflicting = 0;  ///< lost to, or folded into, another value of its time
};

/// Merge `late` into `base`, one sample per time.
/// @param base  strictly rising; all of it was offered before any sample of `late` with the same time.
/// @param late  in the order they were offered, any times; sorted in place.
/// @return strictly rising samples.
/// @error kData  two different values for one time under DuplicatePolicy::kFail; `where` is the time.
///
/// Equal bits at one time are one value whatever the policy. Of different values keep-last keeps the one offered last,
/// keep-first the one offered first; min and max prefer any number to NaN; sum adds distinct values in the order
/// offered.
Result<std::vector<Sample>> merge_late_samples(std::span<const Sample> base, std::vector<Sample>& late,
                                               DuplicatePolicy policy, DuplicateTally& tally);

}  // namespace promfill
