// Goal: each action does to labels what its documentation says, and rules that can't work are refused with a way out.
// Method: tables; that whole lists of rules agree with Prometheus's own code is tests/differential/relabel_test.py.
#include "relabel/relabel.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace promfill {
namespace {

RelabelRule rule(RelabelAction action, std::vector<std::string> from, std::optional<std::string> regex,
                 std::string target = "", std::string replacement = "$1") {
  RelabelRule made;
  made.action = action;
  if (!from.empty()) made.source_labels = std::move(from);
  made.regex = std::move(regex);
  made.target_label = std::move(target);
  made.replacement = std::move(replacement);
  return made;
}

/// The labels afterwards as text, "dropped", or what the rules are refused for.
std::string relabelled(std::vector<RelabelRule> rules, NameScheme scheme = NameScheme::kUtf8) {
  const std::vector<Label> labels{{"__name__", "cpu"}, {"a", "web01:80"}, {"b", "ÄB"}, {"meta_x", "1"}};
  const auto relabeller = Relabeller::compile(rules, scheme);
  if (!relabeller) return relabeller.error().message;
  const auto after = relabeller->apply(labels);
  if (!after) return "dropped";
  std::string text;
  for (const Label& label : *after) text += (text.empty() ? "" : " ") + label.name + "=" + label.value;
  return text;
}

constexpr const char* kUnchanged = "__name__=cpu a=web01:80 b=ÄB meta_x=1";

TEST(Relabel, DoesWhatEachActionSays) {
  using enum RelabelAction;
  EXPECT_EQ(relabelled({}), kUnchanged);
  EXPECT_EQ(relabelled({rule(kReplace, {"a"}, "(?P<host>[^:]+):(\\d+)", "a", "${2}@$host")}),
            "__name__=cpu a=80@web01 b=ÄB meta_x=1");
  EXPECT_EQ(relabelled({rule(kReplace, {"a"}, "web", "a", "x")}), kUnchanged) << "anchored at both ends";
  EXPECT_EQ(relabelled({rule(kReplace, {"none"}, {}, "a")}), "__name__=cpu b=ÄB meta_x=1") << "an empty value removes";
  EXPECT_EQ(relabelled({rule(kReplace, {"b", "meta_x"}, {}, "job")}), "__name__=cpu a=web01:80 b=ÄB job=ÄB;1 meta_x=1");
  EXPECT_EQ(relabelled({rule(kKeep, {"a"}, "web.*")}), kUnchanged);
  EXPECT_EQ(relabelled({rule(kKeep, {"a"}, "db.*")}), "dropped");
  EXPECT_EQ(relabelled({rule(kDrop, {"a"}, "web.*")}), "dropped");
  EXPECT_EQ(relabelled({rule(kKeepEqual, {"a"}, {}, "b")}), "dropped");
  EXPECT_EQ(relabelled({rule(kDropEqual, {"a"}, {}, "b")}), kUnchanged);
  EXPECT_EQ(relabelled({rule(kLowercase, {"b"}, {}, "b")}), "__name__=cpu a=web01:80 b=äb meta_x=1");
  EXPECT_EQ(relabelled({rule(kUppercase, {"a"}, {}, "a")}), "__name__=cpu a=WEB01:80 b=ÄB meta_x=1");
  EXPECT_EQ(relabelled({rule(kLabelMap, {}, "meta_(.+)")}), "__name__=cpu a=web01:80 b=ÄB meta_x=1 x=1");
  EXPECT_EQ(relabelled({rule(kLabelDrop, {}, "a|meta.*")}), "__name__=cpu b=ÄB");
  EXPECT_EQ(relabelled({rule(kLabelKeep, {}, "__name__|a")}), "__name__=cpu a=web01:80");
  RelabelRule hash = rule(kHashMod, {"a", "b"}, {}, "shard");
  hash.modulus = 1000;
  EXPECT_EQ(relabelled({hash}), "__name__=cpu a=web01:80 b=ÄB meta_x=1 shard=120");
}

TEST(Relabel, ARuleSeesWhatTheOnesBeforeItDid) {
  using enum RelabelAction;
  EXPECT_EQ(relabelled({rule(kReplace, {}, {}, "a", "new"), rule(kKeep, {"a"}, "new")}),
            "__name__=cpu a=new b=ÄB meta_x=1");
  EXPECT_EQ(relabelled({rule(kLabelDrop, {}, "a"), rule(kReplace, {"a"}, {}, "b")}), "__name__=cpu meta_x=1");
}

TEST(Relabel, OfTwoLabelsMappedToOneNameTheLaterStays) {
  EXPECT_EQ(relabelled({rule(RelabelAction::kLabelMap, {}, "a|b", "", "both")}),
            "__name__=cpu a=web01:80 b=ÄB both=ÄB meta_x=1");
}

TEST(Relabel, ANameThatIsNotValidIsNotWritten) {
  const std::vector<RelabelRule> rules{rule(RelabelAction::kReplace, {"b"}, "(.*)", "x_$1", "1")};
  EXPECT_EQ(relabelled(rules), "__name__=cpu a=web01:80 b=ÄB meta_x=1 x_ÄB=1");
  EXPECT_EQ(relabelled(rules, NameScheme::kLegacy), kUnchanged);
}

TEST(Relabel, RefusesRulesThatCannotWork) {
  using enum RelabelAction;
  const std::vector<std::pair<RelabelRule, std::string>> refused{
      {rule(kReplace, {"a"}, {}), "replace needs a target_label"},
      {rule(kHashMod, {"a"}, {}, "x"), "hashmod needs a modulus"},
      {rule(kLowercase, {"a"}, {}, "x", "y"), "lowercase takes no replacement"},
      {rule(kKeepEqual, {"a"}, "(.*)", "x"), "keepequal takes source_labels and target_label only"},
      {rule(kLabelDrop, {"a"}, "x"), "labeldrop takes a regex only"},
      {rule(kLabelMap, {}, "x", "", ""), "\"\" is no replacement for labelmap"},
      {rule(kKeep, {"a"}, "(x"), "regular expression \"(x\": missing ): ^(?s:(x)$"},
      {rule(kKeep, {"a"}, "\\C"), "regular expression \"\\\\C\": invalid escape sequence: \\C"},
  };
  for (const auto& [one, message] : refused) {
    const auto relabeller = Relabeller::compile({&one, 1});
    ASSERT_FALSE(relabeller) << message;
    EXPECT_EQ(relabeller.error().code, ErrorCode::kUsage);
    EXPECT_EQ(relabeller.error().message, message);
    EXPECT_FALSE(relabeller.error().hint.empty()) << message;
  }
  const RelabelRule spaced = rule(kReplace, {"a"}, {}, "a b");
  EXPECT_TRUE(Relabeller::compile({&spaced, 1}));
  EXPECT_FALSE(Relabeller::compile({&spaced, 1}, NameScheme::kLegacy));
}

TEST(RelabelAction, IsReadInAnyCase) {
  EXPECT_EQ(*parse_relabel_action("LabelMap"), RelabelAction::kLabelMap);
  EXPECT_EQ(to_string(RelabelAction::kDropEqual), "dropequal");
  const auto unknown = parse_relabel_action("rename");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "unknown relabel action 'rename'");
}

}  // namespace
}  // namespace promfill
