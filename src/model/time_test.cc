// Durations against the language of Prometheus's ParseDuration, moments against known instants; both there and back.
#include "promfill/time.h"

#include <gtest/gtest.h>

#include <random>

namespace promfill {
namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

TEST(TimeRange, IsHalfOpen) {
  const TimeRange range{{100}, {200}};
  EXPECT_FALSE(range.contains({99}));
  EXPECT_TRUE(range.contains({100}));
  EXPECT_TRUE(range.contains({199}));
  EXPECT_FALSE(range.contains({200}));
  EXPECT_FALSE(range.overlaps({{200}, {300}})) << "touching is no overlap";
  EXPECT_FALSE(range.overlaps({{0}, {100}}));
  EXPECT_TRUE(range.overlaps({{199}, {300}}));
  EXPECT_TRUE(range.overlaps({{120}, {130}}));
}

TEST(TimeUnit, HasTheNamesOfTheCommandLine) {
  EXPECT_EQ(to_string(TimeUnit::kSeconds), "s");
  EXPECT_EQ(to_string(TimeUnit::kMilliseconds), "ms");
  EXPECT_EQ(to_string(TimeUnit::kMicroseconds), "us");
  EXPECT_EQ(to_string(TimeUnit::kNanoseconds), "ns");
}

TEST(Duration, ParsesEveryUnitAndPrintsItAsPrometheusDoes) {
  struct Case {
    const char* text;
    std::int64_t ms;
    const char* printed;
  };
  const Case cases[] = {
      {"1ms", 1, "1ms"},
      {"250ms", 250, "250ms"},
      {"1000ms", 1000, "1s"},
      {"1s", 1000, "1s"},
      {"90s", 90'000, "1m30s"},
      {"2h", 2 * kHour, "2h"},
      {"1h30m", 90 * 60'000, "1h30m"},
      {"15d", 15 * kDay, "15d"},
      {"1w", 7 * kDay, "1w"},
      {"8d", 8 * kDay, "8d"},
      {"90d", 90 * kDay, "90d"},
      {"1y", 365 * kDay, "1y"},
      {"1y2w3d4h5m6s7ms", 365 * kDay + 17 * kDay + 4 * kHour + 5 * 60'000 + 6'007, "382d4h5m6s7ms"},
      {"1y1w", 372 * kDay, "372d"},
      {"0y1ms", 1, "1ms"},
      {"007s", 7'000, "7s"},
      {"9223372036854ms", 9'223'372'036'854, "106751d23h47m16s854ms"},
      {"292y", 292 * 365 * kDay, "292y"},
  };
  for (const Case& c : cases) {
    const Result<Duration> parsed = parse_duration(c.text);
    ASSERT_TRUE(parsed) << c.text;
    EXPECT_EQ(parsed->ms, c.ms) << c.text;
    EXPECT_EQ(to_string(*parsed), c.printed);
    EXPECT_EQ(parse_duration(c.printed)->ms, c.ms) << "what is printed is read again";
  }
}

TEST(Duration, RefusesWhatPrometheusRefuses) {
  const char* const cases[] = {"",
                               "1",
                               "h",
                               "1.5h",
                               "-1h",
                               "+1h",
                               " 1h",
                               "1h ",
                               "1 h",
                               "1H",
                               "1min",
                               "1h1h",
                               "30m1h",
                               "1ms1s",
                               "1hm",
                               "h1",
                               "1us",
                               "1M",
                               "2x",
                               "00",
                               "293y",
                               "9223372036855ms",
                               "99999999999999999999s",
                               "1d\n",
                               "1w1y",
                               "292y200d"};
  for (const char* text : cases) {
    const Result<Duration> parsed = parse_duration(text, true);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    EXPECT_NE(parsed.error().message.find('"' + std::string(text) + '"'), std::string::npos) << "names the text";
    EXPECT_FALSE(parsed.error().hint.empty());
  }
}

TEST(Duration, ZeroOnlyWhereItIsAllowed) {
  for (const char* text : {"0", "0s", "0h0ms"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
    EXPECT_EQ(parse_duration(text, true)->ms, 0) << text;
  }
  EXPECT_EQ(to_string(Duration{0}), "0s");
}

TEST(Duration, PrintsNegativeOnesWithASign) {
  EXPECT_EQ(to_string(Duration{-2 * kHour}), "-2h");
  EXPECT_EQ(to_string(Duration{-1}), "-1ms");
  EXPECT_EQ(to_string(Duration{kTimestampMin.ms}), "-106751991167d7h12m55s808ms");
}

TEST(Timestamp, ParsesEveryForm) {
  struct Case {
    const char* text;
    std::int64_t ms;
  };
  const Case cases[] = {
      {"2020-03-01T00:00:00Z", 1'583'020'800'000},
      {"2020-03-01", 1'583'020'800'000},
      {"2020-03-01t00:00:00z", 1'583'020'800'000},
      {"2020-03-01 00:00:00Z", 1'583'020'800'000},
      {"2020-03-01T01:00:00.5+01:00", 1'583'020'800'500},
      {"2020-02-29T18:30:00-05:30", 1'583'020'800'000},
      {"2020-03-01T00:00:00.123456789Z", 1'583'020'800'123},
      {"2020-03-01T00:00:00.9999Z", 1'583'020'800'999},
      {"2020-03-01T23:59:59.999Z", 1'583'107'199'999},
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59.999Z", -1},
      {"1969-12-31T23:59:59.9995Z", -1},
      {"1600-02-29", -11'670'998'400'000},
      {"0000-01-01T00:00:00Z", -62'167'219'200'000},
      {"0000-01-01T00:00:00+00:01", -62'167'219'260'000},
      {"9999-12-31T23:59:59.999Z", 253'402'300'799'999},
      {"1583020800000", 1'583'020'800'000},
      {"-1", -1},
      {"+1", 1},
      {"0", 0},
      {"9223372036854775807", kTimestampMax.ms},
      {"-9223372036854775808", kTimestampMin.ms},
      {"1583020800.0", 1'583'020'800'000},
      {"1583020800.5", 1'583'020'800'500},
      {"1583020800.0019", 1'583'020'800'001},
      {"-0.0005", -1},
      {"-0.0010", -1},
      {"-1.5", -1500},
      {"-9223372036854775.808", kTimestampMin.ms},
      {"9223372036854775.8079", kTimestampMax.ms},
  };
  for (const Case& c : cases) {
    const Result<Timestamp> parsed = parse_timestamp(c.text);
    ASSERT_TRUE(parsed) << c.text << " " << parsed.error().text();
    EXPECT_EQ(parsed->ms, c.ms) << c.text;
  }
}

TEST(Timestamp, RefusesEverythingElse) {
  const char* const cases[] = {"",
                               "now",
                               "-",
                               "+",
                               ".",
                               "1.",
                               ".5",
                               "1e9",
                               "0x10",
                               " 1",
                               "1 ",
                               "1.5.5",
                               "--1",
                               "9223372036854775808",
                               "-9223372036854775809",
                               "9223372036854775.808",
                               "-9223372036854775.8081",
                               "99999999999999999999",
                               "nan",
                               "2020-03",
                               "2020-3-01",
                               "20-03-01",
                               "12020-03-01",
                               "-2020-03-01",
                               "2020-00-01",
                               "2020-13-01",
                               "2020-03-00",
                               "2020-04-31",
                               "2019-02-29",
                               "1900-02-29",
                               "2020/03/01",
                               "2020-03-01T",
                               "2020-03-01T00:00Z",
                               "2020-03-01T00:00:00",
                               "2020-03-01T24:00:00Z",
                               "2020-03-01T00:60:00Z",
                               "2020-03-01T23:59:60Z",
                               "2020-03-01T00:00:00.Z",
                               "2020-03-01T00:00:00+1:00",
                               "2020-03-01T00:00:00+24:00",
                               "2020-03-01T00:00:00+01:60",
                               "2020-03-01T00:00:00+0100",
                               "2020-03-01T00:00:00ZZ",
                               "2020-03-01T00:00:00 Z",
                               "2020-03-01x00:00:00Z",
                               "2020-03-01Z",
                               "2O20-03-01"};
  for (const char* text : cases) {
    const Result<Timestamp> parsed = parse_timestamp(text);
    ASSERT_FALSE(parsed) << text << " " << parsed->ms;
    EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
    EXPECT_NE(parsed.error().message.find('"' + std::string(text) + '"'), std::string::npos) << "names the text";
  }
}

TEST(Timestamp, PrintsRfc3339WithMilliseconds) {
  EXPECT_EQ(to_string(Timestamp{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_string(Timestamp{-1}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_string(Timestamp{1'583'020'800'005}), "2020-03-01T00:00:00.005Z");
  EXPECT_EQ(to_string(Timestamp{-62'167'219'200'000}), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(to_string(Timestamp{253'402'300'799'999}), "9999-12-31T23:59:59.999Z");
}

TEST(Timestamp, PrintsYearsThatRfc3339CannotSayAsMilliseconds) {
  EXPECT_EQ(to_string(Timestamp{-62'167'219'200'001}), "-62167219200001");
  EXPECT_EQ(to_string(Timestamp{253'402'300'800'000}), "253402300800000");
  EXPECT_EQ(to_string(kTimestampMin), "-9223372036854775808");
  EXPECT_EQ(to_string(kTimestampMax), "9223372036854775807");
}

TEST(Timestamp, WhatIsPrintedIsReadAgain) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    // Arithmetic shifts spread the moments over all magnitudes, both signs.
    const Timestamp time{static_cast<std::int64_t>(random()) >> (random() % 40)};
    const Result<Timestamp> parsed = parse_timestamp(to_string(time));
    ASSERT_TRUE(parsed) << to_string(time);
    ASSERT_EQ(parsed->ms, time.ms);
  }
}

TEST(Timestamp, EveryDayOfFourCenturiesIsOneDayAfterTheLast) {
  Timestamp expected{-11'676'096'000'000};  // 1600-01-01
  for (int i = 0; i < 146'097; ++i) {
    const std::string text = to_string(expected);
    ASSERT_EQ(text.substr(10), "T00:00:00.000Z");
    ASSERT_EQ(parse_timestamp(text.substr(0, 10))->ms, expected.ms) << text;
    expected.ms += kDay;
  }
  EXPECT_EQ(to_string(expected), "2000-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace promfill
