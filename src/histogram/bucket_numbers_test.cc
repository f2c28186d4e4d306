// Goal: spans in every notation are the same numbers, and two sets of buckets are joined without losing one.
#include "histogram/bucket_numbers.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

using Numbers = std::vector<std::int64_t>;
using Spans = std::vector<HistogramSpan>;

TEST(BucketNumbers, CountFromTheEndOfTheSpanBefore) {
  EXPECT_EQ(bucket_numbers(Spans{{-2, 2}, {1, 1}, {0, 2}}), (Numbers{-2, -1, 1, 2, 3}));
  EXPECT_EQ(bucket_numbers(Spans{{5, 0}, {2, 1}}), (Numbers{7})) << "an empty span moves the place";
  EXPECT_EQ(count_buckets(Spans{{-2, 2}, {1, 0}, {0, 2}}), 4U);
}

TEST(BucketNumbers, HaveOneFormAsSpans) {
  EXPECT_EQ(spans_of(Numbers{-2, -1, 1, 2, 3}), (Spans{{-2, 2}, {1, 3}}));
  EXPECT_EQ(spans_of(Numbers{}), Spans{});
  EXPECT_EQ(spans_of(Numbers{0}), (Spans{{0, 1}}));
}

TEST(BucketChange, JoinsBothSets) {
  const BucketChange change(Spans{{0, 3}}, Spans{{1, 1}, {1, 2}});
  EXPECT_EQ(change.all, (Numbers{0, 1, 2, 3, 4}));
  EXPECT_EQ(change.old_place, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(change.new_place, (std::vector<std::uint32_t>{1, 3, 4}));
  EXPECT_TRUE(change.appear());
  EXPECT_TRUE(change.vanish());
  const BucketChange same(Spans{{0, 2}, {0, 1}}, Spans{{0, 3}});
  EXPECT_FALSE(same.appear() || same.vanish());
}

TEST(SpreadBuckets, PutsCountsAtTheirPlaces) {
  const std::vector<std::uint32_t> places{1, 3};
  // Counts 5 and 2, as differences before and after.
  EXPECT_EQ(spread_buckets(Numbers{5, -3}, places, 5), (Numbers{0, 5, -5, 2, -2}));
  EXPECT_EQ(spread_buckets(std::vector<double>{5, 2}, places, 5), (std::vector<double>{0, 5, 0, 2, 0}));
}

}  // namespace
}  // namespace promfill
