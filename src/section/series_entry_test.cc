// Series entries: padding, times at the ends of 64 bits, and hostile bodies behind correct checksums.
#include "section/series_entry.h"

#include <gtest/gtest.h>

#include "encoding/byte_writer.h"
#include "encoding/crc32c.h"

namespace promfill {
namespace {

constexpr std::int64_t kMin = kTimestampMin.ms;
constexpr std::int64_t kMax = kTimestampMax.ms;

Bytes encoded(std::uint64_t position, const std::vector<SymbolPair>& labels, const std::vector<ChunkMeta>& chunks) {
  SeriesEncoder encoder;
  const ByteView bytes = encoder.encode(position, labels, chunks);
  return {bytes.begin(), bytes.end()};
}

/// An entry at 0 with this body and a correct checksum.
Bytes framed(const ByteWriter& body) {
  ByteWriter entry;
  entry.uvarint(body.size());
  entry.raw(body.view());
  entry.be32(crc32c(body.view()));
  return std::move(entry).take();
}

std::string problem(const ByteWriter& body) {
  const auto entry = decode_series_entry(framed(body), 0, 10);
  return entry.has_value() ? "" : entry.error().message;
}

TEST(SeriesEntry, PadsToSixteenBytes) {
  const std::vector<SymbolPair> labels{{{1}, {2}}};
  const std::vector<ChunkMeta> chunks{{{8}, {0}, {10}}};
  const Bytes unpadded = encoded(0, labels, chunks);
  for (std::uint64_t position = 0; position < 40; ++position) {
    const std::size_t padding = static_cast<std::size_t>((16 - position % 16) % 16);
    Bytes expected(padding, 0);
    expected.insert(expected.end(), unpadded.begin(), unpadded.end());
    EXPECT_EQ(encoded(position, labels, chunks), expected) << position;
  }
}

TEST(SeriesEntry, RoundTripsTimesOfAllOf64Bits) {
  const std::vector<SymbolPair> labels{{{1}, {9}}, {{2}, {8}}};
  const std::vector<std::vector<ChunkMeta>> cases{
      {{{0}, {0}, {0}}},
      {{{8}, {kMin}, {kMin}}},
      {{{8}, {kMax}, {kMax}}},
      {{{8}, {kMin}, {kMax}}},
      {{{8}, {kMin}, {kMin}}, {{9}, {kMax}, {kMax}}},
      {{{8}, {-5}, {-1}}, {{8}, {0}, {0}}, {{9}, {1}, {kMax}}},
      {{{0}, {0}, {0}}, {{~0ULL}, {1}, {1}}},
      {{ChunkRef::at(0, 0xFFFFFFFF), {0}, {0}}, {ChunkRef::at(1, 8), {1}, {2}}},
  };
  for (const auto& chunks : cases) {
    const Bytes bytes = encoded(0, labels, chunks);
    const auto entry = decode_series_entry(bytes, 0, 10);
    ASSERT_TRUE(entry.has_value()) << entry.error().text();
    EXPECT_EQ(entry->labels, labels);
    EXPECT_EQ(entry->chunks, chunks);
    EXPECT_EQ(entry->bytes, bytes.size());
  }
}

TEST(SeriesEntry, GrowsForManyChunks) {
  SeriesEncoder encoder;
  for (const std::size_t count : {1U, 10'000U, 3U}) {
    std::vector<ChunkMeta> chunks;
    for (std::size_t i = 0; i < count; ++i) {
      const auto time = static_cast<std::int64_t>(i) * 10;
      chunks.push_back({{8 + i}, {time}, {time + 9}});
    }
    const std::vector<SymbolPair> labels{{{1}, {2}}};
    const auto entry = decode_series_entry(encoder.encode(0, labels, chunks), 0, 3);
    ASSERT_TRUE(entry.has_value()) << entry.error().text();
    EXPECT_EQ(entry->chunks, chunks);
  }
}

TEST(SeriesEntry, RefusesCountsThatExceedIt) {
  for (const std::uint64_t count : {1ULL, 1000ULL, 1ULL << 40, ~0ULL}) {
    ByteWriter labels;
    labels.uvarint(count);
    EXPECT_EQ(problem(labels), "read series: number of labels exceeds the entry") << count;
    ByteWriter chunks;
    chunks.uvarint(0);
    chunks.uvarint(count);
    EXPECT_EQ(problem(chunks), "read series: number of chunks exceeds the entry") << count;
  }
}

TEST(SeriesEntry, RefusesSymbolsThatAreNotThere) {
  for (const std::uint64_t symbol : {9ULL, 10ULL, 1ULL << 32, ~0ULL}) {
    for (const bool as_name : {true, false}) {
      ByteWriter body;
      body.uvarint(1);
      body.uvarint(as_name ? symbol : 1);
      body.uvarint(as_name ? 1 : symbol);
      body.uvarint(0);
      EXPECT_EQ(problem(body), symbol == 9 ? "" : "read series: a label's symbol is not in the symbol table");
    }
  }
}

TEST(SeriesEntry, RefusesTimesBeyond64Bits) {
  const auto body_of = [](std::int64_t mint, std::uint64_t length, std::optional<std::uint64_t> gap) {
    ByteWriter body;
    body.uvarint(0);
    body.uvarint(gap ? 2 : 1);
    body.varint(mint);
    body.uvarint(length);
    body.uvarint(8);
    if (gap) {
      body.uvarint(*gap);
      body.uvarint(0);
      body.varint(0);
    }
    return body;
  };
  const std::string beyond = "read series: a chunk's time exceeds 64 bits";
  EXPECT_EQ(problem(body_of(kMax, 0, std::nullopt)), "");
  EXPECT_EQ(problem(body_of(kMax, 1, std::nullopt)), beyond);
  EXPECT_EQ(problem(body_of(kMin, ~0ULL, std::nullopt)), "");
  EXPECT_EQ(problem(body_of(kMin + 1, ~0ULL, std::nullopt)), beyond);
  EXPECT_EQ(problem(body_of(kMax - 1, 0, 1)), "");
  EXPECT_EQ(problem(body_of(kMax - 1, 0, 2)), beyond);
}

TEST(SeriesEntry, RefusesBytesLeftOver) {
  ByteWriter body;
  body.uvarint(0);
  body.uvarint(0);
  EXPECT_EQ(problem(body), "");
  body.u8(0);
  EXPECT_EQ(problem(body), "read series: bytes are left over after the last chunk");
}

TEST(SeriesEntry, RefusesEveryTruncation) {
  const Bytes whole = encoded(0, {{{1}, {2}}}, {{{8}, {0}, {10}}, {{20}, {30}, {40}}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_series_entry(ByteView(whole).first(size), 0, 10).has_value()) << size;
  }
  EXPECT_FALSE(decode_series_entry(whole, whole.size(), 10).has_value());
  EXPECT_FALSE(decode_series_entry(whole, ~0ULL, 10).has_value());
}

}  // namespace
}  // namespace promfill
