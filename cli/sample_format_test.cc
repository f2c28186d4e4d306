// Exact text of values and times in each format; what can't be expressed is counted or an error.
#include "sample_format.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace promfill::cli {
namespace {

Labels labels(std::vector<Label> pairs) {
  auto made = Labels::create(std::move(pairs));
  EXPECT_TRUE(made);
  return made ? *std::move(made) : Labels();
}

/// The lines of one sample of series `m`.
std::string line(std::string_view format, Sample sample) {
  const auto writer = make_sample_format(format);
  EXPECT_TRUE(writer->begin_series(labels({{"__name__", "m"}})));
  std::string out;
  writer->append({&sample, 1}, out);
  return out;
}

double from_bits(std::uint64_t bits) { return std::bit_cast<double>(bits); }

TEST(SampleFormat, NamesAreThree) {
  EXPECT_TRUE(make_sample_format("openmetrics") && make_sample_format("csv") && make_sample_format("jsonl"));
  EXPECT_EQ(make_sample_format("parquet"), nullptr);
}

TEST(SampleFormat, OpenMetricsTimesAreExactSeconds) {
  for (const auto& [ms, text] : std::vector<std::pair<std::int64_t, std::string_view>>{
           {0, "0"},
           {1, "0.001"},
           {-1, "-0.001"},
           {1000, "1"},
           {-1500, "-1.500"},
           {1583020800123, "1583020800.123"},
           {std::numeric_limits<std::int64_t>::max(), "9223372036854775.807"},
           {std::numeric_limits<std::int64_t>::min(), "-9223372036854775.808"},
       }) {
    EXPECT_EQ(line("openmetrics", {{ms}, 1}), "m 1 " + std::string(text) + "\n");
  }
}

TEST(SampleFormat, ValuesAreTheShortestThatReadBack) {
  for (const auto& [value, text] : std::vector<std::pair<double, std::string_view>>{
           {0.0, "0"},
           {-0.0, "-0"},
           {0.1, "0.1"},
           {1e21, "1e+21"},
           {5e-324, "5e-324"},
           {1.7976931348623157e308, "1.7976931348623157e+308"},
           {123456.0, "123456"},
       }) {
    EXPECT_EQ(line("csv", {{7}, value}), "m,7," + std::string(text) + "\n");
    EXPECT_EQ(line("jsonl", {{7}, value}), R"({"labels":{"__name__":"m"},"t":7,"v":)" + std::string(text) + "}\n");
  }
}

TEST(SampleFormat, JsonLinesKeepEveryBit) {
  const std::string before = R"({"labels":{"__name__":"m"},"t":0,"v":)";
  EXPECT_EQ(line("jsonl", {{0}, from_bits(kStaleNanBits)}), before + "\"stale\"}\n");
  EXPECT_EQ(line("jsonl", {{0}, from_bits(kNormalNanBits)}), before + "\"NaN\"}\n");
  EXPECT_EQ(line("jsonl", {{0}, from_bits(0x7ff8000000000000)}), before + "\"0x7ff8000000000000\"}\n");
  EXPECT_EQ(line("jsonl", {{0}, from_bits(0xfff8000000000001)}), before + "\"0xfff8000000000001\"}\n");
  EXPECT_EQ(line("jsonl", {{0}, std::numeric_limits<double>::infinity()}), before + "\"+Inf\"}\n");
  EXPECT_EQ(line("jsonl", {{0}, -std::numeric_limits<double>::infinity()}), before + "\"-Inf\"}\n");
}

TEST(SampleFormat, CountsWhatBecomesAPlainNan) {
  for (const std::string_view name : {"openmetrics", "csv", "jsonl"}) {
    const auto format = make_sample_format(name);
    ASSERT_TRUE(format->begin_series(labels({{"__name__", "m"}})));
    const std::vector<Sample> samples{{{0}, from_bits(kStaleNanBits)},
                                      {{1}, from_bits(kNormalNanBits)},
                                      {{2}, from_bits(0xfff8000000000001)},
                                      {{3}, 1}};
    std::string out;
    format->append(samples, out);
    EXPECT_EQ(format->nans_flattened(), name == "jsonl" ? 0U : 2U) << name;
  }
}

TEST(SampleFormat, CsvQuotesOnlyWhatNeedsIt) {
  const auto csv = make_sample_format("csv");
  const auto series = [&](std::vector<Label> pairs) {
    EXPECT_TRUE(csv->begin_series(labels(std::move(pairs))));
    std::string out;
    const Sample sample{{0}, 0};
    csv->append({&sample, 1}, out);
    return out;
  };
  EXPECT_EQ(series({{"__name__", "m"}}), "m,0,0\n");
  EXPECT_EQ(series({{"__name__", "m"}, {"a", "b\r\xff"}}), "\"m{a=\"\"b\r\xff\"\"}\",0,0\n");
}

TEST(SampleFormat, RefusesLabelsThatItCantExpress) {
  const Labels not_utf8 = labels({{"__name__", "m"}, {"a", "\xff"}});
  const Labels nameless = labels({{"a", "b"}});
  for (const std::string_view name : {"openmetrics", "jsonl"}) {
    const Status status = make_sample_format(name)->begin_series(not_utf8);
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code, ErrorCode::kData);
  }
  EXPECT_FALSE(make_sample_format("openmetrics")->begin_series(nameless));
  EXPECT_TRUE(make_sample_format("jsonl")->begin_series(nameless));
  EXPECT_TRUE(make_sample_format("csv")->begin_series(not_utf8));
}

}  // namespace
}  // namespace promfill::cli
