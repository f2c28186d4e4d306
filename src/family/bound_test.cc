// Goal: labels le and quantile are those that Prometheus 3 stores. Method: values beside those of Go's
// strconv.FormatFloat(f, 'g', -1, 64) at the borders between its two forms, and texts that are no numbers.
#include "family/bound.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace promfill {
namespace {

TEST(Bound, IsWrittenAsPrometheusDoes) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::pair<double, const char*> cases[] = {
      {0, "0.0"},
      {1, "1.0"},
      {-1, "-1.0"},
      {0.25, "0.25"},
      {10, "10.0"},
      {0.1, "0.1"},
      {999999, "999999.0"},
      {1e6, "1e+06"},
      {1234567, "1.234567e+06"},
      {0.0001, "0.0001"},
      {0.00001, "1e-05"},
      {0.000099, "9.9e-05"},
      {inf, "+Inf"},
      {-inf, "-Inf"},
      {1e300, "1e+300"},
      {2.5e-9, "2.5e-09"},
      {999999.5, "999999.5"},
      {0.30000000000000004, "0.30000000000000004"},
  };
  for (const auto& [bound, text] : cases) EXPECT_EQ(bound_text(bound), text);
}

TEST(Bound, IsReadInAnyForm) {
  for (const char* one : {"1", "1.0", "+1", "1e0", "1.", "0.1e1", "10e-1"}) EXPECT_EQ(parse_bound(one), 1.0) << one;
  for (const char* inf : {"+Inf", "inf", "Inf", "+inf", "INF", "Infinity"}) {
    ASSERT_TRUE(parse_bound(inf)) << inf;
    EXPECT_TRUE(std::isinf(*parse_bound(inf))) << inf;
  }
  EXPECT_EQ(bound_text(*parse_bound("-0")), "0.0");
  EXPECT_EQ(bound_text(*parse_bound("-0.5")), "-0.5");
}

TEST(Bound, IsNoOtherText) {
  for (const char* text : {"", "NaN", "nan", "+", "+-1", "++1", "1 ", " 1", "1,5", "0x10", "le", "1e"}) {
    EXPECT_FALSE(parse_bound(text)) << text;
  }
}

}  // namespace
}  // namespace promfill
