// Goal: whatever pieces a series lies in, its chunks are those of all samples sorted, with one value for each time.
// Method: random pieces in generations, as shards and runs make them, against sorting everything offered.
#include "merge/series_merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <random>

#include "chunk/xor_chunk.h"

namespace promfill {
namespace {

constexpr std::int64_t kRangeMs = 4 * 3600 * 1000;

/// Pieces and all that was offered in them, in order of offers.
struct Offers {
  std::vector<EncodedChunk> chunks;
  std::vector<std::pair<ChunkRole, std::uint32_t>> kinds;  // role, generation
  std::vector<Sample> samples;

  /// In-order samples as the appender makes them: final chunks and an open one.
  void append(const std::vector<Sample>& rising, std::uint32_t generation) {
    std::vector<EncodedChunk> cut = encode_series_chunks(rising, kRangeMs);
    for (std::size_t i = 0; i < cut.size(); ++i) {
      add(std::move(cut[i]), i + 1 < cut.size() ? ChunkRole::kFinal : ChunkRole::kOpen, generation);
    }
    samples.insert(samples.end(), rising.begin(), rising.end());
  }
  /// Samples by time, equal times in order of offers: a chunk ends before each equal time.
  void add_late(const std::vector<Sample>& sorted, std::uint32_t generation) {
    for (std::size_t begin = 0; begin < sorted.size();) {
      std::size_t end = begin + 1;
      while (end < sorted.size() && sorted[end].time > sorted[end - 1].time && end - begin < 100) ++end;
      const std::span<const Sample> chunk(sorted.data() + begin, end - begin);
      add({ChunkEncoding::kXor, chunk.front().time, chunk.back().time, encode_xor_chunk(chunk)}, ChunkRole::kLate,
          generation);
      begin = end;
    }
    samples.insert(samples.end(), sorted.begin(), sorted.end());
  }
  [[nodiscard]] std::vector<SeriesPiece> pieces() const {
    std::vector<SeriesPiece> all;
    for (std::size_t i = 0; i < chunks.size(); ++i) all.push_back({chunks[i].view(), kinds[i].first, kinds[i].second});
    return all;
  }

 private:
  void add(EncodedChunk chunk, ChunkRole role, std::uint32_t generation) {
    chunks.push_back(std::move(chunk));
    kinds.emplace_back(role, generation);
  }
};

std::vector<Bytes> reference(std::vector<Sample> samples, DuplicatePolicy policy, DuplicateTally& tally) {
  std::map<std::int64_t, std::vector<double>> by_time;
  for (const Sample& sample : samples) by_time[sample.time.ms].push_back(sample.value);
  samples.clear();
  for (const auto& [t, offered] : by_time) {
    samples.push_back({{t}, resolve_duplicates({t}, offered, policy, tally).value()});
  }
  std::vector<Bytes> chunks;
  for (EncodedChunk& chunk : encode_series_chunks(samples, kRangeMs)) chunks.push_back(std::move(chunk.data));
  return chunks;
}

std::vector<Bytes> bytes_of(std::span<const ChunkView> views) {
  std::vector<Bytes> chunks;
  for (const ChunkView& view : views) chunks.emplace_back(view.data.begin(), view.data.end());
  return chunks;
}

std::vector<Sample> random_samples(std::mt19937_64& random, std::size_t n, std::int64_t from_ms, bool equal_times) {
  std::vector<Sample> samples;
  std::int64_t t = from_ms;
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0 && !(equal_times && random() % 3 == 0)) t += 1000 * static_cast<std::int64_t>(1 + random() % 9);
    samples.push_back({{t}, static_cast<double>(random() % 4)});
  }
  return samples;
}

TEST(SeriesMerge, MakesTheChunksOfEverythingSorted) {
  constexpr DuplicatePolicy kPolicies[] = {DuplicatePolicy::kKeepLast, DuplicatePolicy::kKeepFirst,
                                           DuplicatePolicy::kMin, DuplicatePolicy::kMax, DuplicatePolicy::kSum};
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    std::mt19937_64 random(seed);
    const DuplicatePolicy policy = kPolicies[seed % std::size(kPolicies)];
    Offers offers;
    std::int64_t from_ms = 0;
    for (std::uint32_t generation = 0; generation < 1 + seed % 4; ++generation) {
      const std::vector<Sample> rising = random_samples(random, random() % 500, from_ms, false);
      if (!rising.empty()) offers.append(rising, generation);
      for (auto late = random() % 3; late > 0; --late) {
        const auto at = static_cast<std::int64_t>(random() % 2'000'000) / 1000 * 1000;
        offers.add_late(random_samples(random, 1 + random() % 30, at, true), generation);
      }
      if (random() % 2 == 0 && !rising.empty()) from_ms = rising.back().time.ms + 5000;  // the next goes on after it
    }
    if (offers.chunks.empty()) continue;
    DuplicateTally expected_tally;
    const std::vector<Bytes> expected = reference(offers.samples, policy, expected_tally);
    std::vector<SeriesPiece> pieces = offers.pieces();
    WindowTally tally;
    SeriesMerge merge({.encoding = {.chunk_range_ms = kRangeMs}, .on_duplicate = policy});
    const auto merged = merge.merge(pieces, tally);
    ASSERT_TRUE(merged) << merged.error().text();
    ASSERT_EQ(bytes_of(*merged), expected) << "seed " << seed;
    ASSERT_EQ(tally.duplicates.merged, expected_tally.merged) << "seed " << seed;
    ASSERT_EQ(tally.duplicates.conflicting, expected_tally.conflicting) << "seed " << seed;
  }
}

