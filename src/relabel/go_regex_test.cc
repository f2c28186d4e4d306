// Goal: patterns and templates mean what they mean to Go's regexp. Method: tables, with answers of Go 1.26.
#include "relabel/go_regex.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace promfill {
namespace {

std::string expanded(const std::string& pattern, const std::string& text, const std::string& replacement) {
  const auto regex = GoRegex::compile(pattern);
  if (!regex) return "refused";
  const auto match = regex->find(text);
  return match ? regex->expand(replacement, *match) : "no match";
}

TEST(GoRegex, ExpandsTemplatesAsGoDoes) {
  const std::vector<std::pair<std::string, std::string>> templates{
      {"$1-$2", "a-b"},
      {"${1}x", "ax"},
      {"$1x", ""},
      {"$name", "b"},
      {"${name}!", "b!"},
      {"$$1", "$1"},
      {"$", "$"},
      {"a$", "a$"},
      {"${1", "${1"},
      {"${}", "${}"},
      {"$0", "ab"},
      {"$01", ""},
      {"$3", ""},
      {"$é.", "."},
      {"$9999999999", ""},
      {"${na me}", "${na me}"},
      {"plain", "plain"},
      {"$1$1", "aa"},
      {"", ""},
      {"$1é", ""},
  };
  for (const auto& [replacement, expected] : templates) {
    EXPECT_EQ(expanded("(a)(?P<name>b)", "ab", replacement), expected) << replacement;
  }
}

TEST(GoRegex, ReadsGosWayToNameAGroup) {
  EXPECT_EQ(expanded("(?<x>a+)b", "aab", "$x"), "aa");
  EXPECT_EQ(expanded("[(?<x>]+", "<?(", "hit"), "hit") << "in a class it is no group";
  EXPECT_EQ(expanded("\\Q(?<x>\\E", "(?<x>", "hit"), "hit") << "nor in a quoted text";
  EXPECT_EQ(expanded("\\(?<x>", "(<x>", "hit"), "hit") << "nor behind a backslash";
  EXPECT_EQ(expanded("(?<=a)b", "ab", ""), "refused");
}

TEST(GoRegex, MatchesWholeTextsInPrometheussFrame) {
  EXPECT_EQ(expanded("a|b", "ab", ""), "no match");
  EXPECT_EQ(expanded(".*", "x\ny", "$0"), "x\ny");
  EXPECT_EQ(expanded("a)|(b", "ab", "[$1]"), "[]") << "a pattern that leaves the frame matches a part";
}

TEST(GoRegex, ReplacesEveryMatch) {
  const auto replaced = [](const std::string& pattern, const std::string& text, const std::string& by) {
    return GoRegex::compile(pattern)->replace_all(text, by);
  };
  EXPECT_EQ(replaced("__meta_(.+)", "__meta_zone", "${1}_x"), "zone_x");
  EXPECT_EQ(replaced("x", "y", "z"), "y");
  EXPECT_EQ(replaced("", "", "z"), "z");
  EXPECT_EQ(replaced("a)|(?:b", "abab", "."), ".ba.");
}

TEST(GoRegex, KnowsTheNamesOfItsGroups) {
  using Names = std::vector<std::pair<std::size_t, std::string>>;
  EXPECT_EQ(GoRegex::compile("(a)(?P<x>b)(?<y>c)")->group_names(), (Names{{2, "x"}, {3, "y"}}));
}

TEST(GoRegex, RefusesWhatIsNoUtf8) { EXPECT_FALSE(GoRegex::compile("\xFF")); }

}  // namespace
}  // namespace promfill
