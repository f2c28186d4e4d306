// Goal: XOR chunks have Prometheus's bytes, and decoding gives back every bit.
// Method: vectors that Prometheus 3.14 encoded, every code border, all short series over a small alphabet, random
// series.
#include "chunk/xor_chunk.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "chunk/cut_rule.h"
#include "encoding/byte_writer.h"

namespace promfill {
namespace {

double from_bits(std::uint64_t bits) { return std::bit_cast<double>(bits); }

std::string hex(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::vector<Sample> ones_at(std::vector<std::int64_t> times) {
  std::vector<Sample> samples;
  for (const std::int64_t t : times) samples.push_back({{t}, 1.0});
  return samples;
}

struct Vector {
  std::vector<Sample> samples;
  std::string bytes;
};

// Encoded by tsdb/chunkenc of Prometheus 3.14.0.
std::vector<Vector> vectors() {
  const double stale = from_bits(kStaleNanBits);
  const double nan = from_bits(kNormalNanBits);
  constexpr std::int64_t kFar = std::int64_t{1} << 62;
  return {
      {{{{0}, 0.0}}, "0001000000000000000000"},
      {{{{1700000000000}, 1.0}}, "000180a0abfef9623ff0000000000000"},
      {{{{-1}, -0.0}}, "0001018000000000000000"},
      {ones_at({0, 15000}), "0002003ff0000000000000987500"},
      {ones_at({0, 15000, 30000}), "0003003ff0000000000000987500"},
      {{{{0}, 1}, {{1}, 2}, {{2}, 3}}, "0003003ff000000000000001c25fff6c06"},
      {{{{0}, 1}, {{1}, 1.5}, {{2}, 1.25}, {{3}, 1}}, "0004003ff000000000000001d80db02d20"},
      {{{{0}, from_bits(0)}, {{1}, from_bits(1)}, {{2}, from_bits(3)}},
       "000300000000000000000001ff08000000050000000080"},
      {{{{0}, from_bits(0)}, {{1}, from_bits(0x8000000000000001)}, {{2}, from_bits(2)}},
       "000300000000000000000001c004000000000000000a8000000000000003"},
      {{{{0}, 1}, {{1}, stale}, {{2}, 1}}, "0003003ff000000000000001c3f4000000000000002a0000000000000010"},
      {{{{0}, 1}, {{1}, nan}, {{2}, nan}}, "0003003ff000000000000001c3fc0080000000000010"},
      {{{{0}, stale}, {{1}, 1}, {{2}, 1}}, "0003007ff000000000000201c3f40000000000000020"},
      {{{{0}, 0.0}, {{1}, -0.0}, {{2}, 0.0}}, "000300000000000000000001c00d40"},
      {ones_at({-kFar, kFar, kFar + 1}),
       "0003ffffffffffffffff7f3ff0000000000000808080808080808080017c0000000000000008"},
  };
}

std::vector<Sample> decode(ByteView data) {
  std::vector<Sample> samples;
  const Status status = decode_xor_chunk(data, samples);
  EXPECT_TRUE(status) << status.error().text();
  return samples;
}

TEST(XorChunk, HasTheBytesThatPrometheusWrote) {
  for (const Vector& vector : vectors()) {
    EXPECT_EQ(hex(encode_xor_chunk(vector.samples)), vector.bytes);
  }
}

TEST(XorChunk, DecodesToTheSameBits) {
  for (const Vector& vector : vectors()) {
    EXPECT_EQ(decode(encode_xor_chunk(vector.samples)), vector.samples) << vector.bytes;
  }
}

TEST(XorChunk, WritesEveryDeltaOfDeltaCodeAsPrometheusDoes) {
  const std::vector<std::pair<std::int64_t, std::string>> tails = {{1, "400080"},
                                                                   {8192, "500000"},
                                                                   {8193, "610008"},
                                                                   {65536, "680000"},
                                                                   {65537, "70800080"},
                                                                   {524288, "74000000"},
                                                                   {524289, "780000000000400008"},
                                                                   {4095, "47ff80"},
                                                                   {4096, "480000"},
                                                                   {-1, "5fff80"},
                                                                   {-8191, "500080"},
                                                                   {-8192, "6f0000"},
                                                                   {-65535, "680008"},
                                                                   {-65536, "77800000"},
                                                                   {-524287, "74000080"},
                                                                   {-524288, "7fffffffffffc00000"},
                                                                   {-4096, "580000"},
                                                                   {-4097, "57ff80"}};
  for (const auto& [dod, tail] : tails) {
    const std::vector<Sample> samples = ones_at({0, 100'000'000, 200'000'000 + dod});
    const Bytes chunk = encode_xor_chunk(samples);
    EXPECT_EQ(hex(chunk), "0003003ff000000000000080c2d72f" + tail) << dod;
    EXPECT_EQ(decode(chunk), samples) << dod;
  }
}

// Every series of up to four samples over eight values and three intervals: all window decisions in all orders.
TEST(XorChunk, RoundTripsEveryShortSeriesOverASmallAlphabet) {
  const std::vector<std::uint64_t> values = {0,
                                             1,
                                             0x8000000000000000,
                                             0x8000000000000001,
                                             0x3ff0000000000000,
                                             kStaleNanBits,
                                             kNormalNanBits,
                                             0x00000000ffff0000};
  const std::vector<std::int64_t> deltas = {1, 15000, 10'000'000};
  std::vector<Sample> series(4);
  for (std::size_t v = 0; v < 8 * 8 * 8 * 8; ++v) {
    for (std::size_t d = 0; d < 27; ++d) {
      std::int64_t t = 1'700'000'000'000;
      for (std::size_t i = 0, vv = v, dd = d; i < 4; ++i, vv /= 8) {
        series[i] = {{t}, from_bits(values[vv % 8])};
        t += deltas[dd % 3];
        dd /= 3;
      }
      for (std::size_t n = 1; n <= 4; ++n) {
        const auto part = std::span<const Sample>(series).first(n);
        std::vector<Sample> back;
        ASSERT_TRUE(decode_xor_chunk(encode_xor_chunk(part), back));
        ASSERT_TRUE(std::equal(part.begin(), part.end(), back.begin(), back.end())) << v << " " << d;
      }
    }
  }
}

std::vector<Sample> random_series(std::mt19937_64& random, std::size_t n) {
  const std::uint64_t style = random() % 5;
  std::vector<Sample> samples;
  std::int64_t t = static_cast<std::int64_t>(random() % 4'000'000'000'000) - 1'000'000'000'000;
  double walk = 50;
  for (std::size_t i = 0; i < n; ++i) {
    t += style == 0 ? 15000 : 1 + static_cast<std::int64_t>(random() % (style == 1 ? 100 : 3'000'000));
    walk += static_cast<double>(random() % 21) - 10;
    const double value = style == 2 ? from_bits(random()) : style == 3 ? std::round(walk) : walk / 7;
    samples.push_back({{t}, value});
  }
  return samples;
}

TEST(XorChunk, RoundTripsRandomSeries) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 500; ++round) {
    const std::vector<Sample> samples = random_series(random, 1 + random() % 400);
    ASSERT_EQ(decode(encode_xor_chunk(samples)), samples) << "round " << round;
  }
}

TEST(XorChunk, NeverReadsPastTruncatedBytes) {
  std::mt19937_64 random(2);
  const std::vector<Sample> samples = random_series(random, 50);
  const Bytes chunk = encode_xor_chunk(samples);
  for (std::size_t n = 0; n < chunk.size(); ++n) {
    const Bytes part(chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(n));
    std::vector<Sample> out;
    const Status status = decode_xor_chunk(part, out);
    ASSERT_FALSE(status) << n;
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    EXPECT_TRUE(std::equal(out.begin(), out.end(), samples.begin())) << "what was whole is still right, " << n;
  }
}

TEST(XorChunk, SurvivesRandomBytes) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes(random() % 64);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    std::vector<Sample> out;
    const Status status = decode_xor_chunk(bytes, out);
    if (status) {
      EXPECT_EQ(out.size(), bytes.size() < 2 ? 0 : load_be16(bytes.data()));
    }
  }
}

