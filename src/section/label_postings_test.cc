// LabelPostings against a map: in memory, and through runs of every size; what becomes of a failing scratch file.
#include "section/label_postings.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

#include "file/faulty_file_system.h"
#include "file/temporary_directory.h"

namespace promfill {
namespace {

using Lists = std::vector<std::pair<SymbolPair, std::vector<SeriesRef>>>;

/// Takes lists as PostingsWriter does, and checks that each is as long as it was said to be.
struct Collected {
  Lists lists;
  std::uint64_t count = 0;
  std::size_t failing_end = 0;  ///< this call of end() fails
  std::size_t ends = 0;

  Status begin(SymbolPair label, std::uint64_t length) {
    lists.push_back({label, {}});
    count = length;
    return {};
  }
  void add(SeriesRef series) { lists.back().second.push_back(series); }
  Status end() {
    EXPECT_EQ(lists.back().second.size(), count);
    if (++ends == failing_end) return Error{ErrorCode::kIo, "no", "", ""};
    return {};
  }
};

class LabelPostingsTest : public testing::Test {
 protected:
  void add(LabelPostings& postings, std::vector<SymbolPair> labels, SeriesRef series) {
    postings.add(labels, series);
    if (scratch_.usable() && postings.full()) postings.spill(scratch_);
  }
  Lists drained(LabelPostings& postings) {
    Collected collected;
    const Status status = postings.drain(scratch_, collected);
    EXPECT_TRUE(status) << status.error().text();
    return collected.lists;
  }

  TemporaryDirectory directory_;
  FaultyFileSystem fs_{real_file_system()};
  ScratchFile scratch_{fs_, directory_.path()};
};

TEST_F(LabelPostingsTest, HasNoListsWithoutSeries) {
  LabelPostings postings;
  EXPECT_TRUE(drained(postings).empty());
}

TEST_F(LabelPostingsTest, OrdersListsByNameThenValue) {
  for (const std::uint64_t memory_bytes : {LabelPostings::kUnlimited, std::uint64_t{0}}) {
    LabelPostings postings(memory_bytes);
    add(postings, {{{3}, {9}}, {{7}, {2}}}, {4});
    add(postings, {{{7}, {1}}}, {5});
    add(postings, {{{3}, {9}}}, {6});
    EXPECT_EQ(drained(postings), (Lists{{{{3}, {9}}, {{4}, {6}}}, {{{7}, {1}}, {{5}}}, {{{7}, {2}}, {{4}}}}));
  }
}

// From one value a name to sparse ones, of one to four bytes; labels missing here and there, so that places of names
// move.
TEST_F(LabelPostingsTest, AgreesWithAMap) {
  for (const std::uint32_t values : {1U, 3U, 1000U, 100'000U, 4'000'000'000U}) {
    std::mt19937_64 random(values);
    std::vector<std::vector<SymbolPair>> series(5000);
    std::map<SymbolPair, std::vector<SeriesRef>> expected;
    for (std::uint32_t i = 0; i < series.size(); ++i) {
      for (std::uint32_t name = 1; name <= 5; ++name) {
        if (random() % 3 == 0) continue;
        series[i].push_back({{name}, {1 + static_cast<std::uint32_t>(random() % values)}});
        expected[series[i].back()].push_back({i + 1});
      }
    }
    for (const std::uint64_t memory_bytes : {LabelPostings::kUnlimited, std::uint64_t{100'000}, std::uint64_t{0}}) {
      SCOPED_TRACE(testing::Message() << values << " values in " << memory_bytes << " bytes");
      LabelPostings postings(memory_bytes);
      for (std::uint32_t i = 0; i < series.size(); ++i) add(postings, series[i], {i + 1});
      EXPECT_EQ(drained(postings), Lists(expected.begin(), expected.end()));
    }
  }
}

TEST_F(LabelPostingsTest, CountsWhatItHolds) {
  LabelPostings postings(1'000'000);
  std::uint64_t before = postings.memory_bytes();
  std::uint32_t series = 0;
  for (; !postings.full(); ++series) postings.add(std::vector<SymbolPair>{{{1}, {series + 1}}}, {series + 1});
  // A use takes 8 bytes, and 16 to be sorted; chunks are not full.
  EXPECT_GE(postings.memory_bytes(), before + 24 * series);
  EXPECT_LE(postings.memory_bytes(), before + 24 * series + 3 * (64 << 10) + 1000);
  postings.spill(scratch_);
  EXPECT_FALSE(postings.full());
  EXPECT_EQ(drained(postings).size(), series);
  EXPECT_LE(postings.memory_bytes(), before);
}

// Else merging would need more memory, for a block of each run, than collecting.
TEST_F(LabelPostingsTest, MakesFewRunsInLittleMemory) {
  LabelPostings postings(0);
  constexpr std::uint32_t kSeries = 200'000;
  std::uint32_t spills = 0;
  for (std::uint32_t i = 1; i <= kSeries; ++i) {
    postings.add(std::vector<SymbolPair>{{{1}, {i}}}, {i});
    if (!postings.full()) continue;
    postings.spill(scratch_);
    ++spills;
  }
  EXPECT_GE(spills, 3U);
  EXPECT_LE(spills * spills * kScratchBlockBytes / 2, 2 * 24U * kSeries);  // chunks are half full at worst
  EXPECT_EQ(drained(postings).size(), kSeries);
}

TEST_F(LabelPostingsTest, HoldsNothingForNamesOfThePast) {
  LabelPostings postings(100'000);
  for (std::uint32_t i = 1; i <= 20'000; ++i) {
    add(postings, {{{i}, {1}}}, {i});
    ASSERT_LE(postings.memory_bytes(), 1'000'000U);
  }
  EXPECT_EQ(drained(postings).size(), 20'000U);
}

TEST_F(LabelPostingsTest, StopsAtTheFirstError) {
  for (const std::uint64_t memory_bytes : {LabelPostings::kUnlimited, std::uint64_t{0}}) {
    LabelPostings postings(memory_bytes);
    add(postings, {{{1}, {1}}}, {4});
    add(postings, {{{1}, {2}}}, {5});
    add(postings, {{{1}, {3}}}, {6});
    Collected collected;
    collected.failing_end = 2;
    const Status status = postings.drain(scratch_, collected);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().message, "no");
    EXPECT_EQ(collected.lists.size(), 2U);
  }
}

TEST_F(LabelPostingsTest, LosesNothingSilentlyWhereSpillingFails) {
  LabelPostings postings(0);
  fs_.fail({.call = FileCall::kAppend, .code = ErrorCode::kNoSpace});
  add(postings, {{{1}, {1}}}, {4});
  ASSERT_TRUE(fs_.struck());
  add(postings, {{{1}, {2}}}, {5});
  Collected collected;
  const Status status = postings.drain(scratch_, collected);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ErrorCode::kNoSpace);
  EXPECT_TRUE(collected.lists.empty());
}

}  // namespace
}  // namespace promfill
