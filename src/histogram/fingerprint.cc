// See fingerprint.h.
#include "histogram/fingerprint.h"

#include <bit>
#include <span>
#include <type_traits>

#include "histogram/bucket_numbers.h"
#include "histogram/sample_record.h"

namespace promfill {
namespace {

/// A running hash: each word is mixed in by a multiplication of 128 bits, whose halves are folded.
class WordHash {
 public:
  void add(std::uint64_t word) {
    const auto product = static_cast<__uint128_t>(state_ ^ word) * 0x9e3779b97f4a7c15U;
    state_ = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ ++words_;
  }
  void add(double value) { add(std::bit_cast<std::uint64_t>(value)); }
  void add(std::int64_t value) { add(static_cast<std::uint64_t>(value)); }
  [[nodiscard]] std::uint64_t result() const { return 0x7ffc000000000000U | state_ >> 14; }

 private:
  std::uint64_t state_ = 0x8ebc6af09c88c6e3U;
  std::uint64_t words_ = 0;
};

/// Numbers and counts of the buckets that are not empty.
template <typename Bucket>
void add_side(HistogramSpans spans, std::span<const Bucket> buckets, WordHash& hash) {
  const std::vector<std::int64_t> numbers = bucket_numbers(spans);
  Bucket count = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    count = std::is_same_v<Bucket, std::int64_t> ? count + buckets[i] : buckets[i];
    if (count == 0) continue;
    hash.add(numbers[i]);
    hash.add(count);
  }
  hash.add(std::uint64_t{0});
}

template <typename H>
std::uint64_t fingerprint_of(const H& histogram) {
  if (histogram.is_stale()) return kStaleNanBits;
  using Bucket = std::remove_cvref_t<decltype(histogram.positive[0])>;
  const HistogramLayout& layout = histogram.layout;
  WordHash hash;
  hash.add(std::uint64_t{std::is_same_v<H, Histogram> ? 1U : 2U});
  hash.add(std::int64_t{layout.schema});
  hash.add(layout.zero_threshold);
  for (const double bound : layout.custom_bounds) hash.add(bound);
  hash.add(histogram.count);
  hash.add(histogram.zero_count);
  hash.add(histogram.sum);
  add_side(layout.positive_spans, std::span<const Bucket>(histogram.positive), hash);
  add_side(layout.negative_spans, std::span<const Bucket>(histogram.negative), hash);
  return hash.result();
}

template <typename H>
Result<std::uint64_t> fingerprint_in(ByteView body) {
  HistogramSample<H> sample;
  PROMFILL_TRY_STATUS(decode_record_body(body, sample));
  return fingerprint(sample.histogram);
}

}  // namespace

std::uint64_t fingerprint(const Histogram& histogram) { return fingerprint_of(histogram); }
std::uint64_t fingerprint(const FloatHistogram& histogram) { return fingerprint_of(histogram); }

Result<std::uint64_t> record_fingerprint(ByteView body) {
  if (body.empty()) return Error{ErrorCode::kCorrupt, "a record of a sample is empty", "", ""};
  switch (static_cast<RecordKind>(body[0])) {
    case RecordKind::kHistogram:
      return fingerprint_in<Histogram>(body);
    case RecordKind::kFloatHistogram:
      return fingerprint_in<FloatHistogram>(body);
    case RecordKind::kZeroStart:
      return std::uint64_t{0};
    case RecordKind::kFloat:
    case RecordKind::kStartedFloat:
      break;
  }
  StartedSample sample;
  PROMFILL_TRY_STATUS(decode_record_body(body, sample));
  return sample.sample.bits();
}

}  // namespace promfill
