// The TOC and the frame that sections share.
#include "section/index_format.h"

#include <gtest/gtest.h>

#include "encoding/crc32c.h"

namespace promfill {
namespace {

TEST(IndexToc, RoundTrips) {
  const IndexToc toc{.symbols = 5,
                     .series = 0x32,
                     .label_indices = 1ULL << 35,
                     .label_indices_table = 4,
                     .postings = ~0ULL,
                     .postings_table = 6};
  ByteWriter bytes;
  bytes.u8(0xAA);  // what comes before is not part of the checksum
  encode_toc(toc, bytes);
  ASSERT_EQ(bytes.size(), 1 + kTocBytes);
  const auto parsed = parse_toc(bytes.view().subspan(1));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  EXPECT_EQ(*parsed, toc);
}

TEST(IndexToc, RefusesOtherSizesAndChecksums) {
  ByteWriter bytes;
  encode_toc({}, bytes);
  EXPECT_FALSE(parse_toc(bytes.view().first(kTocBytes - 1)).has_value());
  EXPECT_FALSE(parse_toc({}).has_value());
  Bytes damaged = std::move(bytes).take();
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    damaged[i] ^= 1;
    const auto parsed = parse_toc(damaged);
    ASSERT_FALSE(parsed.has_value()) << i;
    EXPECT_EQ(parsed.error().code, ErrorCode::kCorrupt);
    damaged[i] ^= 1;
  }
}

TEST(FramedContent, ReadsBetweenLengthAndChecksum) {
  ByteWriter file;
  file.u8(0);
  file.be32(3);
  file.raw(as_bytes("abc"));
  file.be32(crc32c(as_bytes("abc")));
  const auto content = framed_content(file.view(), 1, "symbols");
  ASSERT_TRUE(content.has_value()) << content.error().text();
  EXPECT_EQ(as_text(*content), "abc");

  for (const std::uint64_t offset : {0ULL, 2ULL, 8ULL, 11ULL, 12ULL, 13ULL, ~0ULL}) {
    const auto elsewhere = framed_content(file.view(), offset, "symbols");
    ASSERT_FALSE(elsewhere.has_value()) << offset;
    EXPECT_EQ(elsewhere.error().where, "byte " + std::to_string(offset));
  }
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(framed_content(file.view().first(size), 1, "symbols").has_value()) << size;
  }
}

}  // namespace
}  // namespace promfill
