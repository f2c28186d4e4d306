#include "histogram/fingerprint.h"

#include <gtest/gtest.h>

#include <bit>

#include "histogram/sample_record.h"

namespace promfill {
namespace {

Histogram histogram() {
  Histogram h;
  h.layout = {.schema = 2, .zero_threshold = 0.001, .positive_spans = {{-1, 2}, {3, 1}}};
  h.count = 10;
  h.zero_count = 1;
  h.sum = 4.5;
  h.positive = {2, 1, 1};  // 2, 3, 4
  return h;
}

TEST(Fingerprint, IsTheSameOfTheSameDistribution) {
  const Histogram first = histogram();
  Histogram same = histogram();
  same.layout.positive_spans = {{-1, 1}, {0, 2}, {2, 2}, {0, 0}};
  same.positive = {2, 1, -3, 4, -4};  // 2, 3, 0, 4, 0
  same.counter_reset = CounterReset::kNotReset;
  EXPECT_EQ(fingerprint(first), fingerprint(same));
  EXPECT_TRUE(is_fingerprint(fingerprint(first)));
  EXPECT_FALSE(is_fingerprint(kStaleNanBits));
  EXPECT_FALSE(is_fingerprint(kNormalNanBits));
}

TEST(Fingerprint, IsAnotherOfAnythingElse) {
  const std::uint64_t first = fingerprint(histogram());
  for (int change = 0; change < 8; ++change) {
    Histogram other = histogram();
    if (change == 0) other.layout.schema = 3;
    if (change == 1) other.layout.zero_threshold = 0.002;
    if (change == 2) ++other.count;
    if (change == 3) ++other.zero_count;
    if (change == 4) other.sum = -4.5;
    if (change == 5) ++other.positive[1];
    if (change == 6) ++other.layout.positive_spans[0].offset;
    if (change == 7) {
      other.layout.negative_spans = {{-1, 2}, {3, 1}};
      std::swap(other.layout.negative_spans, other.layout.positive_spans);
      std::swap(other.negative, other.positive);
      other.layout.positive_spans.clear();
      other.layout.negative_spans = {{-1, 2}, {3, 1}};
    }
    EXPECT_NE(fingerprint(other), first) << change;
  }
}

TEST(Fingerprint, OfRecordsIsThatOfWhatTheyHold) {
  ByteWriter body;
  encode_record_body(HistogramSample<Histogram>{.histogram = histogram()}, body);
  EXPECT_EQ(record_fingerprint(body.view()).value(), fingerprint(histogram()));
  body.clear();
  encode_record_body(2.5, body);
  EXPECT_EQ(record_fingerprint(body.view()).value(), std::bit_cast<std::uint64_t>(2.5));
  HistogramSample<FloatHistogram> stale;
  stale.histogram.sum = std::bit_cast<double>(kStaleNanBits);
  body.clear();
  encode_record_body(stale, body);
  EXPECT_EQ(record_fingerprint(body.view()).value(), kStaleNanBits);
  EXPECT_FALSE(record_fingerprint({}));
}

}  // namespace
}  // namespace promfill
