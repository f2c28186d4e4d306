// Goal: a CSV file is understood as a person would on seeing its first lines; what is no such file says what it is.
#include "text/csv_layout.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

CsvLayout layout_of(std::string_view text, const CsvOptions& options = {}) {
  const auto layout = find_csv_layout(text, options, "x.csv");
  EXPECT_TRUE(layout) << layout.error().text();
  return layout ? *layout : CsvLayout();
}

std::string types(const CsvLayout& layout) {
  std::string text;
  for (const ColumnField& column : layout.columns)
    text += column.name + ":" + std::string(to_string(column.type.kind)) + " ";
  return text;
}

TEST(CsvLayouts, FindDelimiterHeaderAndTypes) {
  const CsvLayout layout =
      layout_of("time,host,load,up,n\n2020-01-31T00:00:00Z,a,1.5,true,1\n2020-01-31T00:00:15Z,b,NA,false,2\n");
  EXPECT_EQ(layout.delimiter, ',');
  EXPECT_TRUE(layout.header);
  EXPECT_EQ(layout.data_begin, 20U);
  EXPECT_EQ(layout.first_row, 2);
  EXPECT_EQ(types(layout), "time:timestamp host:utf8 load:double up:bool n:int64 ");
  EXPECT_TRUE(layout.columns[0].type.zoned);
  EXPECT_EQ(layout.decisions.size(), 3U);
}

TEST(CsvLayouts, SayWhatLooksLikeNumbersOfAnotherCountry) {
  const std::string text = "a;b;c\n1,5;x,1;2\n;y;3\n-0,25;z;4\n";
  EXPECT_EQ(layout_of(text).columns[0].type.source_type, "text like 1,5");
  EXPECT_EQ(layout_of(text).columns[1].type.source_type, "text");
  CsvOptions options;
  options.cells.decimal = ',';
  EXPECT_EQ(types(layout_of(text, options)), "a:double b:utf8 c:int64 ");
}

TEST(CsvLayouts, FindEveryDelimiter) {
  for (const char delimiter : {',', ';', '\t', '|'}) {
    std::string text = "a;b|c,d\te\n";  // all of them, once
    text = std::string("a") + delimiter + "b" + delimiter + "c\n1" + delimiter + "2" + delimiter + "3\n";
    EXPECT_EQ(layout_of(text).delimiter, delimiter);
  }
  EXPECT_EQ(layout_of("a;b\n1,5;2,5\n3,5;4,5\n").delimiter, ';') << "commas are as regular, but one line has none";
  EXPECT_EQ(layout_of("a,b\n\"x;y\",1\n\"z;w\",2\n").delimiter, ',') << "what is quoted divides nothing";
}

TEST(CsvLayouts, AFirstLineOfValuesIsNoHeader) {
  const CsvLayout layout = layout_of("1,a,2.5\n2,b,3.5\n");
  EXPECT_FALSE(layout.header);
  EXPECT_EQ(types(layout), "column_1:int64 column_2:utf8 column_3:double ");
  EXPECT_EQ(layout.data_begin, 0U);
  EXPECT_FALSE(layout_of("a,a\n1,2\n").header) << "names stand once";
  EXPECT_FALSE(layout_of("a,\n1,2\n").header) << "names aren't empty";
  CsvOptions given;
  given.header = true;
  EXPECT_EQ(types(layout_of("1,2\n3,4\n", given)), "1:int64 2:int64 ");
}

TEST(CsvLayouts, TypesAreWhatAllRowsAllow) {
  EXPECT_EQ(types(layout_of("a,b,c,d,e\n1,007,1,2020-01-01,\n2.5,008,x,2020-01-01T00:00:00Z,\n")),
            "a:double b:utf8 c:utf8 d:utf8 e:double ")
      << "leading zeros are a name's, times with and without zone no times, and a column without values is a number's";
}

TEST(CsvLayouts, OneCellOfManyIsAMistakeAndMakesNoText) {
  std::string text = "n,t,mixed\n";
  for (int i = 0; i < 20; ++i)
    text += (i == 7 ? "oops" : "1") + std::string(",2020-01-01,") + (i < 2 ? "a" : "1") + "\n";
  const CsvLayout layout = layout_of(text);
  EXPECT_EQ(types(layout), "n:int64 t:timestamp mixed:utf8 ");
  EXPECT_EQ(layout.columns[0].type.source_type, "integer (but 1 of 20)");
}

TEST(CsvLayouts, MarksAndBlankLinesAtTheBeginningAreNoText) {
  const CsvLayout layout = layout_of("\xEF\xBB\xBF\r\n\ntime,v\r\n1,2\r\n");
  EXPECT_EQ(layout.columns[0].name, "time");
  EXPECT_EQ(layout.columns[1].name, "v");
  EXPECT_EQ(layout.data_begin, 3U + 2 + 1 + 8);
  EXPECT_EQ(layout.first_row, 4);
}

TEST(CsvLayouts, LinesThatBreakWithinQuotesAreSeen) {
  const CsvLayout layout = layout_of("host,v\n\"a\nb\",1\n\"c \"\"d\"\"\",2\n");
  EXPECT_TRUE(layout.quoted_breaks);
  EXPECT_EQ(types(layout), "host:utf8 v:int64 ");
  EXPECT_FALSE(layout_of("host,v\na,1\n").quoted_breaks);
}

TEST(CsvLayouts, OtherEncodingsAreRefusedWithTheWayOut) {
  const auto refused = [](std::string_view text) {
    const auto layout = find_csv_layout(text, {}, "x.csv");
    EXPECT_FALSE(layout);
    return layout ? "" : layout.error().text();
  };
  EXPECT_NE(refused("host,v\nGr\xFC\xDF"
                    "e,1\n")
                .find("x.csv, line 2: the text is not in UTF-8"),
            std::string::npos);
  EXPECT_NE(refused("host,v\nGr\xFC\xDF"
                    "e,1\n")
                .find("iconv -f LATIN1"),
            std::string::npos);
  EXPECT_NE(refused(std::string_view("\xFF\xFEh\0o\0", 6)).find("UTF-16"), std::string::npos);
  EXPECT_NE(refused(std::string_view("a,b\n1,\0\n", 8)).find("NUL"), std::string::npos);
  EXPECT_NE(refused("\n\n").find("no line"), std::string::npos);
}

TEST(CsvLayouts, TheEndOfASampleMayCutALine) {
  std::string text = "time,host\n";
  while (text.size() < kCsvSampleBytes) text += "1,x\xC3\xA9\n";
  text.resize(kCsvSampleBytes - 1);
  text += "\xC3";
  EXPECT_EQ(types(layout_of(text)), "time:int64 host:utf8 ");
}

}  // namespace
}  // namespace promfill
