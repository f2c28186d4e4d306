// Goal: a pattern reads what strptime reads with it, and nothing that isn't a date. Method: tables.
#include "calendar/time_format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace promfill {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kT = 1'583'020'800 * kSecond;  // 2020-03-01T00:00:00Z
constexpr std::int64_t kHour = 3600 * kSecond;

TEST(TimeFormat, ReadsWhatItsWordsSay) {
  struct Case {
    std::string pattern;
    std::string text;
    std::int64_t us;
    bool zoned = false;
  };
  for (const auto& [pattern, text, us, zoned] : std::vector<Case>{
           {"%Y-%m-%d %H:%M:%S", "2020-03-01 01:02:03", kT + kHour + 123 * kSecond},
           {"%F %T", "2020-3-1 1:2:3", kT + kHour + 123 * kSecond},
           {"%d.%m.%Y", " 1.3.2020\t", kT},
           {"%D %R", "03/01/20 12:30", kT + 12 * kHour + 1800 * kSecond},
           {"%e/%b/%Y:%H:%M:%S %z", " 1/Mar/2020:01:00:00 +0100", kT, true},
           {"%A, %d %B %Y", "sunday, 01 MARCH 2020", kT},
           {"%a %b %d %Y", "Sun Mar 01 2020", kT},
           {"%Y%m%d%H%M%S", "20200301010203", kT + kHour + 123 * kSecond},
           {"%Y-%j", "2020-061", kT},
           {"%m/%d/%Y %I:%M %p", "3/1/2020 12:05 AM", kT + 300 * kSecond},
           {"%m/%d/%Y %I:%M%p", "3/1/2020 12:05pm", kT + 12 * kHour + 300 * kSecond},
           {"%m/%d/%Y %I %p", "3/1/2020 11 p.m.", kT + 23 * kHour},
           {"%F %T.%f", "2020-03-01 00:00:00.5", kT + kSecond / 2},
           {"%F %T.%f", "2020-03-01 00:00:00.123456", kT + 123'456},
           {"%F %T.%f", "2020-03-01 00:00:00.000000999", kT + 1},  // not a whole millisecond
           {"%FT%T%z", "2020-03-01T00:00:00Z", kT, true},
           {"%FT%T%z", "2020-02-29T18:30:00-05:30", kT, true},
           {"%F %T %Z", "2020-03-01 00:00:00 UTC", kT, true},
           {"%s", "1583020800", kT, true},
           {"%s.%f", "1583020800.25", kT + kSecond / 4, true},
           {"%F%n%T", "2020-03-0100:00:00", kT},
           {"100%% %F", "100% 2020-03-01", kT},
           {"%F %H:%M:%S", "2020-02-29 23:59:60", kT},  // a leap second
           {"%y-%m-%d", "69-01-01", -31'536'000 * kSecond},
           {"%y-%m-%d", "68-01-01", 3'092'601'600 * kSecond},
       }) {
    const auto format = TimeFormat::compile(pattern);
    ASSERT_TRUE(format) << format.error().text();
    const auto time = format->read(text);
    ASSERT_TRUE(time) << pattern << " of " << text;
    EXPECT_EQ(time->us, us) << pattern << " of " << text;
    EXPECT_EQ(time->zoned, zoned) << pattern << " of " << text;
  }
}

TEST(TimeFormat, ReadsNothingElse) {
  for (const auto& [pattern, text] :
       std::vector<std::pair<std::string, std::string>>{{"%F", ""},
                                                        {"%F", "2020-02-30"},
                                                        {"%F", "2020-13-01"},
                                                        {"%F", "2020-00-01"},
                                                        {"%F", "2020-01-0"},
                                                        {"%F", "2020-01-01x"},
                                                        {"%F", "x2020-01-01"},
                                                        {"%F", "20-01-01"},
                                                        {"%F %T", "2020-01-01"},
                                                        {"%F %T", "2020-01-01 24:00:00"},
                                                        {"%F %T", "2020-01-01 00:60:00"},
                                                        {"%F %T", "2020-01-01 00:00:61"},
                                                        {"%F %I %p", "2020-01-01 0 AM"},
                                                        {"%F %I %p", "2020-01-01 13 AM"},
                                                        {"%F %I %p", "2020-01-01 1 XM"},
                                                        {"%Y-%j", "2019-366"},
                                                        {"%Y-%j", "2019-000"},
                                                        {"%d %b %Y", "1 Foo 2020"},
                                                        {"%FT%T%z", "2020-03-01T00:00:00"},
                                                        {"%FT%T%z", "2020-03-01T00:00:00+1"},
                                                        {"%FT%T%z", "2020-03-01T00:00:00+01:"},
                                                        {"%FT%T%z", "2020-03-01T00:00:00+24:00"},
                                                        {"%F %T %Z", "2020-03-01 00:00:00 CET"},
                                                        {"%F %T.%f", "2020-03-01 00:00:00."},
                                                        {"%s", "99999999999999999999"},
                                                        {"%s", "9223372036854775807"},
                                                        {"%s",
                                                         "1583020800 "
                                                         "x"}}) {
    const auto format = TimeFormat::compile(pattern);
    ASSERT_TRUE(format) << format.error().text();
    EXPECT_FALSE(format->read(text)) << pattern << " of '" << text << "'";
  }
}

TEST(TimeFormat, RefusesPatternsThatCantBeMeant) {
  struct Case {
    std::string pattern;
    std::string message;
  };
  for (const auto& [pattern, message] : std::vector<Case>{
           {"%", "ends with a single %"},
           {"%Y-%m-%d%", "ends with a single %"},
           {"%Q", "unknown word %Q"},
           {"%H:%M", "does not tell the day"},
           {"%m-%d", "does not tell the day"},
           {"%Y-%m", "does not tell the day"},
           {"%F %Y", "has %Y twice"},
           {"%F %y", "says the same in two words"},
           {"%Y %m %b %d", "says the same in two words"},
           {"%Y-%m-%d %j", "does not tell the day"},
           {"%F %I", "%I and %p together"},
           {"%F %H %p", "%I and %p together"},
           {"%F %f", "a fraction of no second"},
       }) {
    const auto format = TimeFormat::compile(pattern);
    ASSERT_FALSE(format) << pattern;
    EXPECT_EQ(format.error().code, ErrorCode::kUsage);
    EXPECT_NE(format.error().message.find(message), std::string::npos) << format.error().text();
    EXPECT_FALSE(format.error().hint.empty());
  }
}

TEST(IsoTimes, HaveAZoneOrNot) {
  EXPECT_EQ(read_iso_time("2020-03-01")->us, kT);
  EXPECT_FALSE(read_iso_time("2020-03-01")->zoned);
  EXPECT_EQ(read_iso_time("2020-03-01T01:00:00+01:00")->us, kT);
  EXPECT_TRUE(read_iso_time("2020-03-01T01:00:00+01:00")->zoned);
  EXPECT_FALSE(read_iso_time("01.03.2020"));
}

}  // namespace
}  // namespace promfill
