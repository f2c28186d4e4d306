// Postings lists as twins of bytes, and LabelPostings against a map, with dense and sparse values.
#include "index/postings.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace promfill {
namespace {

using Lists = std::vector<std::pair<SymbolPair, std::vector<SeriesRef>>>;

Lists drained(LabelPostings& postings) {
  Lists lists;
  const Status status = postings.drain([&](SymbolPair label, std::span<const SeriesRef> series) -> Status {
    lists.emplace_back(label, std::vector<SeriesRef>(series.begin(), series.end()));
    return {};
  });
  EXPECT_TRUE(status.has_value());
  return lists;
}

TEST(PostingsList, RoundTrips) {
  Bytes buffer;
  for (const std::size_t count : {0U, 1U, 2U, 1000U}) {
    std::vector<SeriesRef> series;
    for (std::size_t i = 0; i < count; ++i) series.push_back({static_cast<std::uint32_t>(4 + 3 * i)});
    const ByteView bytes = encode_postings_list(series, buffer);
    EXPECT_EQ(bytes.size(), postings_list_bytes(count));
    const auto decoded = decode_postings_list(bytes, 0, {4}, {static_cast<std::uint32_t>(4 + 3 * count)});
    ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
    EXPECT_EQ(*decoded, series);
  }
}

TEST(PostingsList, ReusesItsBufferForShorterLists) {
  Bytes buffer;
  const std::vector<SeriesRef> series{{4}, {5}, {6}};
  (void)encode_postings_list(series, buffer);
  const ByteView shorter = encode_postings_list(std::span(series).first(1), buffer);
  EXPECT_EQ(shorter.size(), postings_list_bytes(1));
  EXPECT_EQ(*decode_postings_list(shorter, 0, {0}, {10}), (std::vector<SeriesRef>{{4}}));
}

TEST(PostingsList, RefusesReferencesThatDoNotRiseOrLieOutside) {
  Bytes buffer;
  const auto decode = [&](std::vector<SeriesRef> series) {
    return decode_postings_list(encode_postings_list(series, buffer), 0, {4}, {8}).has_value();
  };
  EXPECT_TRUE(decode({{4}, {7}}));
  EXPECT_FALSE(decode({{3}, {7}}));
  EXPECT_FALSE(decode({{4}, {8}}));
  EXPECT_FALSE(decode({{5}, {5}}));
  EXPECT_FALSE(decode({{6}, {5}}));
}

TEST(LabelPostings, HasNoListsWithoutSeries) {
  LabelPostings postings(10);
  EXPECT_TRUE(drained(postings).empty());
}

TEST(LabelPostings, OrdersListsByNameThenValue) {
  LabelPostings postings(10);
  postings.add({{7}, {2}}, {4});
  postings.add({{3}, {9}}, {4});
  postings.add({{7}, {1}}, {5});
  postings.add({{3}, {9}}, {6});
  EXPECT_EQ(drained(postings), (Lists{{{{3}, {9}}, {{4}, {6}}}, {{{7}, {1}}, {{5}}}, {{{7}, {2}}, {{4}}}}));
}

TEST(LabelPostings, AgreesWithAMap) {
  for (const std::uint32_t values : {1U, 3U, 1000U, 1'000'000U}) {  // from all counted to all sorted
    SCOPED_TRACE(values);
    std::mt19937_64 random(values);
    LabelPostings postings(values);
    std::map<SymbolPair, std::vector<SeriesRef>> expected;
    for (std::uint32_t series = 1; series <= 2000; ++series) {
      for (std::uint32_t name = 0; name < std::min(values, 5U); ++name) {
        if (random() % 3 == 0) continue;
        const SymbolPair label{{name}, {static_cast<std::uint32_t>(random() % values)}};
        postings.add(label, {series});
        expected[label].push_back({series});
      }
    }
    EXPECT_EQ(drained(postings), Lists(expected.begin(), expected.end()));
  }
}

TEST(LabelPostings, StopsAtTheFirstError) {
  LabelPostings postings(10);
  postings.add({{1}, {1}}, {4});
  postings.add({{1}, {2}}, {5});
  int visits = 0;
  const Status status = postings.drain([&](SymbolPair, std::span<const SeriesRef>) -> Status {
    ++visits;
    return Error{ErrorCode::kIo, "no", "", ""};
  });
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "no");
  EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace promfill
