// Samples are bit patterns; metric types have names, there and back.
#include "promfill/sample.h"

#include <gtest/gtest.h>

#include <cmath>

namespace promfill {
namespace {

TEST(Sample, EqualityIsThatOfBits) {
  const auto sample = [](std::uint64_t bits) { return Sample{.time = {5}, .value = std::bit_cast<double>(bits)}; };
  EXPECT_EQ(sample(kStaleNanBits), sample(kStaleNanBits));
  EXPECT_FALSE(sample(kStaleNanBits) == sample(kNormalNanBits));
  EXPECT_FALSE((Sample{.time = {5}, .value = 0.0} == Sample{.time = {5}, .value = -0.0}));
  EXPECT_FALSE((Sample{.time = {5}, .value = 1.0} == Sample{.time = {6}, .value = 1.0}));
}

TEST(Sample, KeepsNanPayloads) {
  for (const std::uint64_t bits : {kStaleNanBits, kNormalNanBits, std::uint64_t{0xfff8000000000abc}}) {
    const Sample sample{.time = {}, .value = std::bit_cast<double>(bits)};
    EXPECT_TRUE(std::isnan(sample.value));
    EXPECT_EQ(sample.bits(), bits);
  }
}

TEST(MetricType, NamesGoThereAndBack) {
  for (int i = 0; i <= static_cast<int>(MetricType::kUntyped); ++i) {
    const auto type = static_cast<MetricType>(i);
    EXPECT_EQ(parse_metric_type(to_string(type)), type);
  }
  EXPECT_EQ(to_string(MetricType::kGauge), "gauge");
  EXPECT_EQ(to_string(MetricType::kNativeHistogram), "native_histogram");
  EXPECT_EQ(to_string(MetricType::kUntyped), "untyped");
}

TEST(MetricType, OtherWordsAreNone) {
  for (const char* text : {"", "Gauge", "gauge ", "unknown", "-"}) EXPECT_EQ(parse_metric_type(text), std::nullopt);
}

}  // namespace
}  // namespace promfill
