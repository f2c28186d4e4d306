// Goal: `auto` makes the blocks that Prometheus would have made in time. Tables of spans and retentions, at and around
// each 2 h·3ⁿ.
#include "model/block_duration.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

constexpr std::int64_t kHourMs = 3600 * 1000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::int64_t kStartMs = 1'600'000'000'000;

/// Rows whose first and last time enclose `length_ms` milliseconds, both counted.
TimeSpan of_length(std::int64_t length_ms) { return {.min = {kStartMs}, .max = {kStartMs + length_ms - 1}}; }

TEST(BlockDuration, IsTheSmallestThatCoversTheSpan) {
  struct Case {
    std::int64_t length_ms;
    std::int64_t hours;
  };
  for (const Case& c :
       {Case{1, 2}, Case{2 * kHourMs - 1, 2}, Case{2 * kHourMs, 2}, Case{2 * kHourMs + 1, 6}, Case{6 * kHourMs, 6},
        Case{6 * kHourMs + 1, 18}, Case{18 * kHourMs, 18}, Case{18 * kHourMs + 1, 54}, Case{54 * kHourMs, 54},
        Case{54 * kHourMs + 1, 162}, Case{162 * kHourMs, 162}, Case{162 * kHourMs + 1, 486}, Case{8 * kDayMs, 486},
        Case{486 * kHourMs, 486}, Case{486 * kHourMs + 1, 486}, Case{3650 * kDayMs, 486}}) {
    const BlockDurationChoice choice = choose_block_duration({}, of_length(c.length_ms));
    EXPECT_EQ(choice.duration.ms, c.hours * kHourMs) << c.length_ms;
    EXPECT_TRUE(choice.reason.starts_with("block duration " + std::to_string(c.hours) + "h: ")) << choice.reason;
  }
}

TEST(BlockDuration, IsAtMostATenthOfTheRetention) {
  struct Case {
    std::int64_t retention_ms;
    std::int64_t hours;
  };
  for (const Case& c : {Case{1, 2}, Case{20 * kHourMs - 1, 2}, Case{20 * kHourMs, 2}, Case{60 * kHourMs - 1, 2},
                        Case{60 * kHourMs, 6}, Case{15 * kDayMs, 18}, Case{90 * kDayMs, 162},
                        Case{4860 * kHourMs - 1, 162}, Case{4860 * kHourMs, 486}, Case{3650 * kDayMs, 486}}) {
    BackfillOptions options;
    options.retention = Duration{c.retention_ms};
    EXPECT_EQ(choose_block_duration(options, of_length(400 * kDayMs)).duration.ms, c.hours * kHourMs) << c.retention_ms;
    EXPECT_EQ(choose_block_duration(options, of_length(kHourMs)).duration.ms, 2 * kHourMs) << "a cap is no floor";
  }
}

TEST(BlockDuration, SaysWhy) {
  BackfillOptions options;
  EXPECT_EQ(choose_block_duration(options, of_length(8 * kDayMs)).reason,
            "block duration 486h: the data spans 8d, the smallest 2h*3^n that covers it");
  EXPECT_EQ(choose_block_duration(options, of_length(kDayMs - 999)).reason,
            "block duration 54h: the data spans 1d, the smallest 2h*3^n that covers it");
  EXPECT_EQ(choose_block_duration(options, of_length(60 * kDayMs)).reason,
            "block duration 486h: the data spans 60d, the longest 2h*3^n within 31d");
  EXPECT_EQ(choose_block_duration(options, std::nullopt).reason,
            "block duration 2h: the span of the data isn't known before it is read");
  EXPECT_EQ(choose_block_duration(options, TimeSpan()).reason, "block duration 2h: no row has a time that is imported");
  options.retention = Duration{15 * kDayMs};
  EXPECT_EQ(choose_block_duration(options, of_length(8 * kDayMs)).reason,
            "block duration 18h: the data spans 8d, the longest 2h*3^n within a tenth of the retention of 15d");
  options.retention = Duration{6 * kHourMs};
  EXPECT_EQ(choose_block_duration(options, of_length(8 * kDayMs)).reason,
            "block duration 2h: the data spans 8d, the shortest there is, although more than a tenth of the retention "
            "of 6h");
}

TEST(BlockDuration, IsADayForTargetsThatWorkByDays) {
  for (const Target target : {Target::kThanos, Target::kMimir}) {
    BackfillOptions options;
    options.target = target;
    options.retention = Duration{kDayMs};
    for (const auto& span :
         {std::optional<TimeSpan>(), std::optional(of_length(1)), std::optional(of_length(kDayMs * 90))}) {
      const BlockDurationChoice choice = choose_block_duration(options, span);
      EXPECT_EQ(choice.duration.ms, kDayMs);
      EXPECT_EQ(choice.reason,
                "block duration 24h: blocks for " + std::string(to_string(target)) + " don't cross midnight UTC");
    }
  }
}

TEST(BlockDuration, IsWhatTheUserSays) {
  BackfillOptions options;
  options.block_duration = Duration{kHourMs};
  options.retention = Duration{kHourMs};
  for (const Target target : {Target::kPrometheus, Target::kThanos}) {
    options.target = target;
    const BlockDurationChoice choice = choose_block_duration(options, of_length(kDayMs));
    EXPECT_EQ(choice.duration.ms, kHourMs);
    EXPECT_EQ(choice.reason, "");
  }
}

TEST(BlockDuration, TakesTheWidestSpanThatCanBeStored) {
  const BlockDurationChoice choice = choose_block_duration({}, TimeSpan{.min = kStorableMin, .max = kStorableMax});
  EXPECT_EQ(choice.duration.ms, 486 * kHourMs);
  EXPECT_NE(choice.reason.find(" years, "), std::string::npos) << choice.reason;
}

TEST(TimeSpan, OfNoRowChangesNoUnion) {
  const TimeSpan span{.min = {5}, .max = {7}};
  EXPECT_TRUE(TimeSpan().empty());
  EXPECT_EQ(TimeSpan().united(span), span);
  EXPECT_EQ(span.united(TimeSpan()), span);
  EXPECT_EQ(span.united({.min = {7}, .max = {9}}), (TimeSpan{.min = {5}, .max = {9}}));
}

}  // namespace
}  // namespace promfill
