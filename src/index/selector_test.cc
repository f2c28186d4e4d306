// parse_selector: what PromQL accepts as a series selector, what it refuses, and where it says so.
#include <gtest/gtest.h>

#include "index/matcher.h"

namespace promfill {
namespace {

/// Matchers as one line: name, operator, value, divided by "; ".
std::string parsed(std::string_view text) {
  const auto matchers = parse_selector(text);
  if (!matchers.has_value()) return "error: " + matchers.error().text();
  std::string out;
  for (const Matcher& matcher : *matchers) {
    constexpr const char* kOperators[] = {"=", "!=", "=~", "!~"};
    if (!out.empty()) out += "; ";
    out += matcher.name() + kOperators[static_cast<int>(matcher.kind())] + matcher.value();
  }
  return out;
}

TEST(Selector, ParsesWhatPromqlParses) {
  const struct {
    const char* text;
    const char* matchers;
  } cases[] = {
      {"up", "__name__=up"},
      {" \t\r\nup ", "__name__=up"},
      {"job:up:sum5m", "__name__=job:up:sum5m"},
      {":x", "__name__=:x"},
      {"_x9", "__name__=_x9"},
      {"{}", ""},
      {"up{}", "__name__=up"},
      {"up {}", "__name__=up"},
      {R"(up{a="b"})", "__name__=up; a=b"},
      {R"({a="b",c!="d",e=~"f",g!~"h"})", "a=b; c!=d; e=~f; g!~h"},
      {R"({a="b",})", "a=b"},
      {"{ a = \"b\" \n,\t c != 'd' , }", "a=b; c!=d"},
      {R"({a="b",a="c"})", "a=b; a=c"},
      {R"({__name__="a",__name__=~"b"})", "__name__=a; __name__=~b"},
      {R"({"my.metric"})", "__name__=my.metric"},
      {R"({"my.metric","lä.bel"="v"})", "__name__=my.metric; lä.bel=v"},
      {R"({"lä.bel"="v","my.metric"})", "lä.bel=v; __name__=my.metric"},
      {R"(up{'with space' =~ "v+"})", "__name__=up; with space=~v+"},
      {R"({sum="by",on!="nan"})", "sum=by; on!=nan"},  // keywords are names inside braces
      {"up # comment {", "__name__=up"},
      {"up{ # comment }\n a='b' # more\n}", "__name__=up; a=b"},
      {"{a=\"}\"}", "a=}"},
      {"{a=\"#\"}", "a=#"},
      {"{a=''}", "a="},
  };
  for (const auto& c : cases) EXPECT_EQ(parsed(c.text), c.matchers) << c.text;
}

TEST(Selector, UnderstandsQuotesAndEscapesOfGo) {
  const struct {
    const char* quoted;
    std::string_view value;
  } cases[] = {
      {R"("a")", "a"},
      {R"('a')", "a"},
      {"`a`", "a"},
      {R"("it's")", "it's"},
      {R"('say "x"')", "say \"x\""},
      {R"('it\'s')", "it's"},
      {R"("say \"x\"")", "say \"x\""},
      {R"(`\n"'`)", "\\n\"'"},
      {"`a\nb`", "a\nb"},
      {R"("\a\b\f\n\r\t\v\\")", "\a\b\f\n\r\t\v\\"},
      {R"("\x41\x7a")", "Az"},
      {R"("\101\060")", "A0"},
      {R"("\xff")", "\xff"},  // a byte, which need not be UTF-8
      {R"("\377")", "\xff"},
      {R"("\u00e4\u20AC\u007f")", "ä€\x7f"},
      {R"("\U0001F680")", "🚀"},
      {R"("lä")", "lä"},
  };
  for (const auto& c : cases) {
    const auto matchers = parse_selector("{a=" + std::string(c.quoted) + "}");
    ASSERT_TRUE(matchers.has_value()) << c.quoted << ": " << matchers.error().text();
    EXPECT_EQ(matchers->front().value(), c.value) << c.quoted;
  }
  const auto nul = parse_selector(R"({a="\x00\000\u0000"})");
  ASSERT_TRUE(nul.has_value());
  EXPECT_EQ(nul->front().value(), std::string(3, '\0'));
}

TEST(Selector, RefusesWhatPromqlRefuses) {
  const struct {
    std::string_view text;
    const char* error;
  } cases[] = {
      {"", "byte 0: parse selector: a metric name or { is expected"},
      {"  ", "byte 2: parse selector: a metric name or { is expected"},
      {"9up", "byte 0: parse selector: a metric name or { is expected"},
      {"my.metric", "byte 2: parse selector: unexpected text after the selector"},
      {"\"up\"", "byte 0: parse selector: a metric name or { is expected"},
      {"up down", "byte 3: parse selector: unexpected text after the selector"},
      {"up{}{}", "byte 4: parse selector: unexpected text after the selector"},
      {"up[5m]", "byte 2: parse selector: unexpected text after the selector"},
      {"up{", "byte 3: parse selector: a label name is expected"},
      {"up}", "byte 2: parse selector: unexpected text after the selector"},
      {"{,}", "byte 1: parse selector: a label name is expected"},
      {"{a='b',,}", "byte 7: parse selector: a label name is expected"},
      {"{a='b' c='d'}", "byte 7: parse selector: a comma or } is expected"},
      {"{a='b'", "byte 6: parse selector: a comma or } is expected"},
      {"{a}", "byte 2: parse selector: one of = != =~ !~ is expected"},
      {"{a=}", "byte 3: parse selector: a quoted value is expected"},
      {"{a=b}", "byte 3: parse selector: a quoted value is expected"},
      {"{a=='b'}", "byte 3: parse selector: a quoted value is expected"},
      {"{a!'b'}", "byte 2: parse selector: one of = != =~ !~ is expected"},
      {"{a:b='c'}", "byte 2: parse selector: one of = != =~ !~ is expected"},
      {"{9='c'}", "byte 1: parse selector: a label name is expected"},
      {"{lä='c'}", "byte 2: parse selector: one of = != =~ !~ is expected"},
      {"{a='b}", "byte 3: parse selector: the string has no closing quote"},
      {"{a='b\n'}", "byte 3: parse selector: the string has no closing quote"},
      {"{a=`b}", "byte 3: parse selector: the string has no closing quote"},
      {"{a='\\", "byte 4: parse selector: unknown escape sequence"},
      {"{a='\\q'}", "byte 4: parse selector: unknown escape sequence"},
      {"{a='\\\"'}", "byte 4: parse selector: unknown escape sequence"},
      {"{a='\\8'}", "byte 4: parse selector: unknown escape sequence"},
      {"{a='\\x4'}", "byte 4: parse selector: the escape sequence needs 2 digits"},
      {"{a='\\x", "byte 4: parse selector: the escape sequence needs 2 digits"},
      {"{a='\\08'}", "byte 4: parse selector: the escape sequence needs 3 digits"},
      {"{a='\\400'}", "byte 4: parse selector: the escape sequence exceeds its range"},
      {"{a='\\u12g4'}", "byte 4: parse selector: the escape sequence needs 4 digits"},
      {"{a='\\ud800'}", "byte 4: parse selector: the escape sequence is half a surrogate pair"},
      {"{a='\\U00110000'}", "byte 4: parse selector: the escape sequence exceeds its range"},
      {"{a='\xff'}", "byte 3: parse selector: the string is not valid UTF-8"},
      {"up{'up'}", "byte 3: parse selector: the metric name must not be set twice"},
      {"up{__name__='up'}", "byte 3: parse selector: the metric name must not be set twice"},
      {"up{a='b',__name__!='x'}", "byte 9: parse selector: the metric name must not be set twice"},
      {std::string_view("up\0", 3), "byte 2: parse selector: unexpected text after the selector"},
      {std::string_view("{a='b'\0}", 8), "byte 6: parse selector: a comma or } is expected"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(parsed(c.text), std::string("error: ") + c.error) << c.text;
    const auto matchers = parse_selector(c.text);
    if (!matchers.has_value()) {
      EXPECT_EQ(matchers.error().code, ErrorCode::kUsage);
    }
  }
}

TEST(Selector, SaysWhereAnExpressionDoesNotCompile) {
  const auto matchers = parse_selector("up{a='b', c=~'('}");
  ASSERT_FALSE(matchers.has_value());
  EXPECT_EQ(matchers.error().where, "byte 10");
  EXPECT_EQ(matchers.error().message, "parse selector: regular expression \"(\": missing ): (");
  EXPECT_FALSE(matchers.error().hint.empty());
}

}  // namespace
}  // namespace promfill
