// Goal: labels as rules see them, while other rules change them: the order decides what labelmap keeps. Method: by
// hand.
#include "relabel/label_builder.h"

#include <gtest/gtest.h>

namespace promfill {
namespace {

std::string text_of(const std::vector<Label>& labels) {
  std::string text;
  for (const Label& label : labels) text += label.name + "=" + label.value + " ";
  return text;
}

TEST(LabelBuilder, KeepsWhatNobodyChangedInFront) {
  const std::vector<Label> base{{"a", "1"}, {"b", "2"}, {"c", "3"}};
  LabelBuilder builder(base);
  EXPECT_EQ(text_of(builder.labels()), "a=1 b=2 c=3 ");
  builder.set("b", "new");
  builder.set("aa", "added");
  EXPECT_EQ(text_of(builder.labels()), "a=1 c=3 b=new aa=added ");
  EXPECT_EQ(text_of(builder.sorted()), "a=1 aa=added b=new c=3 ");
  builder.set("b", "again");
  EXPECT_EQ(text_of(builder.labels()), "a=1 c=3 b=again aa=added ") << "in the place of the first change";
}

TEST(LabelBuilder, AnEmptyValueIsNoLabel) {
  const std::vector<Label> base{{"a", "1"}, {"b", "2"}};
  LabelBuilder builder(base);
  builder.set("a", "");
  builder.remove("b");
  builder.remove("none");
  EXPECT_EQ(builder.get("a"), "");
  EXPECT_EQ(builder.get("b"), "");
  EXPECT_EQ(builder.get("none"), "");
  EXPECT_TRUE(builder.labels().empty());
  builder.set("a", "back");
  EXPECT_EQ(builder.get("a"), "back");
  EXPECT_EQ(text_of(builder.sorted()), "a=back ");
}

}  // namespace
}  // namespace promfill
