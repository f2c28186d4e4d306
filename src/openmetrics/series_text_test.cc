// Series in texts: labels, and where a line stops being one. Verdicts are those of Prometheus 3.14's parsers.
#include "openmetrics/series_text.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

constexpr TextDialect kOm = TextDialect::kOpenMetrics;

std::string shown(const SeriesText& series) {
  if (!series.ok) return "error at " + std::to_string(series.error.at);
  std::string out;
  for (const Label& label : series.labels) out += "[" + label.name + "=" + label.value + "]";
  return out + std::to_string(series.end);
}

TEST(ParseSeries, ReadsOpenMetrics) {
  EXPECT_EQ(shown(parse_series("up 1 1", kOm)), "[__name__=up]2");
  EXPECT_EQ(shown(parse_series("up{} 1 1", kOm)), "[__name__=up]4");
  EXPECT_EQ(shown(parse_series(R"(a:b{x="1",y="",} 1 1)", kOm)), "[__name__=a:b][x=1]16");
  EXPECT_EQ(shown(parse_series(R"(m{x="q\"\\\n\t"} 1 1)", kOm)), "[__name__=m][x=q\"\\\n\\t]16");
  EXPECT_EQ(shown(parse_series(R"({"my.metric","l.b"="v"} 1 1)", kOm)), "[__name__=my.metric][l.b=v]23");
  EXPECT_EQ(shown(parse_series(R"({q="1","m"} 1 1)", kOm)), "[__name__=m][q=1]11");
  EXPECT_EQ(shown(parse_series(R"({"",q="1"} 1 1)", kOm)), "[q=1]10");
}

TEST(ParseSeries, NamesTheByteThatIsWrong) {
  const struct {
    const char* line;
    const char* verdict;
  } cases[] = {{" up 1 1", "error at 0"},
               {"1up 1 1", "error at 0"},
               {"up{a=1} 1 1", "error at 5"},
               {"up{a} 1 1", "error at 4"},
               {"up{a=\"1\" } 1 1", "error at 8"},
               {"up{a=\"1\",,} 1 1", "error at 9"},
               {"up{,} 1 1", "error at 3"},
               {"up{a=\"1} 1 1", "error at 5"},
               {"up{a=\"\xff\"} 1 1", "error at 5"},
               {"{a=\"1\"} 1 1", "error at 0"},
               {"up{\"x\"} 1 1", "error at 3"},
               {"{\"x\",\"y\"} 1 1", "error at 5"},
               {"up{a=\"1\",a=\"2\"} 1 1", "error at 9"},
               {"up{__name__=\"x\"} 1 1", "error at 3"},
               {"{} 1 1", "error at 0"},
               {"up{\"\"=\"1\"} 1 1", "error at 0"}};
  for (const auto& each : cases) EXPECT_EQ(shown(parse_series(each.line, kOm)), each.verdict) << each.line;
}

TEST(ParseSeries, LetsBlanksBeInPrometheusFormat) {
  EXPECT_EQ(shown(parse_series("m { a = \"1\" , b=\"2\" c=\"3\" } 1 1", TextDialect::kPrometheus)),
            "[__name__=m][a=1][b=2][c=3]27");
  EXPECT_EQ(shown(parse_series("m 1 1", TextDialect::kPrometheus)), "[__name__=m]1");
}

TEST(ParseSeries, UndoesGosQuotes) {
  EXPECT_EQ(shown(parse_series(R"({__name__="m", a="\x41\u00e4\n\"", "l.b"="2"} 1 1)", TextDialect::kPromtoolDump)),
            "[__name__=m][a=A\u00e4\n\"][l.b=2]45");
  EXPECT_EQ(shown(parse_series(R"({a="\q"} 1 1)", TextDialect::kPromtoolDump)), "error at 3");
}

TEST(SeriesExtent, IsTheEndThatParsingFinds) {
  for (const char* line : {"up 1 1", "up{} 1 1", R"(m{x="}\"",y="b"} 1)", R"({"a}","b"="c"} 1 1)"}) {
    const SeriesText series = parse_series(line, kOm);
    ASSERT_TRUE(series.ok) << line;
    EXPECT_EQ(series_extent(line, kOm), series.end) << line;
  }
  EXPECT_EQ(series_extent("{a", kOm), std::string_view::npos);
  EXPECT_EQ(series_extent("", kOm), std::string_view::npos);
}

}  // namespace
}  // namespace promfill
