// Goal: XOR2 chunks have Prometheus's bytes, with start times and without, and decoding gives back every bit.
// Method: vectors that Prometheus 3.14 encoded; the encode loop held against the writer that goes by the format's
// words; damage. What the cut rule makes of it is held against Prometheus in tests/differential.
#include "chunk/xor2_chunk.h"

#include <gtest/gtest.h>

#include <random>

#include "chunk/xor2_codec.h"
#include "chunk/xor_chunk.h"

namespace promfill {
namespace {

double from_bits(std::uint64_t bits) { return std::bit_cast<double>(bits); }
const double kStale = std::bit_cast<double>(kStaleNanBits);

std::string hex(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::vector<StartedSample> without_starts(const std::vector<Sample>& samples) {
  std::vector<StartedSample> made;
  for (const Sample& sample : samples) made.push_back({sample, {}});
  return made;
}

std::vector<Sample> ones_at(const std::vector<std::int64_t>& times) {
  std::vector<Sample> samples;
  for (const std::int64_t t : times) samples.push_back({{t}, 1.0});
  return samples;
}

std::vector<StartedSample> decode(ByteView data) {
  std::vector<StartedSample> samples;
  Xor2ChunkDecoder decoder(data);
  for (StartedSample sample; decoder.next(sample);) samples.push_back(sample);
  EXPECT_TRUE(decoder.status()) << decoder.status().error().text();
  return samples;
}

struct Vector {
  std::vector<Sample> samples;
  std::string bytes;
};

// Encoded by tsdb/chunkenc of Prometheus 3.14.0.
std::vector<Vector> vectors() {
  const double nan = from_bits(kNormalNanBits);
  constexpr std::int64_t kFar = std::int64_t{1} << 62;
  return {
      {{{{0}, 0.0}}, "000100000000000000000000"},
      {{{{1700000000000}, 1.0}}, "00010080a0abfef9623ff0000000000000"},
      {{{{-1}, -0.0}}, "000100018000000000000000"},
      {ones_at({0, 15000}), "000200003ff0000000000000987500"},
      {ones_at({0, 15000, 30000}), "000300003ff0000000000000987500"},
      {{{{0}, 1}, {{1}, 2}, {{2}, 3}}, "000300003ff000000000000001c12fffd603"},
      {{{{0}, 1}, {{1}, 1.5}, {{2}, 1.25}, {{3}, 1}}, "000400003ff000000000000001cc07581710"},
      {{{{0}, from_bits(0)}, {{1}, from_bits(1)}, {{2}, from_bits(3)}},
       "00030000000000000000000001df84000000030000000040"},
      {{{{0}, from_bits(0)}, {{1}, from_bits(0x8000000000000001)}, {{2}, from_bits(2)}},
       "00030000000000000000000001c0020000000000000006400000000000000180"},
      {{{{0}, 1}, {{1}, kStale}, {{2}, 1}}, "000300003ff000000000000001e0"},
      {{{{0}, 1}, {{1}, nan}, {{2}, nan}}, "000300003ff000000000000001c1fe0040000000000008"},
      {{{{0}, kStale}, {{1}, 1}, {{2}, 1}}, "000300007ff000000000000201c22bff00"},
      {{{{0}, 0.0}, {{1}, -0.0}, {{2}, 0.0}}, "00030000000000000000000001c00720"},
      {ones_at({-kFar, kFar, kFar + 1}),
       "000300ffffffffffffffff7f3ff0000000000000808080808080808080017a0000000000000004"},
  };
}

TEST(Xor2Chunk, HasTheBytesThatPrometheusWrote) {
  for (const Vector& vector : vectors()) {
    const Bytes chunk = encode_xor2_chunk(without_starts(vector.samples));
    EXPECT_EQ(hex(chunk), vector.bytes);
    EXPECT_EQ(decode(chunk), without_starts(vector.samples)) << vector.bytes;
  }
}

TEST(Xor2Chunk, WritesEveryDeltaOfDeltaCodeAsPrometheusDoes) {
  const std::vector<std::pair<std::int64_t, std::string>> tails = {
      {1, "600080"},         {8192, "70100000"},   {8193, "70100080"},
      {65536, "70800000"},   {65537, "70800080"},  {524288, "780000000000200000"},
      {4095, "67ff80"},      {4096, "70080000"},   {-1, "6fff80"},
      {-8191, "77f00080"},   {-65536, "77800000"}, {-524287, "74000080"},
      {-524288, "74000000"}, {-4096, "680000"},    {-4097, "77f7ff80"}};
  for (const auto& [dod, tail] : tails) {
    const auto samples = without_starts(ones_at({0, 100'000'000, 200'000'000 + dod}));
    const Bytes chunk = encode_xor2_chunk(samples);
    EXPECT_EQ(hex(chunk), "000300003ff000000000000080c2d72f" + tail) << dod;
    EXPECT_EQ(decode(chunk), samples) << dod;
  }
}

TEST(Xor2Chunk, CarriesStartTimes) {
  const auto at = [](std::int64_t t, std::int64_t start, double value = 1) {
    return StartedSample{{{t}, value}, {start}};
  };
  const std::vector<std::pair<std::vector<StartedSample>, std::string>> cases = {
      {{at(10000, 9000), at(11000, 9000), at(12000, 9000)}, "000380a09c013ff0000000000000d00fe80700"},
      {{at(10000, 0), at(11000, 9000), at(12000, 9000)}, "000301a09c013ff0000000000000e80778fa1e3e80"},
      {{at(10000, 0), at(11000, 0), at(12000, 9000), at(13000, 11500, 2)},
       "000402a09c013ff0000000000000e8073cfa1425ffff5120"},
  };
  for (const auto& [samples, bytes] : cases) {
    const Bytes chunk = encode_xor2_chunk(samples);
    EXPECT_EQ(hex(chunk), bytes);
    EXPECT_EQ(decode(chunk), samples);
  }
}

TEST(Xor2Chunk, HasFieldsForStartTimesFromSample127On) {
  const std::vector<std::pair<std::size_t, std::size_t>> lengths = {{127, 35}, {128, 43}, {129, 46}, {130, 50}};
  for (const auto& [count, bytes] : lengths) {
    std::vector<StartedSample> samples;
    for (std::size_t i = 0; i < count; ++i)
      samples.push_back({{{1'700'000'000'000 + 15'000 * static_cast<std::int64_t>(i)}, 1}, {}});
    const Bytes chunk = encode_xor2_chunk(samples);
    EXPECT_EQ(chunk.size(), bytes);
    EXPECT_EQ(decode(chunk), samples);
  }
}

TEST(Xor2Chunk, TheEncodeLoopWritesTheSame) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<Sample> samples;
    std::int64_t t = static_cast<std::int64_t>(random() % 4'000'000'000'000) - 1'000'000'000'000;
    const std::int64_t step = std::array{1, 1000, 15'000, 600'000}[random() % 4];
    double value = 0;
    for (std::size_t i = 0; i < 400; ++i) {
      switch (random() % 8) {
        case 0:
          value = from_bits(random());
          break;
        case 1:
          value = kStale;
          break;
        case 2:
          value = static_cast<double>(random() % 100);
          break;
        default:
          break;
      }
      samples.push_back({{t}, value});
      t += random() % 10 == 0 ? static_cast<std::int64_t>(1 + random() % (std::uint64_t{1} << (1 + random() % 40)))
                              : step;
    }
    std::size_t at = 0;
    for (const EncodedChunk& chunk : encode_series_chunks(samples, 14'400'000, ChunkEncoding::kXor2)) {
      const std::vector<StartedSample> read = decode(chunk.data);
      ASSERT_LE(at + read.size(), samples.size());
      for (const StartedSample& one : read) EXPECT_EQ(one.sample, samples[at++]);
      EXPECT_EQ(hex(encode_xor2_chunk(read)), hex(chunk.data));
      EXPECT_EQ(chunk.mint, read.front().sample.time);
      EXPECT_EQ(chunk.maxt, read.back().sample.time);
    }
    EXPECT_EQ(at, samples.size());
  }
}

TEST(Xor2Chunk, TheEncodeLoopWritesStartFieldsOfEveryLength) {
  std::vector<std::int64_t> steps{1};
  for (unsigned bit = 1; bit < 44; ++bit) {
    for (const std::int64_t beside : {-1, 0, 1}) steps.push_back((std::int64_t{1} << bit) + beside);
  }
  for (const std::int64_t step : steps) {
    // Time 0 is before the first field, the longest fields, and before a further one.
    for (const std::int64_t first : {-126 * step, std::int64_t{1'700'000'000'000}, -200 * step}) {
      std::vector<Sample> samples;
      for (std::int64_t i = 0; i < 300; ++i) {
        samples.push_back({{first + i * step + (i > 140 && step > 2 ? i % 3 : 0)}, static_cast<double>(i / 5)});
      }
      std::size_t at = 0;
      for (const EncodedChunk& chunk : encode_series_chunks(samples, std::int64_t{1} << 60, ChunkEncoding::kXor2)) {
        const std::vector<StartedSample> read = decode(chunk.data);
        for (const StartedSample& one : read) ASSERT_EQ(one.sample, samples[at++]) << step;
        ASSERT_EQ(hex(encode_xor2_chunk(read)), hex(chunk.data)) << step;
      }
      EXPECT_EQ(at, samples.size());
    }
  }
}

TEST(Xor2Chunk, FindsDamageAndNeverReadsPastTheEnd) {
  const Bytes chunk = encode_xor2_chunk(std::vector<StartedSample>{
      {{{1000}, 1}, {500}}, {{{2000}, 2.5}, {500}}, {{{3000}, kStale}, {600}}, {{{4500}, 3}, {700}}});
  for (std::size_t size = 0; size < chunk.size(); ++size) {
    Xor2ChunkDecoder decoder(ByteView(chunk).first(size));
    for (StartedSample sample; decoder.next(sample);) {
    }
    EXPECT_FALSE(decoder.status()) << size;
  }
  for (std::size_t bit = 0; bit < chunk.size() * 8; ++bit) {
    Bytes flipped = chunk;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(0x80 >> bit % 8);
    Xor2ChunkDecoder decoder(flipped);
    for (StartedSample sample; decoder.next(sample);) {
    }
    static_cast<void>(decoder.status());
  }
}

}  // namespace
}  // namespace promfill
