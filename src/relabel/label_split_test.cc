// Goal: a text gives the labels that its groups or keys say, or the reason why not; no text is too odd. Method: tables.
#include "relabel/label_split.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace promfill {
namespace {

LabelSplit must(std::optional<std::string> regex) {
  auto split = LabelSplit::compile({"c", std::move(regex), {}});
  EXPECT_TRUE(split) << split.error().text();
  return *std::move(split);
}

/// "a=1 b=2", or the number of the trouble.
std::string split(const LabelSplit& by, std::string_view text) {
  std::vector<Label> labels;
  const SplitTrouble trouble = by.split(text, labels);
  if (trouble != SplitTrouble::kNone) return std::to_string(static_cast<int>(trouble));
  std::string all;
  for (const Label& label : labels) all += (all.empty() ? "" : " ") + label.name + "=" + label.value;
  return all;
}

std::string text_of(SplitTrouble trouble) { return std::to_string(static_cast<int>(trouble)); }

TEST(LabelSplit, TakesNamedGroups) {
  const LabelSplit by = must("servers\\.(?P<host>[^.]+)\\.(cpu|mem)(?:\\.(?<mode>.*))?");
  EXPECT_EQ(by.names(), (std::vector<std::string>{"host", "mode"}));
  EXPECT_EQ(split(by, "servers.web01.cpu.user"), "host=web01 mode=user");
  EXPECT_EQ(split(by, "servers.web01.mem"), "host=web01") << "a group that took no part";
  EXPECT_EQ(split(by, "servers.web01.mem."), "host=web01") << "an empty value is no label";
  for (const std::string_view text : {"", "routers.r1", "xservers.web01.cpu", "servers.web01.disk"}) {
    EXPECT_EQ(split(by, text), text_of(SplitTrouble::kNoMatch)) << text;
  }
}

TEST(LabelSplit, TakesKeysOfFlatJson) {
  const LabelSplit by = must(std::nullopt);
  EXPECT_TRUE(by.names().empty());
  EXPECT_EQ(split(by, "{}"), "");
  EXPECT_EQ(split(by, R"( {"a":"x","b":7,"c":-1,"d":0.50,"e":true,"f":null,"g":""} )"), "a=x b=7 c=-1 d=0.50 e=true");
  EXPECT_EQ(split(by, R"({"rack 1":"x","1a":"y","näme":"z","":"w"})"), "rack_1=x _1a=y n_me=z _=w");
  EXPECT_EQ(split(by, R"({"a":1,"a":2})"), "a=1 a=2") << "that it stands twice is for the caller to see";
  for (const std::string_view text :
       {"", "null", "7", "[]", "[{}]", "\"a\"", "{", "{\"a\":}", "{\"a\":1}x", "{'a':1}"}) {
    EXPECT_EQ(split(by, text), text_of(SplitTrouble::kNotJson)) << text;
  }
  for (const std::string_view text : {R"({"a":{}})", R"({"a":[]})", R"({"a":{"b":1}})"}) {
    EXPECT_EQ(split(by, text), text_of(SplitTrouble::kNestedValue)) << text;
  }
  EXPECT_EQ(split(by, std::string(1'000'000, '[')), text_of(SplitTrouble::kNotJson)) << "without deep recursion";
  EXPECT_EQ(split(by, "{\"a\":" + std::string(1'000'000, '[')), text_of(SplitTrouble::kNestedValue));
}

TEST(LabelSplit, RefusesWhatNamesNoLabel) {
  for (const std::string regex : {"", "a(b)", "("}) {
    const auto split = LabelSplit::compile({"c", regex, {}});
    ASSERT_FALSE(split) << regex;
    EXPECT_EQ(split.error().code, ErrorCode::kUsage);
    EXPECT_FALSE(split.error().hint.empty());
  }
}

}  // namespace
}  // namespace promfill
