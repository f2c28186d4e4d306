// Goal: every histogram that Prometheus refuses is refused with its reason, and notations of one distribution are
// equal.
#include "promfill/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace promfill {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

Histogram good() {
  Histogram h;
  h.layout = {.schema = 2, .zero_threshold = 0.001, .positive_spans = {{0, 2}, {1, 1}}, .negative_spans = {{-3, 1}}};
  h.zero_count = 1;
  h.positive = {2, 1, -1};  // 2, 3, 2
  h.negative = {4};
  h.count = 12;
  h.sum = 7.5;
  return h;
}

Histogram with_bounds() {
  Histogram h;
  h.layout = {.schema = kCustomBoundsSchema, .positive_spans = {{0, 3}}, .custom_bounds = {0.5, 1}};
  h.positive = {1, 0, 0};
  h.count = 3;
  return h;
}

TEST(Histogram, ThatAddsUpIsTaken) {
  EXPECT_TRUE(validate(good())) << validate(good()).error().text();
  EXPECT_TRUE(validate(with_bounds())) << validate(with_bounds()).error().text();
  Histogram with_nans = good();
  with_nans.count += 5;  // observations of NaN are in no bucket
  with_nans.sum = kNan;
  EXPECT_TRUE(validate(with_nans));
  Histogram stale;
  stale.layout.schema = 99;
  stale.sum = std::bit_cast<double>(kStaleNanBits);
  EXPECT_TRUE(validate(stale)) << "nothing but the sum counts";
}

TEST(Histogram, EveryMistakeHasItsReason) {
  struct Case {
    std::function<void(Histogram&)> change;
    bool bounds;
    const char* words;
  };
  const std::vector<Case> cases{
      {[](Histogram& h) { h.layout.schema = 9; }, false, "the schema 9"},
      {[](Histogram& h) { h.layout.schema = -5; }, false, "the schema -5"},
      {[](Histogram& h) { h.layout.positive_spans[1].offset = -1; }, false, "positive span 2 has the offset -1"},
      {[](Histogram& h) { h.layout.positive_spans[0].length = 3; }, false, "positive spans are for 4 buckets"},
      {[](Histogram& h) { h.negative.push_back(0); }, false, "negative spans are for 1 buckets"},
      {[](Histogram& h) { h.positive[2] = -4; }, false, "positive bucket 3 has the count -1"},
      {[](Histogram& h) { h.negative[0] = -1; }, false, "negative bucket 1 has the count -1"},
      {[](Histogram& h) { h.count = 11; }, false, "have 12 observations, the count says 11"},
      {[](Histogram& h) { h.count = 11, h.sum = kNan; }, false, "the count says 11"},
      {[](Histogram& h) { h.layout.custom_bounds = {1}; }, false, "the schema is not -53"},
      {[](Histogram& h) { h.layout.custom_bounds[1] = kNan; }, true, "bound 2 is NaN"},
      {[](Histogram& h) { h.layout.custom_bounds[1] = 0.5; }, true, "bound 2 doesn't rise"},
      {[](Histogram& h) { h.layout.custom_bounds[1] = kInfinity; }, true, "+Inf"},
      {[](Histogram& h) { h.layout.custom_bounds.pop_back(); }, true, "the spans reach bucket 3"},
      {[](Histogram& h) { h.layout.positive_spans[0].offset = -1; }, true, "goes back"},
      {[](Histogram& h) { h.zero_count = 1; }, true, "zero bucket"},
      {[](Histogram& h) { h.layout.zero_threshold = 0.1; }, true, "zero threshold"},
      {[](Histogram& h) { h.layout.negative_spans = {{0, 0}}; }, true, "negative buckets"},
  };
  for (const Case& one : cases) {
    Histogram h = one.bounds ? with_bounds() : good();
    one.change(h);
    const Status status = validate(h);
    ASSERT_FALSE(status) << one.words;
    EXPECT_NE(status.error().message.find(one.words), std::string::npos) << status.error().message;
  }
}

TEST(FloatHistogram, NeedNotAddUpButMayNotBeNegative) {
  FloatHistogram h;
  h.layout.positive_spans = {{0, 1}};
  h.positive = {0.5};
  EXPECT_TRUE(validate(h));
  h.count = -1;
  EXPECT_FALSE(validate(h));
  h.count = 1;
  h.zero_count = -0.5;
  EXPECT_FALSE(validate(h));
  h.zero_count = 0;
  h.positive = {-0.5};
  EXPECT_FALSE(validate(h));
  h.positive = {kNan};
  EXPECT_TRUE(validate(h)) << "as in Prometheus";
}

TEST(Histogram, NotationsOfOneDistributionAreEqual) {
  Histogram other = good();
  other.layout.positive_spans = {{0, 1}, {0, 1}, {0, 0}, {1, 1}};
  EXPECT_TRUE(same_distribution(good(), other));
  other.layout.positive_spans = {{0, 2}, {2, 1}};
  EXPECT_FALSE(same_distribution(good(), other));
  other = good();
  other.sum = -other.sum;
  EXPECT_FALSE(same_distribution(good(), other));
}

}  // namespace
}  // namespace promfill
