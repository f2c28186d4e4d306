// Native histograms as numbers of 64 bits that are equal where the distributions are, in whatever spans, with whatever
// empty buckets and hints they are written: what an audit compares.
#pragma once

#include <cstdint>

#include "encoding/bytes.h"
#include "promfill/histogram.h"
#include "promfill/result.h"

namespace promfill {

/// They are NaNs of a kind that nobody else makes, with 50 bits that depend on everything.
[[nodiscard]] constexpr bool is_fingerprint(std::uint64_t bits) { return bits >> 50 == 0x7ffc000000000000U >> 50; }

/// Of stale ones kStaleNanBits. Hints and start times are left out.
[[nodiscard]] std::uint64_t fingerprint(const Histogram& histogram);
[[nodiscard]] std::uint64_t fingerprint(const FloatHistogram& histogram);

/// Of a record's body (sample_record.h); of a float its bits. @error kCorrupt
Result<std::uint64_t> record_fingerprint(ByteView body);

}  // namespace promfill
