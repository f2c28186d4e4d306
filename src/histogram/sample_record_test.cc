// Goal: a sample comes back from its record as it was, and damage is found, whatever the bytes.
#include "histogram/sample_record.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace promfill {
namespace {

HistogramSample<Histogram> integers() {
  HistogramSample<Histogram> sample{.time = {5}, .start = {-7}};
  sample.histogram.counter_reset = CounterReset::kNotReset;
  sample.histogram.layout = {.schema = -4,
                             .zero_threshold = 0x1p-128,
                             .positive_spans = {{-3, 2}, {1, 1}},
                             .negative_spans = {{std::numeric_limits<std::int32_t>::max(), 1}}};
  sample.histogram.count = 18;
  sample.histogram.zero_count = 2;
  sample.histogram.sum = -18.5;
  sample.histogram.positive = {1, 3, -1};
  sample.histogram.negative = {8};
  return sample;
}

HistogramSample<FloatHistogram> floats() {
  HistogramSample<FloatHistogram> sample{.time = {5}};
  sample.histogram.counter_reset = CounterReset::kGauge;
  sample.histogram.layout = {
      .schema = kCustomBoundsSchema, .positive_spans = {{0, 3}}, .custom_bounds = {0.005, 1, 1e9}};
  sample.histogram.count = 2.5;
  sample.histogram.sum = std::numeric_limits<double>::infinity();
  sample.histogram.positive = {1, 0, 1.5};
  return sample;
}

template <typename Sample>
Bytes body_of(const Sample& sample) {
  ByteWriter body;
  encode_record_body(sample, body);
  return std::move(body).take();
}

template <typename H>
void expect_same(const HistogramSample<H>& a, const HistogramSample<H>& b) {
  EXPECT_EQ(a.start, b.start);
  EXPECT_EQ(a.histogram.counter_reset, b.histogram.counter_reset);
  EXPECT_EQ(a.histogram.layout.schema, b.histogram.layout.schema);
  EXPECT_EQ(a.histogram.layout.zero_threshold, b.histogram.layout.zero_threshold);
  EXPECT_EQ(a.histogram.layout.positive_spans, b.histogram.layout.positive_spans);
  EXPECT_EQ(a.histogram.layout.negative_spans, b.histogram.layout.negative_spans);
  EXPECT_EQ(a.histogram.layout.custom_bounds, b.histogram.layout.custom_bounds);
  EXPECT_EQ(a.histogram.count, b.histogram.count);
  EXPECT_EQ(a.histogram.zero_count, b.histogram.zero_count);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(a.histogram.sum), std::bit_cast<std::uint64_t>(b.histogram.sum));
  EXPECT_EQ(a.histogram.positive, b.histogram.positive);
  EXPECT_EQ(a.histogram.negative, b.histogram.negative);
}

TEST(SampleRecord, GivesBackWhatWasEncoded) {
  HistogramSample<Histogram> integer = integers();
  ASSERT_TRUE(validate(integer.histogram)) << validate(integer.histogram).error().text();
  HistogramSample<Histogram> read = integers();
  read.histogram.positive.assign(90, 4);  // memory that is used again
  ASSERT_TRUE(decode_record_body(body_of(integer), read));
  expect_same(read, integer);

  HistogramSample<FloatHistogram> read_floats;
  ASSERT_TRUE(decode_record_body(body_of(floats()), read_floats));
  expect_same(read_floats, floats());

  double value = 0;
  ASSERT_TRUE(decode_record_body(body_of(-0.0), value));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(-0.0));
}

TEST(SampleRecord, KeepsStaleMarkers) {
  HistogramSample<Histogram> stale{.time = {1}};
  stale.histogram.sum = std::bit_cast<double>(kStaleNanBits);
  HistogramSample<Histogram> read = integers();
  ASSERT_TRUE(decode_record_body(body_of(stale), read));
  expect_same(read, stale);
}

TEST(SampleRecord, ListsRecordsOfSeveralKinds) {
  ByteWriter records;
  const Bytes bodies[] = {body_of(1.0), body_of(integers()), body_of(floats())};
  std::int64_t time_ms = -1;
  for (const Bytes& body : bodies) append_record({{time_ms++}, body}, records);
  std::vector<SampleRecord> split;
  ASSERT_TRUE(split_records(records.view(), split));
  ASSERT_EQ(split.size(), 3U);
  EXPECT_EQ(split[0].time.ms, -1);
  EXPECT_EQ(split[2].time.ms, 1);
  EXPECT_EQ(split[1].kind(), RecordKind::kHistogram);
  EXPECT_EQ(split[2].kind(), RecordKind::kFloatHistogram);
}

TEST(SampleRecord, RefusesEveryTruncationAndSurvivesEveryFlip) {
  for (const Bytes& body : {body_of(integers()), body_of(floats())}) {
    HistogramSample<Histogram> integer;
    HistogramSample<FloatHistogram> real;
    for (std::size_t size = 0; size < body.size(); ++size) {
      const ByteView cut = ByteView(body).first(size);
      EXPECT_FALSE(decode_record_body(cut, integer)) << size;
      EXPECT_FALSE(decode_record_body(cut, real)) << size;
    }
    for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
      Bytes flipped = body;
      flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
      const bool is_integer = decode_record_body(flipped, integer).has_value();
      EXPECT_TRUE(!is_integer || integer.histogram.is_stale() || validate(integer.histogram));
      const bool is_real = decode_record_body(flipped, real).has_value();
      EXPECT_TRUE(!is_real || real.histogram.is_stale() || validate(real.histogram));
    }
  }
}

TEST(SampleRecord, TellsTheSameDistributionInOtherSpans) {
  HistogramSample<Histogram> split = integers();
  split.histogram.layout.positive_spans = {{-3, 1}, {0, 1}, {1, 1}, {5, 0}};
  EXPECT_TRUE(same_sample(body_of(integers()), body_of(split)).value());
  split.start = {1};
  EXPECT_FALSE(same_sample(body_of(integers()), body_of(split)).value());
  EXPECT_FALSE(same_sample(body_of(integers()), body_of(floats())).value());
  EXPECT_FALSE(same_sample(body_of(1.0), body_of(2.0)).value());
}

}  // namespace
}  // namespace promfill
