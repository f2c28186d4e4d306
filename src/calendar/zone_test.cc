// Goal: local times mean the moments that people mean, also where clocks are set; no file makes the reader crash.
// Method: a zone written here byte by byte, tables of the minutes around changes, the system's database, cut files.
#include "calendar/zone.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "file/file_system.h"

namespace promfill {
namespace {

using Kind = LocalMoments::Kind;
constexpr std::int64_t kHour = 3600;

std::int64_t at(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  using namespace std::chrono;
  const sys_days date(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
  return date.time_since_epoch().count() * 86'400LL + hour * kHour + minute * 60;
}

void append(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
}

struct Change {
  std::int64_t at_s;
  int type;
};

/// A TZif file of version 2 whose first block is empty but for the type that every block must have.
std::string tzif(const std::vector<Change>& changes, const std::vector<int>& offsets, const std::string& rule) {
  const auto header = [](std::size_t times, std::size_t types) {
    std::string bytes = "TZif2" + std::string(15, '\0');
    for (const std::size_t count : {std::size_t{0}, std::size_t{0}, std::size_t{0}, times, types, std::size_t{4}}) {
      append(bytes, count, 4);
    }
    return bytes;
  };
  const std::string name("LMT\0", 4);
  std::string bytes = header(0, 1) + std::string(6, '\0') + name + header(changes.size(), offsets.size());
  for (const Change& change : changes) append(bytes, static_cast<std::uint64_t>(change.at_s), 8);
  for (const Change& change : changes) append(bytes, static_cast<std::uint64_t>(change.type), 1);
  for (const int offset : offsets) {
    append(bytes, static_cast<std::uint32_t>(offset), 4);
    append(bytes, 0, 2);
  }
  return bytes + name + "\n" + rule + "\n";
}

Zone zone_of(const std::string& bytes) {
  auto zone = Zone::parse(as_bytes(bytes), "zone");
  EXPECT_TRUE(zone) << zone.error().text();
  return *std::move(zone);
}

void expect_moments(const Zone& zone, std::int64_t local_s, Kind kind, std::int64_t earlier_s, std::int64_t later_s) {
  const LocalMoments moments = zone.moments(local_s);
  EXPECT_EQ(moments.kind, kind) << local_s;
  EXPECT_EQ(moments.earlier_s, earlier_s) << local_s;
  EXPECT_EQ(moments.later_s, later_s) << local_s;
}

TEST(Zone, HasAGapAndAFoldWhereClocksAreSet) {
  // One rule for all years, as in a file that nothing happened in.
  const Zone zone = zone_of(tzif({}, {3600}, "CET-1CEST,M3.5.0,M10.5.0/3"));
  const std::int64_t forward = at(2024, 3, 31, 2);
  expect_moments(zone, forward - 60, Kind::kOne, forward - 60 - kHour, forward - 60 - kHour);
  expect_moments(zone, forward, Kind::kNone, forward - 2 * kHour, forward - kHour);
  expect_moments(zone, forward + kHour - 1, Kind::kNone, forward - kHour - 1, forward - 1);
  expect_moments(zone, forward + kHour, Kind::kOne, forward - kHour, forward - kHour);
  const std::int64_t back = at(2024, 10, 27, 2);
  expect_moments(zone, back - 1, Kind::kOne, back - 1 - 2 * kHour, back - 1 - 2 * kHour);
  expect_moments(zone, back, Kind::kTwo, back - 2 * kHour, back - kHour);
  expect_moments(zone, back + kHour - 1, Kind::kTwo, back - kHour - 1, back - 1);
  expect_moments(zone, back + kHour, Kind::kOne, back, back);
}

TEST(Zone, KeepsItsRuleForEver) {
  const Zone zone = zone_of(tzif({}, {3600}, "CET-1CEST,M3.5.0,M10.5.0/3"));
  for (const int year : {1971, 2037, 2369, 2370, 2371, 2500, 9999}) {
    const std::int64_t summer = at(year, 7, 1, 12);
    expect_moments(zone, summer, Kind::kOne, summer - 2 * kHour, summer - 2 * kHour);
    const std::int64_t winter = at(year, 12, 31, 12);
    expect_moments(zone, winter, Kind::kOne, winter - kHour, winter - kHour);
  }
  expect_moments(zone, at(2769, 3, 30, 2, 30), Kind::kNone, at(2769, 3, 30, 0, 30), at(2769, 3, 30, 1, 30));
}

TEST(Zone, FollowsTransitionsBeforeItsRule) {
  const std::int64_t first = at(1900, 1, 1, 0);
  const std::int64_t second = at(1950, 6, 1, 0);
  const Zone zone = zone_of(tzif({{first, 1}, {second, 2}}, {-2000, 3600, 7200}, "<+02>-2"));
  expect_moments(zone, first - 86'400, Kind::kOne, first - 86'400 + 2000, first - 86'400 + 2000);
  expect_moments(zone, first, Kind::kNone, first - 3600, first + 2000);
  expect_moments(zone, at(1930, 1, 1, 0), Kind::kOne, at(1929, 12, 31, 23), at(1929, 12, 31, 23));
  expect_moments(zone, at(2030, 1, 1, 0), Kind::kOne, at(2029, 12, 31, 22), at(2029, 12, 31, 22));
}

TEST(Zone, ReadsEveryFormOfRule) {
  struct Case {
    std::string rule;
    std::int64_t local_s;
    std::int64_t offset_s;
  };
  for (const auto& [rule, local_s, offset_s] : std::vector<Case>{
           {"EST5EDT,M3.2.0,M11.1.0", at(2024, 7, 1, 12), -4 * kHour},
           {"EST5EDT,M3.2.0,M11.1.0", at(2024, 1, 1, 12), -5 * kHour},
           {"AEST-10AEDT,M10.1.0,M4.1.0/3", at(2024, 1, 1, 12), 11 * kHour},  // summer spans the new year
           {"AEST-10AEDT,M10.1.0,M4.1.0/3", at(2024, 7, 1, 12), 10 * kHour},
           {"<-0330>3:30<-0230>,J60/0,J300/0", at(2024, 3, 1, 12), -(2 * kHour + 1800)},
           {"<-0330>3:30<-0230>,J60/0,J300/0", at(2024, 2, 29, 12), -(3 * kHour + 1800)},
           {"<-03>3<-02>,59/0,300/0", at(2024, 2, 29, 12), -2 * kHour},  // the sixtieth day
           {"IST-2IDT,M3.4.4/26,M10.5.0", at(2024, 3, 29, 12), 3 * kHour},
           {"XXX4", at(2024, 3, 29, 12), -4 * kHour},
       }) {
    const Zone zone = zone_of(tzif({}, {static_cast<int>(offset_s)}, rule));
    expect_moments(zone, local_s, Kind::kOne, local_s - offset_s, local_s - offset_s);
  }
}

TEST(Zone, RefusesWhatIsNoZoneFile) {
  const std::string good = tzif({{at(1990, 1, 1, 0), 1}}, {0, 3600}, "CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_TRUE(Zone::parse(as_bytes(good), "zone"));
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
    const auto zone = Zone::parse(as_bytes(good).first(bytes), "zone");
    ASSERT_FALSE(zone) << bytes;
    EXPECT_EQ(zone.error().code, ErrorCode::kCorrupt);
  }
  for (const std::string_view rule : {"C-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J300",
                                      "CET-1CEST,366,1", "<+02-2", "CET-200", "CET-1CEST,M3.5.0,M10.5.0/3x"}) {
    EXPECT_FALSE(Zone::parse(as_bytes(tzif({}, {0}, std::string(rule))), "zone")) << rule;
  }
  EXPECT_FALSE(Zone::parse(as_bytes(tzif({{10, 1}}, {0}, "")), "zone")) << "a type that isn't there";
  EXPECT_FALSE(Zone::parse(as_bytes(tzif({{10, 0}, {10, 0}}, {0}, "")), "zone")) << "no order";
  EXPECT_FALSE(Zone::parse(as_bytes(tzif({}, {100'000}, "")), "zone")) << "an offset of a day";
}

TEST(Zone, LoadsOffsetsAndNames) {
  for (const auto& [name, offset_s] : std::vector<std::pair<std::string, std::int64_t>>{
           {"UTC", 0}, {"Z", 0}, {"+02:00", 7200}, {"-0330", -12'600}, {"+05", 18'000}, {"+14:00", 50'400}}) {
    const auto zone = Zone::load(name);
    ASSERT_TRUE(zone) << name;
    expect_moments(*zone, 1'000'000, Kind::kOne, 1'000'000 - offset_s, 1'000'000 - offset_s);
  }
  for (const std::string_view name :
       {"", "Europe/", "/etc/passwd", "../zoneinfo/UTC", "+2", "+25:00", "+02:60", "Europe/Berlín"}) {
    const auto zone = Zone::load(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().code, ErrorCode::kUsage) << name;
  }
  const auto none = Zone::load("Europe/Berlin", "/no/such/directory");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().hint.find("install the package tzdata"), std::string::npos) << none.error().text();
}

TEST(Zone, ReadsTheSystemsDatabase) {
  if (!exists(real_file_system(), "/usr/share/zoneinfo/Europe/Berlin")) GTEST_SKIP() << "no tzdata here";
  const auto berlin = Zone::load("Europe/Berlin");
  ASSERT_TRUE(berlin) << berlin.error().text();
  expect_moments(*berlin, at(2020, 10, 25, 2, 30), Kind::kTwo, at(2020, 10, 25, 0, 30), at(2020, 10, 25, 1, 30));
  expect_moments(*berlin, at(2021, 3, 28, 2, 30), Kind::kNone, at(2021, 3, 28, 0, 30), at(2021, 3, 28, 1, 30));
  expect_moments(*berlin, at(2061, 7, 1, 12), Kind::kOne, at(2061, 7, 1, 10), at(2061, 7, 1, 10));
  const auto apia = Zone::load("Pacific/Apia");  // had no 30th of December 2011
  ASSERT_TRUE(apia) << apia.error().text();
  EXPECT_EQ(apia->moments(at(2011, 12, 30, 12)).kind, Kind::kNone);
  const auto mistyped = Zone::load("Europe/Berln");
  ASSERT_FALSE(mistyped);
  EXPECT_NE(mistyped.error().hint.find("did you mean 'Europe/Berlin'?"), std::string::npos) << mistyped.error().text();
}

}  // namespace
}  // namespace promfill