// The appender is fed in runs of any length; the bytes must not depend on where runs end.
TEST(SeriesChunks, DoNotDependOnTheLengthOfRuns) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 50; ++round) {
    const std::vector<Sample> samples = random_series(random, 1000);
    const std::vector<EncodedChunk> chunks = encode_series_chunks(samples, 4 * 3600 * 1000);
    std::vector<Sample> back;
    for (const EncodedChunk& chunk : chunks) {
      const std::size_t from = back.size();
      ASSERT_TRUE(decode_xor_chunk(chunk.data, back));
      const auto part = std::span<const Sample>(back).subspan(from);
      EXPECT_EQ(hex(encode_xor_chunk(part)), hex(chunk.data));
      EXPECT_EQ(chunk.mint, part.front().time);
      EXPECT_EQ(chunk.maxt, part.back().time);
    }
    ASSERT_EQ(back, samples);
    // A series cut off anywhere has the same chunks up to there: closed chunks are final.
    const std::size_t n = 1 + random() % samples.size();
    const std::vector<EncodedChunk> part = encode_series_chunks(std::span(samples).first(n), 4 * 3600 * 1000);
    for (std::size_t i = 0; i + 1 < part.size(); ++i) EXPECT_EQ(hex(part[i].data), hex(chunks[i].data));
  }
}

