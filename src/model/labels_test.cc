// Labels: what create() accepts, Prometheus's order, text, names and UTF-8.
#include "promfill/labels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace promfill {
namespace {

Labels labels(std::vector<Label> pairs) {
  Result<Labels> created = Labels::create(std::move(pairs));
  EXPECT_TRUE(created);
  return std::move(created).value();
}

TEST(Labels, AreSortedByNameAndWithoutEmptyValues) {
  const Labels created = labels({{"b", "2"}, {"none", ""}, {"a", "1"}, {"C", "3"}});
  const std::vector<Label> expected{{"C", "3"}, {"a", "1"}, {"b", "2"}};
  EXPECT_TRUE(std::ranges::equal(created.pairs(), expected));
  EXPECT_EQ(created.size(), 3U);
  EXPECT_FALSE(created.empty());
}

TEST(Labels, CapitalsStandBeforeTheMetricNameAndBytesAboveAsciiLast) {
  const Labels created = labels({{"\xc3\xa9", "x"}, {"a", "x"}, {"__name__", "x"}, {"Env", "x"}, {"~", "x"}});
  std::vector<std::string> names;
  for (const Label& label : created) names.push_back(label.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Env", "__name__", "a", "~", "\xc3\xa9"}));
}

TEST(Labels, RefuseANameThatStandsTwice) {
  const Result<Labels> created = Labels::create({{"a", "1"}, {"b", "2"}, {"a", "1"}});
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::kUsage);
  EXPECT_EQ(created.error().message, "the label name \"a\" stands twice");
  EXPECT_TRUE(Labels::create({{"a", "1"}, {"a", ""}})) << "an empty value is an absent label";
}

TEST(Labels, RefuseAnEmptyName) {
  EXPECT_EQ(Labels::create({{"", "1"}}).error().message, "the label with value \"1\" has no name");
  EXPECT_FALSE(Labels::create({{"", ""}}));
}

TEST(Labels, GetFindsEveryNameAndNothingElse) {
  const Labels created = labels({{"b", "2"}, {"bb", "3"}, {"__name__", "up"}});
  EXPECT_EQ(created.get("b"), "2");
  EXPECT_EQ(created.get("bb"), "3");
  EXPECT_EQ(created.get(kMetricName), "up");
  EXPECT_EQ(created.get("a"), "");
  EXPECT_EQ(created.get("ba"), "");
  EXPECT_EQ(created.get("z"), "");
  EXPECT_EQ(Labels().get("a"), "");
}

/// Goal: the order of labels.Compare. Method: a list that is strictly rising by hand, every pair compared.
TEST(Labels, AreOrderedAsInAnIndex) {
  const std::vector<Labels> rising{
      Labels(),
      labels({{"Env", "z"}, {"__name__", "a"}}),
      labels({{"__name__", "a"}}),
      labels({{"__name__", "a"}, {"a", "1"}}),
      labels({{"__name__", "a"}, {"a", "1"}, {"b", "1"}}),
      labels({{"__name__", "a"}, {"a", "10"}}),
      labels({{"__name__", "a"}, {"a", "2"}}),
      labels({{"__name__", "a"}, {"a", "\x7f"}}),
      labels({{"__name__", "a"}, {"a", "\xc2\x80"}}),
      labels({{"__name__", "a"}, {"ab", "0"}}),
      labels({{"__name__", "a"}, {"\xc3\xa9", "0"}}),
      labels({{"__name__", "aa"}}),
      labels({{"a", "0"}}),
      labels({{"a", std::string("0\0", 2)}}),
      labels({{"a", "0a"}}),
  };
  for (std::size_t i = 0; i < rising.size(); ++i) {
    for (std::size_t j = 0; j < rising.size(); ++j) {
      EXPECT_EQ(rising[i] <=> rising[j], i <=> j) << rising[i].text() << " and " << rising[j].text();
      EXPECT_EQ(rising[i] == rising[j], i == j);
    }
  }
}

TEST(Labels, TextIsThatOfPromql) {
  EXPECT_EQ(Labels().text(), "{}");
  EXPECT_EQ(labels({{"__name__", "up"}}).text(), "up");
  EXPECT_EQ(labels({{"__name__", "a:b_1"}, {"b", "2"}, {"A", "1"}}).text(), "a:b_1{A=\"1\",b=\"2\"}");
  EXPECT_EQ(labels({{"job", "x"}}).text(), "{job=\"x\"}");
  EXPECT_EQ(labels({{"__name__", "http.requests"}}).text(), "{\"http.requests\"}");
  EXPECT_EQ(labels({{"__name__", "0"}, {"a", "1"}}).text(), "{\"0\",a=\"1\"}");
  EXPECT_EQ(labels({{"__name__", "up"}, {"k8s.pod", "p"}}).text(), "up{\"k8s.pod\"=\"p\"}");
  EXPECT_EQ(labels({{"a:b", "colon"}}).text(), "{\"a:b\"=\"colon\"}") << "a colon is for metric names only";
  EXPECT_EQ(labels({{"a", "q\"b\\n\n"}}).text(), "{a=\"q\\\"b\\\\n\\n\"}");
}

TEST(LabelValue, IsQuotedAsInOpenMetrics) {
  EXPECT_EQ(quote_label_value(""), "\"\"");
  EXPECT_EQ(quote_label_value("a\\b\"c\nd\te\r"), "\"a\\\\b\\\"c\\nd\te\r\"");
  EXPECT_EQ(quote_label_value(std::string_view("\0\xc3\xa9", 3)), std::string_view("\"\0\xc3\xa9\"", 5));
}

TEST(Names, ClassicOnesAreAsciiAndStartWithALetter) {
  for (const char* name : {"a", "Z", "_", "a0", "__name__", "A_9z"}) {
    EXPECT_TRUE(is_classic_label_name(name)) << name;
    EXPECT_TRUE(is_classic_metric_name(name)) << name;
  }
  for (const char* name : {":", "a:b", ":a"}) {
    EXPECT_FALSE(is_classic_label_name(name)) << name;
    EXPECT_TRUE(is_classic_metric_name(name)) << name;
  }
  for (const char* name : {"", "0", "0a", "a-b", "a.b", "a b", "\xc3\xa9", "a\n", "-", "@", "[", "`", "{"}) {
    EXPECT_FALSE(is_classic_label_name(name)) << name;
    EXPECT_FALSE(is_classic_metric_name(name)) << name;
  }
}

/// Goal: the well-formed byte sequences of Unicode, table 3-7, at every border, wherever in the text they stand.
TEST(Utf8, FollowsTheTableOfUnicode) {
  const std::vector<std::string> good{
      std::string(1, '\0'), "\x7f",
      "\xc2\x80",           "\xdf\xbf",
      "\xe0\xa0\x80",       "\xe0\xbf\xbf",
      "\xe1\x80\x80",       "\xec\xbf\xbf",
      "\xed\x80\x80",       "\xed\x9f\xbf",
      "\xee\x80\x80",       "\xef\xbf\xbf",
      "\xef\xbf\xbd",       "\xf0\x90\x80\x80",
      "\xf0\xbf\xbf\xbf",   "\xf1\x80\x80\x80",
      "\xf3\xbf\xbf\xbf",   "\xf4\x80\x80\x80",
      "\xf4\x8f\xbf\xbf",
  };
  const std::vector<std::string> bad{
      "\x80",
      "\xbf",  // continuation alone
      "\xc0\x80",
      "\xc1\xbf",
      "\xe0\x80\x80",
      "\xe0\x9f\xbf",
      "\xf0\x80\x80\x80",
      "\xf0\x8f\xbf\xbf",  // overlong
      "\xed\xa0\x80",
      "\xed\xaf\xbf",
      "\xed\xb0\x80",
      "\xed\xbf\xbf",  // surrogates
      "\xf4\x90\x80\x80",
      "\xf5\x80\x80\x80",
      "\xf8\x88\x80\x80\x80",
      "\xfe",
      "\xff",  // above U+10FFFF
      "\xc2",
      "\xe1",
      "\xe1\x80",
      "\xf1",
      "\xf1\x80",
      "\xf1\x80\x80",  // cut short
      "\xc2\x41",
      "\xc2\xc2",
      "\xe1\x41\x80",
      "\xe1\x80\x41",
      "\xf1\x80\x80\xc0",
      "\xf1\x41\x80\x80",
  };
  for (std::size_t before = 0; before <= 17; ++before) {
    const std::string front(before, 'a');
    for (const char* back : {"", "b", "bcdefghijkl", "\xc3\xa9"}) {
      for (const std::string& text : good) EXPECT_TRUE(is_valid_utf8(front + text + back)) << before;
      for (const std::string& text : bad) {
        EXPECT_FALSE(is_valid_utf8(front + text + back)) << before << " " << testing::PrintToString(text);
      }
    }
  }
  EXPECT_TRUE(is_valid_utf8(""));
}

TEST(Utf8, AcceptsExactlyTheCharactersOfUnicode) {
  std::size_t accepted = 0;
  for (std::uint32_t x = 0; x < 0x200000; ++x) {  // every four-byte pattern, overlong ones included
    std::string text(4, '\0');
    text[0] = static_cast<char>(0xF0 | x >> 18);
    text[1] = static_cast<char>(0x80 | (x >> 12 & 0x3F));
    text[2] = static_cast<char>(0x80 | (x >> 6 & 0x3F));
    text[3] = static_cast<char>(0x80 | (x & 0x3F));
    const bool valid = is_valid_utf8(text);
    ASSERT_EQ(valid, x >= 0x10000 && x <= 0x10FFFF) << x;
    accepted += valid ? 1 : 0;
  }
  EXPECT_EQ(accepted, 0x100000U);
}

}  // namespace
}  // namespace promfill