// Late chunks are written among the closed ones, but were offered after the open one of their time.
TEST(SeriesMerge, TakesLateSamplesAsOfferedLast) {
  Offers offers;
  offers.append({{{1000}, 1}, {{2000}, 2}}, 0);
  offers.add_late({{{1000}, 10}, {{1000}, 11}}, 0);
  for (const auto& [policy, kept] : {std::pair(DuplicatePolicy::kKeepLast, 11.0), {DuplicatePolicy::kKeepFirst, 1.0}}) {
    std::vector<SeriesPiece> pieces = offers.pieces();
    std::rotate(pieces.begin(), pieces.begin() + 1, pieces.end());  // late ones first, as memory holds them
    WindowTally tally;
    SeriesMerge merge({.encoding = {.chunk_range_ms = kRangeMs}, .on_duplicate = policy});
    const auto merged = merge.merge(pieces, tally);
    ASSERT_TRUE(merged);
    std::vector<Sample> samples;
    for (const ChunkView& view : *merged) ASSERT_TRUE(decode_xor_chunk(view.data, samples));
    ASSERT_EQ(samples.size(), 2U);
    EXPECT_EQ(samples[0].value, kept);
    EXPECT_EQ(tally.duplicates.conflicting, 2U);
  }
}

TEST(SeriesMerge, PassesOnWhatIsFinal) {
  std::mt19937_64 random(5);
  Offers offers;
  const std::vector<Sample> samples = random_samples(random, 1000, 0, false);
  offers.append(samples, 0);
  const std::size_t chunks = offers.chunks.size();
  ASSERT_GT(chunks, 5U);
  SeriesMerge merge({.encoding = {.chunk_range_ms = kRangeMs}, .on_duplicate = DuplicatePolicy::kKeepLast});
  WindowTally tally;
  std::vector<SeriesPiece> pieces = offers.pieces();
  auto merged = merge.merge(pieces, tally);
  ASSERT_TRUE(merged);
  ASSERT_EQ(merged->size(), chunks);
  for (std::size_t i = 0; i < chunks; ++i) EXPECT_EQ((*merged)[i].data.data(), offers.chunks[i].data.data());

  // A sample in the gap behind the third chunk may belong into it: two chunks keep their bytes.
  offers.add_late({{{offers.chunks[2].maxt.ms + 1}, 5}}, 0);
  pieces = offers.pieces();
  merged = merge.merge(pieces, tally);
  ASSERT_TRUE(merged);
  for (std::size_t i = 0; i < chunks; ++i) {
    EXPECT_EQ((*merged)[i].data.data() == offers.chunks[i].data.data(), i < 2) << i;
  }
  WindowTally unused;
  EXPECT_EQ(bytes_of(*merged), reference(offers.samples, DuplicatePolicy::kKeepLast, unused.duplicates));
}

// A run may end with a chunk that was not full: what the next generation appended would have gone into it.
TEST(SeriesMerge, GoesOnInAnOpenChunk) {
  std::mt19937_64 random(6);
  const std::vector<Sample> samples = random_samples(random, 400, 0, false);
  for (const std::ptrdiff_t cut : {1, 29, 30, 31, 119, 120, 121, 250, 399}) {
    Offers offers;
    offers.append({samples.begin(), samples.begin() + cut}, 0);
    offers.append({samples.begin() + cut, samples.end()}, 1);
    std::vector<SeriesPiece> pieces = offers.pieces();
    WindowTally tally;
    SeriesMerge merge({.encoding = {.chunk_range_ms = kRangeMs}, .on_duplicate = DuplicatePolicy::kFail});
    const auto merged = merge.merge(pieces, tally);
    ASSERT_TRUE(merged);
    EXPECT_EQ(bytes_of(*merged), reference(samples, DuplicatePolicy::kFail, tally.duplicates)) << cut;
  }
}

TEST(SeriesMerge, RefusesConflictsUnderFail) {
  Offers offers;
  offers.append({{{1000}, 1}, {{2000}, 2}}, 0);
  offers.add_late({{{1000}, 1}}, 0);
  SeriesMerge merge({.encoding = {.chunk_range_ms = kRangeMs}, .on_duplicate = DuplicatePolicy::kFail});
  WindowTally tally;
  std::vector<SeriesPiece> pieces = offers.pieces();
  EXPECT_TRUE(merge.merge(pieces, tally)) << "the same value twice is no conflict";
  offers.append({{{2000}, 3}}, 1);
  pieces = offers.pieces();
  const auto merged = merge.merge(pieces, tally);
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, ErrorCode::kData);
  EXPECT_NE(merged.error().where.find("00:00:02"), std::string::npos) << merged.error().text();
}

TEST(SeriesMerge, ReportsAChunkThatDoesNotDecode) {
  Offers offers;
  offers.append({{{1000}, 1}, {{2000}, 2}}, 0);
  offers.add_late({{{1500}, 1}}, 0);
  offers.chunks[0].data.resize(4);
  std::vector<SeriesPiece> pieces = offers.pieces();
  WindowTally tally;
  SeriesMerge merge({.encoding = {.chunk_range_ms = kRangeMs}, .on_duplicate = DuplicatePolicy::kKeepLast});
  const auto merged = merge.merge(pieces, tally);
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace promfill
