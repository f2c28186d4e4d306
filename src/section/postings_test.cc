// Postings lists as twins of bytes, and LabelPostings against a map, with dense and sparse values.
#include "section/postings.h"

#include <gtest/gtest.h>

#include "encoding/byte_writer.h"
#include "encoding/crc32c.h"
#include "file/temporary_directory.h"

namespace promfill {
namespace {

/// A list's frame, written out here so that the reader is not tested by the writer alone.
Bytes list_of(const std::vector<SeriesRef>& series) {
  ByteWriter content;
  content.be32(static_cast<std::uint32_t>(series.size()));
  for (const SeriesRef ref : series) content.be32(ref.value);
  ByteWriter list;
  list.be32(static_cast<std::uint32_t>(content.size()));
  list.raw(content.view());
  list.be32(crc32c(content.view()));
  return std::move(list).take();
}

std::vector<SeriesRef> rising_series(std::size_t count) {
  std::vector<SeriesRef> series;
  for (std::size_t i = 0; i < count; ++i) series.push_back({static_cast<std::uint32_t>(4 + 3 * i)});
  return series;
}

// Longer than the writer's buffer, and around it, where a list is summed and written in parts.
TEST(PostingsWriter, WritesListsOfEveryLength) {
  const TemporaryDirectory directory;
  auto file = IndexFile::create(real_file_system(), directory.path("index"), {});
  ASSERT_TRUE(file);
  PostingsTable table(0);
  ScratchFile scratch(real_file_system(), "");
  PostingsWriter writer(*file, table, scratch);
  constexpr std::size_t kBuffered = (64 << 10) / 4;
  std::vector<std::size_t> counts{0, 1, 2, 1000, 3 * kBuffered};
  for (std::size_t count = kBuffered - 6; count < kBuffered + 6; ++count) counts.push_back(count);
  for (std::size_t i = 0; i < 10'000; ++i) counts.push_back(i % 3);  // heads and ends at every place of the buffer
  Bytes expected;
  for (std::uint32_t i = 0; i < counts.size(); ++i) {
    const std::vector<SeriesRef> series = rising_series(counts[i]);
    const Bytes list = list_of(series);
    EXPECT_EQ(list.size(), postings_list_bytes(series.size()));
    expected.insert(expected.end(), list.begin(), list.end());
    ASSERT_TRUE(writer.begin({{1}, {i}}, series.size()));
    for (const SeriesRef ref : series) writer.add(ref);
    ASSERT_TRUE(writer.end());
  }
  ASSERT_TRUE(writer.flush());
  ASSERT_TRUE(std::move(*file).finish());
  EXPECT_EQ(*read_file(real_file_system(), directory.path("index"), 1 << 24), expected);
}

TEST(PostingsWriter, RefusesAListAboveTheLimit) {
  const TemporaryDirectory directory;
  auto file = IndexFile::create(real_file_system(), directory.path("index"), {.section_bytes_max = 4 + 4 * 10});
  ASSERT_TRUE(file);
  PostingsTable table(0);
  ScratchFile scratch(real_file_system(), "");
  PostingsWriter writer(*file, table, scratch);
  EXPECT_TRUE(writer.begin({{1}, {1}}, 10));
  const Status refused = writer.begin({{1}, {2}}, 11);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_EQ(refused.error().message, "write postings: a list exceeds 44 bytes");
}

TEST(PostingsList, IsReadBack) {
  for (const std::size_t count : {0U, 1U, 2U, 1000U}) {
    const auto decoded =
        decode_postings_list(list_of(rising_series(count)), 0, {4}, {static_cast<std::uint32_t>(4 + 3 * count)});
    ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
    EXPECT_EQ(*decoded, rising_series(count));
  }
}

TEST(PostingsList, RefusesReferencesThatDoNotRiseOrLieOutside) {
  const auto decode = [&](std::vector<SeriesRef> series) {
    return decode_postings_list(list_of(series), 0, {4}, {8}).has_value();
  };
  EXPECT_TRUE(decode({{4}, {7}}));
  EXPECT_FALSE(decode({{3}, {7}}));
  EXPECT_FALSE(decode({{4}, {8}}));
  EXPECT_FALSE(decode({{5}, {5}}));
  EXPECT_FALSE(decode({{6}, {5}}));
}

}  // namespace
}  // namespace promfill
