// Goal: histogram chunks have Prometheus's bytes, decoding gives back every bit, and damage is found.
// Method: vectors that Prometheus 3.14 encoded; random samples; every byte of a chunk changed, every length cut. What
// goes into which chunk is held against Prometheus in tests/differential.
#include "histogram/histogram_chunk.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "histogram/histogram_appender.h"
#include "histogram/series_encoder.h"

namespace promfill {
namespace {

std::string hex(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

double stale() { return std::bit_cast<double>(kStaleNanBits); }

/// Five buckets' worth: schema 3, two spans.
HistogramSample<Histogram> counted(std::int64_t t_ms, std::uint64_t count, double sum, std::vector<std::int64_t> deltas,
                                   std::int64_t start_ms = 0) {
  HistogramSample<Histogram> sample{.time = {t_ms}, .start = {start_ms}};
  sample.histogram.layout = {.schema = 3, .zero_threshold = 0x1p-128, .positive_spans = {{0, 2}, {1, 1}}};
  sample.histogram.zero_count = 2;
  sample.histogram.count = count;
  sample.histogram.sum = sum;
  sample.histogram.positive = std::move(deltas);
  return sample;
}

template <typename H>
HistogramSample<H> stale_at(std::int64_t t_ms) {
  HistogramSample<H> sample{.time = {t_ms}};
  sample.histogram.sum = stale();
  return sample;
}

template <typename H>
EncodedChunk encode(const std::vector<HistogramSample<H>>& samples, bool with_start_times = false) {
  HistogramChunkWriter<H> writer(with_start_times);
  for (const HistogramSample<H>& sample : samples) {
    if (writer.samples() == 0) {
      writer.begin(CounterResetHeader::kUnknown, sample);
    } else {
      writer.append(sample);
    }
  }
  return writer.chunk(CounterResetHeader::kUnknown);
}

// Encoded by tsdb/chunkenc of Prometheus 3.14.0.
TEST(HistogramChunk, HasTheBytesThatPrometheusWrote) {
  const auto first = counted(1000, 9, 18.5, {1, 1, 2});
  const auto second = counted(2000, 12, 20, {2, 1, 3});
  EXPECT_EQ(hex(encode<Histogram>({first}).data), "000100749ca48c5e3e8c4c900ca00000000000231900");
  EXPECT_EQ(hex(encode<Histogram>({first, second}).data), "000200749ca48c5e3e8c4c900ca00000000000231978fa26da26c510");
  EXPECT_EQ(hex(encode<Histogram>({first, second, stale_at<Histogram>(3000)}).data),
            "000300749ca48c5e3e8c4c900ca00000000000231978fa26da26c5118bdff100000000000080");
  EXPECT_EQ(hex(encode<Histogram>({counted(1000, 9, 18.5, {1, 1, 2}, 500)}, true).data),
            "000180749ca48c5e3e8c4c900ca000000000002319740380");

  HistogramSample<FloatHistogram> floats{.time = {1000}};
  floats.histogram.layout = first.histogram.layout;
  floats.histogram.zero_count = 2;
  floats.histogram.count = 9;
  floats.histogram.sum = 18.5;
  floats.histogram.positive = {1, 2, 4};
  EXPECT_EQ(
      hex(encode<FloatHistogram>({floats}).data),
      "000100749ca48c5e3e84022000000000000400000000000000040328000000000003ff0000000000000400000000000000040100000000"
      "000000");

  HistogramSample<Histogram> bounds{.time = {1000}};
  bounds.histogram.layout = {
      .schema = kCustomBoundsSchema, .positive_spans = {{0, 3}}, .custom_bounds = {0.005, 1, 1e9}};
  bounds.histogram.count = 3;
  bounds.histogram.sum = 4;
  bounds.histogram.positive = {1, 0, 0};
  EXPECT_EQ(hex(encode<Histogram>({bounds}).data), "00010000ee5c664ede3e920e6e6b28000000078fa264010000000000000880");
}

TEST(HistogramChunk, GivesBackEveryBit) {
  std::mt19937_64 random(7);
  for (const bool with_start_times : {false, true}) {
    std::vector<HistogramSample<Histogram>> samples;
    for (int i = 0; i < 300; ++i) {
      auto sample = counted(i * 1000 + static_cast<std::int64_t>(random() % 900), random() >> (random() % 64),
                            std::bit_cast<double>(random()), {});
      for (int b = 0; b < 3; ++b)
        sample.histogram.positive.push_back(static_cast<std::int64_t>(random() >> (random() % 64)));
      if (with_start_times && random() % 5 != 0) sample.start = {i / 7 * 100 + 1};
      if (sample.histogram.is_stale()) sample.histogram.sum = 0;
      if (i > 0) sample.histogram.counter_reset = CounterReset::kNotReset;
      samples.push_back(sample);
    }
    const EncodedChunk chunk = encode(samples, with_start_times);
    std::vector<HistogramSample<Histogram>> read;
    ASSERT_TRUE(decode_histogram_chunk(chunk.encoding, chunk.data, read));
    ASSERT_EQ(read.size(), samples.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      EXPECT_EQ(read[i].time, samples[i].time);
      EXPECT_EQ(read[i].start, samples[i].start) << i;
      EXPECT_EQ(read[i].histogram.counter_reset, samples[i].histogram.counter_reset);
      EXPECT_EQ(read[i].histogram.positive, samples[i].histogram.positive);
      EXPECT_TRUE(same_distribution(read[i].histogram, samples[i].histogram));
    }
    EXPECT_EQ(encode(read, with_start_times).data, chunk.data);
  }
}

TEST(HistogramChunk, FindsDamageAndNeverReadsPastTheEnd) {
  const EncodedChunk chunk = encode<Histogram>({counted(1000, 9, 18.5, {1, 1, 2}), counted(2000, 12, 20, {2, 1, 3})});
  for (std::size_t size = 0; size < chunk.data.size(); ++size) {
    std::vector<HistogramSample<Histogram>> read;
    const Bytes cut(chunk.data.begin(), chunk.data.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(decode_histogram_chunk(ChunkEncoding::kHistogram, cut, read)) << size;
  }
  for (std::size_t bit = 0; bit < chunk.data.size() * 8; ++bit) {
    Bytes flipped = chunk.data;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(0x80 >> bit % 8);
    std::vector<HistogramSample<Histogram>> read;
    std::vector<HistogramSample<FloatHistogram>> as_floats;
    static_cast<void>(decode_histogram_chunk(ChunkEncoding::kHistogram, flipped, read));
    static_cast<void>(decode_histogram_chunk(ChunkEncoding::kFloatHistogramSt, flipped, as_floats));
  }
}

TEST(SeriesEncoder, AStaleFloatEndsTheHistogramBeforeIt) {
  const std::vector<EncodedChunk> chunks = encode_mixed_series(
      std::vector<AnySample>{counted(1000, 9, 18.5, {1, 1, 2}), Sample{{2000}, stale()}, Sample{{3000}, 1.0}},
      {.chunk_range_ms = 14'400'000});
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[0].encoding, ChunkEncoding::kHistogram);
  EXPECT_EQ(chunks[0].maxt.ms, 2000);
  EXPECT_EQ(chunks[1].encoding, ChunkEncoding::kXor);
}

TEST(SeriesEncoder, OnlyTheLastChunkForgetsItsCounterReset) {
  const std::vector<EncodedChunk> chunks =
      encode_mixed_series(std::vector<AnySample>{counted(1000, 9, 18.5, {1, 1, 2}), counted(2000, 5, 1, {1, 0, 0}),
                                                 counted(3000, 3, 1, {1, -1, 0})},
                          {.chunk_range_ms = 14'400'000});
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(chunks[0].data[2], 0);
  EXPECT_EQ(chunks[1].data[2] >> 6, static_cast<int>(CounterResetHeader::kReset));
  EXPECT_EQ(chunks[2].data[2], 0);
}

}  // namespace
}  // namespace promfill
