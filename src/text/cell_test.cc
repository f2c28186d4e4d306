// Goal: a cell says what a person reads in it, the same in every column and format. Method: tables of texts.
#include "text/cell.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace promfill {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Cells, NumbersAreReadWhole) {
  const CellFormat format;
  const std::vector<std::pair<std::string, std::optional<double>>> cases{{"0", 0},
                                                                         {"-0", -0.0},
                                                                         {"1.5", 1.5},
                                                                         {"+1.5", 1.5},
                                                                         {" 1.5\t", 1.5},
                                                                         {"1e3", 1000},
                                                                         {"1E-3", 0.001},
                                                                         {".5", 0.5},
                                                                         {"5.", 5},
                                                                         {"1e400", kInfinity},
                                                                         {"-1e400", -kInfinity},
                                                                         {"1e-400", 0},
                                                                         {"inf", kInfinity},
                                                                         {"-Infinity", -kInfinity},
                                                                         {"INF", kInfinity},
                                                                         {"", {}},
                                                                         {"1,5", {}},
                                                                         {"1 5", {}},
                                                                         {"0x10", {}},
                                                                         {"abc", {}},
                                                                         {"1.5x", {}},
                                                                         {"--1", {}},
                                                                         {"+-1", {}},
                                                                         {"nan(5)", {}},
                                                                         {"1e", {}},
                                                                         {"9007199254740993", 9007199254740992.0}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(number_of(text, format), expected) << text;
  for (const std::string text : {"NaN", "nan", "-nan", "NAN"})
    EXPECT_TRUE(std::isnan(number_of(text, format).value_or(0))) << text;
}

TEST(Cells, IntegersAreWholeNumbersOf64Bits) {
  const CellFormat format;
  EXPECT_EQ(integer_of("9223372036854775807", format), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(integer_of("-9223372036854775808", format), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(integer_of(" +7 ", format), 7);
  for (const std::string text : {"9223372036854775808", "1.0", "1e3", "", "1 000", "0x1"}) {
    EXPECT_EQ(integer_of(text, format), std::nullopt) << text;
  }
}

TEST(Cells, DecimalCommasAndMarksBetweenThousands) {
  CellFormat german;
  german.decimal = ',';
  german.thousands = '.';
  const std::vector<std::pair<std::string, std::optional<double>>> cases{
      {"1,5", 1.5},    {"1.234,5", 1234.5}, {"1.234.567", 1234567}, {"-1.234", -1234},
      {"12.34", {}},   {"1234.567", {}},    {"1.23,4", {}},         {".123", {}},
      {"1,5e3", 1500}, {"1.234e2", 123400}, {"1,234.5", {}}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(number_of(text, german), expected) << text;
  EXPECT_EQ(integer_of("1.234", german), 1234);
  CellFormat comma;
  comma.decimal = ',';
  EXPECT_EQ(number_of("1.5", comma), std::nullopt) << "the mark of another format is no number of this one";
}

TEST(Cells, NothingIsSpelledInManyWaysAndNaNIsNone) {
  const CellFormat format;
  for (const std::string text : {"", "NA", "N/A", "null", "NULL", "None", "nil", "\\N", "-", " ", "\tNA "}) {
    EXPECT_TRUE(is_null(text, format)) << text;
  }
  for (const std::string text : {"NaN", "nan", "0", "na", "--"}) EXPECT_FALSE(is_null(text, format)) << text;
}

TEST(Cells, TruthIsAWord) {
  EXPECT_EQ(truth_of("True"), true);
  EXPECT_EQ(truth_of("false "), false);
  EXPECT_EQ(truth_of("1"), std::nullopt);
  EXPECT_EQ(truth_of("yes"), std::nullopt);
}

TEST(Cells, TimesAsDatabasesWriteThem) {
  constexpr std::int64_t kDay = 1'580'428'800'000'000;  // 2020-01-31
  constexpr std::int64_t kHour = 3'600'000'000;
  struct Case {
    std::string text;
    std::int64_t us;
    bool zoned;
  };
  for (const auto& [text, us, zoned] :
       std::vector<Case>{{"2020-01-31", kDay, false},
                         {"2020-01-31 12:00", kDay + 12 * kHour, false},
                         {"2020-01-31T12:00:00Z", kDay + 12 * kHour, true},
                         {"2020-01-31t12:00:00.25z", kDay + 12 * kHour + 250'000, true},
                         {"2020-01-31 12:00:00,5", kDay + 12 * kHour + 500'000, false},
                         {"2020-01-31T12:00:00+01:00", kDay + 11 * kHour, true},
                         {"2020-01-31 12:00:00 -0530", kDay + 17 * kHour + kHour / 2, true},
                         {"2020-01-31T12:00+01", kDay + 11 * kHour, true},
                         {"2020/01/31", kDay, false},
                         {"2020/01/31 12:00:00 UTC", kDay + 12 * kHour, true},
                         {"2020-01-31T23:59:60Z", kDay + 24 * kHour, true},
                         {"1969-12-31T23:59:59.999999", -1, false},
                         {"2020-01-31T00:00:00.000000001Z", kDay + 1, true},
                         {"2020-01-31T00:00:00.001500900Z", kDay + 1500, true}}) {
    const auto time = time_of(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->us, us) << text;
    EXPECT_EQ(time->zoned, zoned) << text;
  }
  for (const std::string text : {"", "2020", "2020-13-01", "2020-02-30", "2020-01-31T", "2020-01-31T25:00",
                                 "2020-01-31T12:60", "2020-01-31T12:00:00.", "2020-01-31T12:00:00X",
                                 "2020-01-31T12:00:00+1", "31.01.2020", "2020-01-31 12:00:00 +01:00 x", "2020-1-31",
                                 "2020/01-31", "31/01/2020", "2020-01-31 12:00 UT", "2020-01-31 12:00 UTC+1"}) {
    EXPECT_FALSE(time_of(text)) << text;
  }
}

}  // namespace
}  // namespace promfill
