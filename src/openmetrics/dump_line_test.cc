// Goal: what `promfill dump` writes is read back bit by bit, and whatever else has a place and a reason.
#include "openmetrics/dump_line.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "promfill/sample.h"

namespace promfill {
namespace {

constexpr TextDialect kCsv = TextDialect::kCsvDump;
constexpr TextDialect kJson = TextDialect::kJsonDump;

std::string shown(const SeriesText& series) {
  if (!series.ok) return "error at " + std::to_string(series.error.at);
  std::string out;
  for (const Label& label : series.labels) out += "[" + label.name + "=" + label.value + "]";
  return out + std::to_string(series.end);
}

std::string read(std::string_view line, TextDialect dialect) {
  const SeriesText series = parse_series(line, dialect);
  if (!series.ok) return shown(series);
  EXPECT_EQ(series_extent(line, dialect), series.end);
  const DumpSample sample = parse_dump_sample(line, series.end, dialect);
  if (sample.error) return "error at " + std::to_string(sample.error->at);
  EXPECT_EQ(std::to_string(sample.ms), sample.time_text);
  return shown(series) + " " + std::to_string(sample.ms) + " " +
         std::to_string(std::bit_cast<std::uint64_t>(sample.value));
}

std::string bits(double value) { return std::to_string(std::bit_cast<std::uint64_t>(value)); }

TEST(DumpLine, ReadsCsv) {
  EXPECT_EQ(read("up,-1,-0", kCsv), "[__name__=up]2 -1 " + bits(-0.0));
  EXPECT_EQ(read(R"("m{a=""1"",b=""x,\""\n""}",1700000000123,1e-320)", kCsv),
            "[__name__=m][a=1][b=x,\"\n]26 1700000000123 " + bits(1e-320));
  EXPECT_EQ(read("\"{a=\"\"\xff\"\"}\",1,NaN", kCsv), "[a=\xff]11 1 " + std::to_string(kNormalNanBits));
  EXPECT_EQ(read(R"("{""a b""}",1,+Inf)", kCsv), "[__name__=a b]11 1 " + bits(HUGE_VAL));
}

TEST(DumpLine, ReadsJson) {
  EXPECT_EQ(read(R"({"labels":{"__name__":"m","a":"}\"\u0000,\n"},"t":-5,"v":0.1})", kJson),
            std::string("[__name__=m][a=}\"\0,\n]45 -5 ", 27) + bits(0.1));
  const auto value = [](const std::string& text) {
    return parse_dump_sample(",\"t\":1,\"v\":" + text + "}", 0, kJson);
  };
  EXPECT_EQ(std::bit_cast<std::uint64_t>(value("\"stale\"").value), kStaleNanBits);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(value("\"0xfff8000000000abc\"").value), 0xfff8000000000abcU);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(value("\"NaN\"").value), kNormalNanBits);
  EXPECT_EQ(value("\"-Inf\"").value, -HUGE_VAL);
  EXPECT_EQ(value("1.7976931348623157e+308").value, 1.7976931348623157e308);
  for (const char* wrong :
       {"", "\"", "\"\"", "stale", "\"0x1\"", "\"0xfff8000000000abg\"", "\"0x+ff800000000abc1\"", "1e400", "[1]"}) {
    EXPECT_TRUE(value(wrong).error) << wrong;
  }
}

TEST(DumpLine, NamesTheByteThatIsWrong) {
  const struct {
    const char* line;
    TextDialect dialect;
    const char* verdict;
  } cases[] = {
      {"up", kCsv, "error at 0"},
      {"up,", kCsv, "error at 3"},
      {"up,1", kCsv, "error at 4"},
      {"up,1.5,1", kCsv, "error at 4"},
      {"up,1,", kCsv, "error at 5"},
      {"up,1,2,3", kCsv, "error at 5"},
      {"up,99999999999999999999,1", kCsv, "error at 3"},
      {"\"up,1,1", kCsv, "error at 0"},
      {"\"up\"x,1,1", kCsv, "error at 4"},
      {"1up,1,1", kCsv, "error at 0"},
      {"{},1,1", kCsv, "error at 0"},
      {R"("m{a=""1"",a=""2""}",1,1)", kCsv, "error at 0"},
      {R"("m{a=""1""} ",1,1)", kCsv, "error at 0"},
      {R"({"labels":{"a":"1"},"t":1,"v":1)", kJson, "error at 31"},
      {R"({"labels":{"a":"1"},"t":1})", kJson, "error at 25"},
      {R"({"labels":{"a":"1"},"v":1,"t":1})", kJson, "error at 19"},
      {R"({"labels":{"a":1},"t":1,"v":1})", kJson, "error at 10"},
      {R"({"labels":{"a":"1","a":"2"},"t":1,"v":1})", kJson, "error at 10"},
      {R"({"labels":{"":"1"},"t":1,"v":1})", kJson, "error at 10"},
      {R"({"labels":{"a":{"b":"1"}},"t":1,"v":1})", kJson, "error at 10"},
      {R"({"labels":{},"t":1,"v":1})", kJson, "error at 10"},
      {R"({"labels":[],"t":1,"v":1})", kJson, "error at 10"},
      {"{\"labels\":{\"a\":\"\xff\"},\"t\":1,\"v\":1}", kJson, "error at 10"},
      {R"({"labels":{"a":"1"}, "t":1,"v":1})", kJson, "error at 19"},
      {R"({"metric":{"a":"1"},"t":1,"v":1})", kJson, "error at 0"},
  };
  for (const auto& c : cases) EXPECT_EQ(read(c.line, c.dialect), c.verdict) << c.line;
}

}  // namespace
}  // namespace promfill
