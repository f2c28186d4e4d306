// Chunks as Prometheus writes them pass; each way to be damaged is told in words of its own. Bytes are the vectors of
// docs/format/chunks.md and changes to them.
#include "histogram/chunk_check.h"

#include <gtest/gtest.h>

#include <charconv>
#include <string_view>

namespace promfill {
namespace {

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (; hex.size() >= 2; hex.remove_prefix(2)) {
    std::uint8_t byte = 0;
    std::from_chars(hex.data(), hex.data() + 2, byte, 16);
    bytes.push_back(byte);
  }
  return bytes;
}

struct Good {
  ChunkEncoding encoding;
  std::string_view hex;
  std::int64_t first_ms;
  std::int64_t last_ms;
};

constexpr Good kGood[] = {
    {ChunkEncoding::kXor, "0003003ff000000000000001c25fff6c06", 0, 2},
    {ChunkEncoding::kXor2, "000300003ff000000000000001c12fffd603", 0, 2},
    {ChunkEncoding::kXor2, "000402a09c013ff0000000000000e8073cfa1425ffff5120", 10'000, 13'000},
    {ChunkEncoding::kHistogram, "000100749ca48c5e3e8c4c900ca00000000000231900", 1000, 1000},
    {ChunkEncoding::kHistogram, "00010000ee5c664ede3e920e6e6b28000000078fa264010000000000000880", 1000, 1000},
    {ChunkEncoding::kFloatHistogram,
     "000100749ca48c5e3e84022000000000000400000000000000040328000000000003ff0000000000000400000000000000040100000000000"
     "000",
     1000, 1000},
    {ChunkEncoding::kHistogramSt, "000180749ca48c5e3e8c4c900ca000000000002319740380", 1000, 1000},
};

TEST(ChunkCheck, PassesWhatPrometheusWrites) {
  for (const Good& good : kGood) {
    const Bytes chunk = from_hex(good.hex);
    const Result<ChunkEnds> ends = check_chunk(good.encoding, chunk);
    ASSERT_TRUE(ends) << good.hex << ": " << ends.error().message;
    EXPECT_EQ(ends->first.ms, good.first_ms) << good.hex;
    EXPECT_EQ(ends->last.ms, good.last_ms) << good.hex;
    const Result<Timestamp> first = first_time(good.encoding, chunk);
    ASSERT_TRUE(first) << good.hex;
    EXPECT_EQ(first->ms, good.first_ms) << good.hex;
  }
}

TEST(ChunkCheck, RefusesEveryTruncation) {
  for (const Good& good : kGood) {
    Bytes chunk = from_hex(good.hex);
    while (!chunk.empty()) {
      chunk.pop_back();
      EXPECT_FALSE(check_chunk(good.encoding, chunk)) << good.hex << " cut to " << chunk.size() << " bytes";
    }
  }
}

TEST(ChunkCheck, SaysWhatIsWrong) {
  const struct {
    ChunkEncoding encoding;
    std::string_view hex;
    std::string_view message;
  } bad[] = {
      {ChunkEncoding::kXor, "0000", "it has no samples"},
      {ChunkEncoding::kFloatHistogram, "000000", "it has no samples"},
      {ChunkEncoding::kXor, "0003003ff000000000000001c25fff6c0600", "Prometheus encodes these samples as other bytes"},
      {ChunkEncoding::kHistogram, "000100749ca48c5e3e8c4c900ca0000000000023190000",
       "Prometheus encodes these samples as other bytes"},
      {ChunkEncoding::kHistogram, "000107749ca48c5e3e8c4c900ca00000000000231900",
       "histogram chunk has impossible bytes at sample 0"},
      {static_cast<ChunkEncoding>(7), "000100", "encoding 7 is not known"},
  };
  for (const auto& chunk : bad) {
    const Result<ChunkEnds> ends = check_chunk(chunk.encoding, from_hex(chunk.hex));
    ASSERT_FALSE(ends) << chunk.hex;
    EXPECT_EQ(ends.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(ends.error().message, chunk.message);
  }
}

// A decoder reads such a chunk, whose layout has a bucket; an encoder knows none after a stale marker.
TEST(ChunkCheck, RefusesAHistogramBehindAStaleMarker) {
  const Result<ChunkEnds> ends =
      check_chunk(ChunkEncoding::kHistogram, from_hex("00020000462447ff0000000000002462c3f40000000000000031"));
  ASSERT_FALSE(ends);
  EXPECT_EQ(ends.error().message, "a histogram follows a stale marker, which begins no chunk that has others");
}

}  // namespace
}  // namespace promfill
