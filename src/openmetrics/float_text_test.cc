// Numbers of texts against what Go's strconv says of the same ones (values taken from Prometheus 3.14's parser).
#include "openmetrics/float_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace promfill {
namespace {

TEST(ParseFloat, TakesWhatGoTakes) {
  const struct {
    const char* text;
    double value;
  } cases[] = {{"1", 1},
               {"+1", 1},
               {".5", 0.5},
               {"5.", 5},
               {"-0", -0.0},
               {"1e3", 1000},
               {"1E+3", 1000},
               {"1e-400", 0},
               {"-1e-400", -0.0},
               {"1e-320", 1e-320},
               {"0e999999999999999999999", 0},
               {"17976931348623157e292", 1.7976931348623157e308},
               {"0.000000000000000000000000000000000000001e39", 1}};
  for (const auto& each : cases) {
    const std::optional<double> value = parse_float(each.text);
    ASSERT_TRUE(value) << each.text;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*value), std::bit_cast<std::uint64_t>(each.value)) << each.text;
  }
  for (const char* text : {"inf", "+Inf", "INFINITY", "infinity"}) {
    EXPECT_EQ(parse_float(text), std::numeric_limits<double>::infinity()) << text;
  }
  for (const char* text : {"nan", "NaN", "NAN"}) {
    ASSERT_TRUE(parse_float(text)) << text;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*parse_float(text)), 0x7ff8000000000001) << text;
  }
}

TEST(ParseFloat, RefusesWhatGoRefuses) {
  for (const char* text : {"",      "+",    "-",    ".",      "e5",    "1e",  "1e+", "1e400", "-1e400", "0x10", "0x1p4",
                           "1_000", "+nan", "-nan", "nan(1)", "infin", "--1", "1 ",  " 1",    "1.2.3",  "1f"}) {
    EXPECT_FALSE(parse_float(text)) << text;
  }
}

TEST(ParsePlainDecimal, IsExactOrLeavesItToOthers) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    std::string text = (random() % 4 == 0 ? "-" : "") + std::to_string(random() >> (random() % 64));
    if (random() % 3 != 0) text.insert(text.size() - random() % std::min<std::size_t>(text.size(), 19), ".");
    const std::string line = text + "\n";
    const char* at = line.data();
    const std::optional<double> fast = parse_plain_decimal(at);
    if (!fast) {
      EXPECT_EQ(at, line.data());
      continue;
    }
    EXPECT_EQ(at, line.data() + text.size()) << text;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*fast), std::bit_cast<std::uint64_t>(parse_float(text).value())) << text;
  }
}

TEST(NormalizedFloat, IsGosShortestWithAPoint) {
  const struct {
    const char* text;
    const char* normal;
  } cases[] = {{"1", "1.0"},
               {"1e3", "1000.0"},
               {"0.1", "0.1"},
               {"+Inf", "+Inf"},
               {"-inf", "-Inf"},
               {"nan", "NaN"},
               {"-0", "0.0"},
               {"100000", "100000.0"},
               {"1000000", "1e+06"},
               {"123456789", "1.23456789e+08"},
               {"0.0001", "0.0001"},
               {"0.00001", "1e-05"},
               {"1.5e300", "1.5e+300"},
               {"999999.5", "999999.5"},
               {"0x1p-2", "0.25"},
               {"-1", "-1.0"}};
  for (const auto& each : cases) EXPECT_EQ(normalized_float(each.text), each.normal) << each.text;
  for (const char* text : {"", "x", "1e400", "0x10"}) EXPECT_FALSE(normalized_float(text)) << text;
}

TEST(MillisecondsOf, MultipliesAndCuts) {
  EXPECT_EQ(milliseconds_of(1.001)->ms, 1000);  // the double lies below
  EXPECT_EQ(milliseconds_of(1.002)->ms, 1002);
  EXPECT_EQ(milliseconds_of(-1.5)->ms, -1500);
  EXPECT_EQ(milliseconds_of(-0.0015)->ms, -1);
  for (const double beyond : {1e30, -1e30, std::numeric_limits<double>::infinity(), std::nan("")}) {
    EXPECT_FALSE(milliseconds_of(beyond)) << beyond;
  }
}

}  // namespace
}  // namespace promfill