std::vector<std::size_t> counts(const std::vector<EncodedChunk>& chunks) {
  std::vector<std::size_t> n;
  for (const EncodedChunk& chunk : chunks) n.push_back(chunk_sample_count(chunk.encoding, chunk.data).value());
  return n;
}

std::vector<Sample> every(std::int64_t step_ms, std::int64_t from_ms, std::int64_t to_ms) {
  std::vector<Sample> samples;
  for (std::int64_t t = from_ms; t < to_ms; t += step_ms) samples.push_back({{t}, 1});
  return samples;
}

// Counts seen in blocks of Prometheus 3.14 for two hours of data at constant intervals.
TEST(CutRule, CutsWhereTheHeadCuts) {
  constexpr std::int64_t kHour = 3600 * 1000;
  using Counts = std::vector<std::size_t>;
  EXPECT_EQ(counts(encode_series_chunks(every(15000, 0, 2 * kHour), 2 * kHour)), (Counts{120, 120, 120, 120}));
  EXPECT_EQ(counts(encode_series_chunks(every(60000, 0, 2 * kHour), 2 * kHour)), (Counts{120}));
  EXPECT_EQ(counts(encode_series_chunks(every(7000, 0, 2 * kHour), 2 * kHour)),
            (Counts{129, 129, 129, 129, 129, 128, 128, 128}));
  // R = 4 h: an even window predicts past its end, an odd one up to it.
  EXPECT_EQ(counts(encode_series_chunks(every(7000, 0, 2 * kHour), 4 * kHour)),
            (Counts{122, 121, 121, 121, 121, 121, 121, 121, 60}));
  EXPECT_EQ(counts(encode_series_chunks(every(7000, 2 * kHour, 4 * kHour), 4 * kHour)),
            (Counts{129, 129, 129, 129, 129, 128, 128, 128}));
}

TEST(CutRule, TruncatesTowardsZeroForNegativeTimes) {
  EXPECT_EQ(chunk_range_end(0, 100), 100);
  EXPECT_EQ(chunk_range_end(99, 100), 100);
  EXPECT_EQ(chunk_range_end(100, 100), 200);
  EXPECT_EQ(chunk_range_end(-1, 100), 100);
  EXPECT_EQ(chunk_range_end(-99, 100), 100);
  EXPECT_EQ(chunk_range_end(-100, 100), 0);
  EXPECT_EQ(chunk_range_end(-101, 100), 0);
}

TEST(CutRule, ClosesAChunkOfMoreThan1005Bytes) {
  std::mt19937_64 random(5);
  std::vector<Sample> samples;
  std::int64_t t = 0;
  for (int i = 0; i < 1000; ++i) {
    samples.push_back({{t}, from_bits(random())});
    t += i % 200 < 40 ? 600'000 : 1000;  // the rate rises after the prediction, so that only bytes can end a chunk
  }
  const std::vector<EncodedChunk> chunks = encode_series_chunks(samples, 1'000'000'000'000);
  int full = 0;
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) {
    EXPECT_LE(chunks[i].data.size(), kXorChunkBytesMax + 19);
    const Bytes& data = chunks[i].data;
    if (data.size() <= kXorChunkBytesMax) continue;
    ++full;
    // Without its last sample it would still have taken one.
    std::vector<Sample> part = decode(data);
    part.pop_back();
    EXPECT_LE(encode_xor_chunk(part).size(), kXorChunkBytesMax);
  }
  EXPECT_GT(full, 3);
}

}  // namespace
}  // namespace promfill
