// Goal: options are what their text says and nothing else is; what a job can't be asked to do is refused with the
// option's name. Tables of texts, at and around the limits.
#include "promfill/options.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace promfill {
namespace {

constexpr std::int64_t kHourMs = 3600 * 1000;

TEST(ByteSize, IsBytesOrAWholeNumberOfAUnit) {
  const std::pair<const char*, std::uint64_t> sizes[] = {
      {"1", 1},
      {"67108864", 64ULL << 20},
      {"64MiB", 64ULL << 20},
      {"512M", 512ULL << 20},
      {"1GB", 1'000'000'000},
      {"2GiB", 2ULL << 30},
      {"2gib", 2ULL << 30},
      {"7kB", 7000},
      {"7K", 7168},
      {"5B", 5},
      {"3TB", 3'000'000'000'000},
      {"1T", 1ULL << 40},
      {"007MiB", 7ULL << 20},
      {"18446744073709551615", 18'446'744'073'709'551'615ULL},
      {"16777215TiB", 16'777'215ULL << 40},
  };
  for (const auto& [text, bytes] : sizes) {
    const auto size = parse_byte_size(text);
    ASSERT_TRUE(size) << text << ": " << size.error().text();
    EXPECT_EQ(*size, bytes) << text;
  }
}

TEST(ByteSize, IsNothingElse) {
  for (const char* text : {"",
                           " ",
                           "MiB",
                           "-1",
                           "-5MiB",
                           "+5MiB",
                           "1.5GiB",
                           "1,5GiB",
                           "0",
                           "0GiB",
                           "5 MiB",
                           " 5MiB",
                           "5MiB ",
                           "5Mi",
                           "5 M",
                           "5X",
                           "5PiB",
                           "0x10",
                           "1e9",
                           "inf",
                           "5MiBMiB",
                           "18446744073709551616",
                           "16777216TiB",
                           "99999999999999999999999GiB"}) {
    const auto size = parse_byte_size(text);
    ASSERT_FALSE(size) << text << " is taken for " << *size;
    EXPECT_EQ(size.error().code, ErrorCode::kUsage);
    EXPECT_NE(size.error().message.find("'" + std::string(text) + "'"), std::string::npos) << size.error().text();
    EXPECT_NE(size.error().hint.find("512MiB"), std::string::npos);
  }
}

TEST(ByteSize, IsPrintedRoundedDown) {
  const std::pair<std::uint64_t, const char*> sizes[] = {
      {0, "0B"},
      {1023, "1023B"},
      {1024, "1KiB"},
      {1535, "1.4KiB"},
      {1536, "1.5KiB"},
      {(1 << 20) - 1, "1023.9KiB"},
      {64 << 20, "64MiB"},
      {3ULL << 29, "1.5GiB"},
      {5000ULL << 40, "5000TiB"},
      {18'446'744'073'709'551'615ULL, "16777215.9TiB"},
  };
  for (const auto& [bytes, text] : sizes) EXPECT_EQ(format_byte_size(bytes), text);
}

TEST(FloatEncoding, GoesByItsName) {
  for (const FloatEncoding encoding : {FloatEncoding::kXor, FloatEncoding::kXor2}) {
    EXPECT_EQ(parse_float_encoding(to_string(encoding)), encoding);
  }
  EXPECT_FALSE(parse_float_encoding("gorilla"));
}

TEST(Target, GoesByItsName) {
  for (const Target target : {Target::kPrometheus, Target::kThanos, Target::kMimir}) {
    EXPECT_EQ(parse_target(to_string(target)), target);
  }
  EXPECT_FALSE(parse_target("cortex"));
  EXPECT_FALSE(parse_target(""));
}

BackfillOptions good() {
  BackfillOptions options;
  options.out = "out";
  return options;
}

TEST(BackfillOptions, DefaultsAreValid) { EXPECT_TRUE(good().validate()); }

TEST(BackfillOptions, RefuseWhatCanNotBe) {
  const std::pair<const char*, std::function<void(BackfillOptions&)>> wrong[] = {
      {"--out", [](BackfillOptions& o) { o.out.clear(); }},
      {"--block-duration", [](BackfillOptions& o) { o.block_duration = Duration{999}; }},
      {"--block-duration", [](BackfillOptions& o) { o.block_duration = Duration{100LL * 366 * 24 * kHourMs + 1}; }},
      {"--retention", [](BackfillOptions& o) { o.retention = Duration{0}; }},
      {"--chunk-encoding",
       [](BackfillOptions& o) { o.target = Target::kThanos, o.chunk_encoding = FloatEncoding::kXor2; }},
      {"--min-time", [](BackfillOptions& o) { o.min_time = Timestamp{2}, o.max_time = Timestamp{1}; }},
      {"--created-at", [](BackfillOptions& o) { o.created_at = Timestamp{-1}; }},
      {"--threads", [](BackfillOptions& o) { o.threads = 257; }},
  };
  for (const auto& [option, change] : wrong) {
    BackfillOptions options = good();
    change(options);
    const Status valid = options.validate();
    ASSERT_FALSE(valid) << option;
    EXPECT_EQ(valid.error().code, ErrorCode::kUsage);
    EXPECT_EQ(valid.error().where, option);
  }
}

TEST(BackfillOptions, BlocksForMimirDoNotCrossMidnight) {
  const std::pair<std::int64_t, bool> durations[] = {
      {2 * kHourMs, true},   {8 * kHourMs, true},   {24 * kHourMs, true},
      {18 * kHourMs, false}, {25 * kHourMs, false}, {48 * kHourMs, false},
  };
  for (const auto& [ms, fits] : durations) {
    BackfillOptions options = good();
    options.block_duration = Duration{ms};
    EXPECT_TRUE(options.validate());
    options.target = Target::kMimir;
    EXPECT_EQ(options.validate().has_value(), fits) << ms;
  }
}

}  // namespace
}  // namespace promfill
