// Goal: every list finds each of its symbols in the order of all. Method: random lists against std::set.
#include "merge/symbol_union.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace promfill {
namespace {

std::vector<std::string> texts_of(const SymbolUnion& all) {
  std::vector<std::string> texts;
  const Status walked = all.for_each([&](std::uint32_t number, std::string_view text) -> Status {
    EXPECT_EQ(number, texts.size());
    texts.emplace_back(text);
    return {};
  });
  EXPECT_TRUE(walked);
  return texts;
}

TEST(SymbolUnion, NumbersTheSymbolsOfAllLists) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    std::set<std::string> expected;
    std::vector<std::set<std::string>> sets(random() % 6);
    for (std::set<std::string>& set : sets) {
      for (std::size_t n = random() % 40; n > 0; --n) {
        std::string text(random() % 4, '\0');
        for (char& c : text) c = "\0a\x7f\x80\xff"[random() % 5];
        set.insert(text);
      }
      expected.insert(set.begin(), set.end());
    }
    std::vector<std::vector<std::string_view>> views;
    for (const std::set<std::string>& set : sets) views.emplace_back(set.begin(), set.end());
    const std::vector<SymbolSpan> spans(views.begin(), views.end());
    std::vector<const SymbolList*> lists;
    for (const SymbolSpan& span : spans) lists.push_back(&span);
    const SymbolUnion all = SymbolUnion::build(lists).value();
    const std::vector<std::string> texts = texts_of(all);
    ASSERT_EQ(texts, std::vector<std::string>(expected.begin(), expected.end()));
    ASSERT_EQ(all.size(), texts.size());
    for (std::size_t list = 0; list < lists.size(); ++list) {
      ASSERT_EQ(all.numbers(list).size(), views[list].size());
      for (std::size_t i = 0; i < views[list].size(); ++i) ASSERT_EQ(texts[all.numbers(list)[i]], views[list][i]);
    }
  }
}

TEST(SymbolUnion, OfNoListsIsEmpty) {
  const SymbolUnion all = SymbolUnion::build({}).value();
  EXPECT_EQ(all.size(), 0U);
  EXPECT_TRUE(texts_of(all).empty());
}

/// Breaks off after some symbols, as a damaged run does.
class BrokenList final : public SymbolList {
 public:
  [[nodiscard]] std::uint32_t size() const override { return 2; }
  [[nodiscard]] std::unique_ptr<SymbolCursor> walk() const override { return std::make_unique<Cursor>(); }

 private:
  class Cursor final : public SymbolCursor {
    Result<std::optional<std::string_view>> next() override {
      if (walked_++ == 0) return std::optional<std::string_view>("a");
      return Error{ErrorCode::kCorrupt, "broken"};
    }
    int walked_ = 0;
  };
};

TEST(SymbolUnion, HandsOnAListsError) {
  const std::string_view texts[] = {"b", "c"};
  const SymbolSpan whole(texts);
  const BrokenList broken;
  const auto all = SymbolUnion::build({&whole, &broken});
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, ErrorCode::kCorrupt);
}

TEST(SymbolUnion, StopsAtTheVisitorsError) {
  const std::string_view texts[] = {"a", "b", "c"};
  const SymbolSpan list(texts);
  const SymbolUnion all = SymbolUnion::build({&list}).value();
  int visited = 0;
  const Status walked = all.for_each([&](std::uint32_t, std::string_view text) -> Status {
    ++visited;
    if (text == "b") return Error{ErrorCode::kNoSpace, "full"};
    return {};
  });
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(visited, 2);
}

}  // namespace
}  // namespace promfill
