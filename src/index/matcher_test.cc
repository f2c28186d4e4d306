// Matchers as PromQL has them: anchored RE2, an absent label is "", bytes that are not UTF-8.
#include "index/matcher.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

Matcher matcher(MatchKind kind, std::string value) {
  auto made = Matcher::create(kind, "name", std::move(value));
  EXPECT_TRUE(made.has_value());
  return std::move(made).value();
}

TEST(Matcher, ComparesWholeValues) {
  EXPECT_TRUE(matcher(MatchKind::kEqual, "a").matches("a"));
  EXPECT_FALSE(matcher(MatchKind::kEqual, "a").matches("ab"));
  EXPECT_FALSE(matcher(MatchKind::kEqual, "a").matches(""));
  EXPECT_TRUE(matcher(MatchKind::kEqual, "").matches(""));
  EXPECT_FALSE(matcher(MatchKind::kNotEqual, "a").matches("a"));
  EXPECT_TRUE(matcher(MatchKind::kNotEqual, "a").matches(""));
  EXPECT_TRUE(matcher(MatchKind::kEqual, std::string("a\0b", 3)).matches(std::string_view("a\0b", 3)));
  EXPECT_FALSE(matcher(MatchKind::kEqual, std::string("a\0b", 3)).matches("a"));
}

TEST(Matcher, AnchorsExpressionsAtBothEnds) {
  const struct {
    const char* pattern;
    const char* value;
    bool matches;
  } cases[] = {
      {"a", "a", true},       {"a", "ba", false},    {"a", "ab", false},
      {"a|b", "b", true},     {"a|b", "ab", false},                         // the alternative is inside the anchors
      {"a|ab", "ab", true},                                                 // not only the first alternative
      {"", "", true},         {"", "a", false},      {".*", "a\nb", true},  // . matches a newline
      {"a.b", "a\nb", true},  {"a$", "a\n", false},  {"^a$", "a", true},
      {"(?i)ab", "AB", true}, {"ab", "AB", false},   {"l.l", "läl", true},  // a character, not a byte
      {"\\d+", "123", true},  {"[^a]+", "a", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(matcher(MatchKind::kRegex, c.pattern).matches(c.value), c.matches) << c.pattern << " " << c.value;
    EXPECT_EQ(matcher(MatchKind::kNotRegex, c.pattern).matches(c.value), !c.matches) << c.pattern << " " << c.value;
  }
}

// Go's regexp takes each such byte for U+FFFD, one character.
TEST(Matcher, TakesBytesThatAreNotUtf8ForReplacementCharacters) {
  EXPECT_TRUE(matcher(MatchKind::kRegex, ".*").matches("a\xff"));
  EXPECT_TRUE(matcher(MatchKind::kRegex, "a..b")
                  .matches("a\xff\xfe"
                           "b"));
  EXPECT_TRUE(matcher(MatchKind::kRegex, "a..b")
                  .matches("a\xE4\xBD"
                           "b"));  // a cut character is two
  EXPECT_TRUE(matcher(MatchKind::kRegex, "a\\x{FFFD}é").matches("a\x80é"));
  EXPECT_FALSE(matcher(MatchKind::kRegex, "a.b")
                   .matches("a\xff\xfe"
                            "b"));
}

TEST(Matcher, RefusesExpressionsThatDoNotCompile) {
  for (const char* pattern : {"(", "a)(b", "a{2,1}", "[z-a]", "(?=a)", "\\1", "\xff", "a**"}) {
    for (const MatchKind kind : {MatchKind::kRegex, MatchKind::kNotRegex}) {
      const auto made = Matcher::create(kind, "name", pattern);
      ASSERT_FALSE(made.has_value()) << pattern;
      EXPECT_EQ(made.error().code, ErrorCode::kUsage);
      EXPECT_TRUE(made.error().message.starts_with("regular expression \"")) << made.error().message;
    }
    EXPECT_TRUE(Matcher::create(MatchKind::kEqual, "name", pattern).has_value());
  }
}

TEST(Matcher, CopiesShareTheirExpression) {
  const Matcher original = matcher(MatchKind::kRegex, "a+");
  const Matcher copy = original;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_TRUE(copy.matches("aa"));
  EXPECT_EQ(copy.kind(), MatchKind::kRegex);
  EXPECT_EQ(copy.name(), "name");
  EXPECT_EQ(copy.value(), "a+");
}

TEST(MatchesAll, TakesAnAbsentLabelForEmpty) {
  const auto labels = Labels::create({{"__name__", "up"}, {"job", "a"}});
  ASSERT_TRUE(labels.has_value());
  const auto matches = [&](const char* selector) { return matches_all(*parse_selector(selector), *labels); };
  EXPECT_TRUE(matches("{}"));
  EXPECT_TRUE(matches("up{job='a'}"));
  EXPECT_TRUE(matches("up{job='a',host=''}"));
  EXPECT_TRUE(matches("up{host!~'.+'}"));
  EXPECT_FALSE(matches("up{job='a',host!=''}"));
  EXPECT_FALSE(matches("down{job='a'}"));
}

}  // namespace
}  // namespace promfill
