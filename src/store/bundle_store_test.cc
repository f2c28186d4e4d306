// Goal: rows in order go straight into chunks, all others are held in source order, and no window is lost on the way.
#include "store/bundle_store.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <optional>
#include <random>

#include "chunk/xor_chunk.h"

namespace promfill {
namespace {

constexpr Duration kTwoHours{2 * 3600 * 1000};
constexpr std::int64_t kFirstMs = 1'600'000'000'000 / kTwoHours.ms * kTwoHours.ms;
using Value = std::optional<double>;

struct Row {
  std::int64_t t_ms = 0;
  std::vector<Value> values;
};

/// A store with one kind of bundle, of as many metrics as the rows have.
class Storing : public testing::Test {
 protected:
  Storing() : store_(kTwoHours, std::vector<std::vector<std::uint32_t>>{{0, 1}}, pool_) {}

  std::uint32_t bundle(const std::string& key) { return store_.bundle(store_.entity(key, hash_entity_key(key)), 0); }

  void append(std::uint32_t bundle, const std::vector<Row>& rows) {
    std::vector<std::int64_t> times;
    std::vector<std::vector<double>> values(2);
    std::vector<std::vector<std::uint8_t>> validity(2, std::vector<std::uint8_t>(rows.size() / 8 + 1));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      times.push_back(rows[row].t_ms);
      for (std::size_t m = 0; m < 2; ++m) {
        values[m].push_back(rows[row].values[m].value_or(-1));
        if (!rows[row].values[m]) continue;
        validity[m][row / 8] = static_cast<std::uint8_t>(validity[m][row / 8] | (1U << (row % 8)));
      }
    }
    const MetricColumn columns[] = {{0, values[0].data(), validity[0].data(), 0},
                                    {1, values[1].data(), validity[1].data(), 0}};
    const MetricColumn* const pointers[] = {&columns[0], &columns[1]};
    store_.append(bundle, times, pointers, 0, static_cast<std::uint32_t>(rows.size()));
  }

  WindowTally tally() {
    WindowTally sum;
    for (StoreWindow* window : store_.windows()) sum += window->tally;
    return sum;
  }

  std::vector<std::int64_t> held_times(std::uint32_t bundle) {
    std::vector<std::int64_t> times;
    if (store_.bundles()[bundle].held) store_.bundles()[bundle].held->copy_times(times);
    return times;
  }

  /// Appended samples of one metric of the bundle, by the start of their windows.
  std::map<std::int64_t, std::vector<Sample>> appended(std::uint32_t bundle, std::size_t metric) {
    std::map<std::int64_t, std::vector<Sample>> samples;
    for (StoreWindow* window : store_.windows()) {
      for (BundleWindow* entry : window->bundles) {
        if (entry->first_series != store_.bundles()[bundle].first_series) continue;
        EXPECT_EQ(samples.count(window->number * kTwoHours.ms), 0U) << "a bundle stands in a window twice";
        samples[window->number * kTwoHours.ms] = samples_of(entry->series()[metric]);
      }
    }
    return samples;
  }

  static std::vector<Sample> samples_of(SeriesWindow& series) {
    std::vector<const ArenaChunk*> closed;
    for (const ArenaChunk* chunk = series.newest_closed; chunk != nullptr; chunk = chunk->before)
      closed.push_back(chunk);
    std::vector<Sample> samples;
    for (auto chunk = closed.rbegin(); chunk != closed.rend(); ++chunk) {
      EXPECT_TRUE(decode_xor_chunk((*chunk)->view().data, samples));
    }
    if (series.open.samples > 0) {
      EXPECT_TRUE(decode_xor_chunk(series.open.view(ChunkEncoding::kXor).data, samples));
    }
    return samples;
  }

  PagePool pool_;
  BundleStore store_;
};

std::vector<Row> rising(std::size_t n, std::int64_t from_ms, std::int64_t step_ms) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < n; ++i) {
    const auto number = static_cast<std::int64_t>(i);
    rows.push_back({from_ms + number * step_ms, {static_cast<double>(i % 7), static_cast<double>(i)}});
  }
  return rows;
}

TEST_F(Storing, AppendsRowsInOrderAcrossWindows) {
  const std::uint32_t a = bundle("a");
  const std::vector<Row> rows = rising(3000, kFirstMs - 100'000, 5'000);
  append(a, {rows.begin(), rows.begin() + 1});
  append(a, {rows.begin() + 1, rows.begin() + 1700});
  append(a, {rows.begin() + 1700, rows.end()});
  EXPECT_TRUE(held_times(a).empty());
  EXPECT_EQ(store_.series_seen(), 2U);
  std::size_t samples = 0;
  for (const auto& [begin, of_window] : appended(a, 1)) {
    for (const Sample& sample : of_window) {
      EXPECT_EQ(sample.time.ms, rows[samples].t_ms);
      EXPECT_EQ(sample.value, static_cast<double>(samples++));
      EXPECT_EQ(window_number(sample.time.ms, kTwoHours.ms) * kTwoHours.ms, begin);
    }
  }
  EXPECT_EQ(samples, rows.size());
}

TEST_F(Storing, HoldsWhatIsNotAboveTheHighest) {
  const std::uint32_t a = bundle("a");
  append(a, rising(10, kFirstMs, 1000));
  append(a, {{kFirstMs + 3500, {1, 2}}});
  append(a, {{kFirstMs + 9000, {1, 2}}});  // the last time with another value
  append(a, {{kFirstMs + 20'000, {1, 2}}});
  EXPECT_EQ(held_times(a), (std::vector<std::int64_t>{kFirstMs + 3500, kFirstMs + 9000}));
  EXPECT_EQ(appended(a, 0)[kFirstMs].size(), 11U);
  EXPECT_GT(store_.held_bytes(), 0U);
}

TEST_F(Storing, MergesTheLastRowOfferedAgain) {
  const std::uint32_t a = bundle("a");
  append(a, {{kFirstMs, {1, std::nullopt}}});
  append(a, {{kFirstMs, {1, std::nullopt}}});
  EXPECT_EQ(tally().duplicates.merged, 1U);
  append(a, {{kFirstMs, {1, 2}}});  // the second has none for this time yet
  EXPECT_EQ(tally().duplicates.merged, 1U);
  EXPECT_EQ(held_times(a).size(), 1U);
  append(a, {{kFirstMs, {1, std::nullopt}}});  // behind a held row of its time, the order of offers must be kept
  EXPECT_EQ(tally().duplicates.merged, 1U);
  EXPECT_EQ(held_times(a).size(), 2U);
}

TEST_F(Storing, TellsZerosAndNansByTheirBits) {
  const std::uint32_t a = bundle("a");
  append(a, {{kFirstMs, {0.0, std::bit_cast<double>(0x7ff8000000000001)}}});
  append(a, {{kFirstMs, {0.0, std::bit_cast<double>(0x7ff8000000000001)}}});
  EXPECT_EQ(tally().duplicates.merged, 2U);
  append(a, {{kFirstMs, {-0.0, std::nullopt}}});
  append(a, {{kFirstMs, {std::nullopt, std::bit_cast<double>(0x7ff8000000000002)}}});
  EXPECT_EQ(tally().duplicates.merged, 2U);
  EXPECT_EQ(held_times(a).size(), 2U);
}

TEST_F(Storing, HoldsARunThatFallsBackOftenAsAWhole) {
  const std::uint32_t a = bundle("a");
  std::vector<Row> rows = rising(8, kFirstMs, 1000);
  std::swap(rows[3], rows[4]);  // once in eight rows is not often
  append(a, rows);
  EXPECT_EQ(held_times(a), (std::vector<std::int64_t>{kFirstMs + 3000}));
  const std::uint32_t b = bundle("b");
  rows.pop_back();
  append(b, rows);
  std::vector<std::int64_t> times;
  for (const Row& row : rows) times.push_back(row.t_ms);
  EXPECT_EQ(held_times(b), times);
  EXPECT_TRUE(appended(b, 0).empty());
}

// A row at a time at which rows are held, though above all that was appended, was offered after them.
TEST_F(Storing, HoldsWhatFallsAmongHeldRows) {
  const std::uint32_t a = bundle("a");
  append(a, {{kFirstMs + 9000, {1, 1}}, {kFirstMs + 5000, {2, 2}}, {kFirstMs + 7000, {3, 3}}});
  ASSERT_EQ(held_times(a).size(), 3U);
  append(a, rising(4, kFirstMs + 3000, 1000));  // 3 and 4 s are below them, 5 and 6 s among them
  append(a, {{kFirstMs + 9000, {4, 4}}});
  append(a, {{kFirstMs + 9001, {5, 5}}});
  EXPECT_EQ(held_times(a).size(), 6U);
  const std::vector<Sample> samples = appended(a, 0)[kFirstMs];
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[0].time.ms, kFirstMs + 3000);
  EXPECT_EQ(samples[1].time.ms, kFirstMs + 4000);
  EXPECT_EQ(samples[2].time.ms, kFirstMs + 9001);
}

TEST_F(Storing, FindsTheWindowsThatABundleLeft) {
  std::mt19937_64 random(1);
  std::vector<std::uint32_t> bundles;
  for (int i = 0; i < 40; ++i) bundles.push_back(bundle("e" + std::to_string(i)));
  std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t> next;  // by bundle and window: time to come
  std::size_t rows = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t to = bundles[random() % bundles.size()];
    const std::int64_t number = static_cast<std::int64_t>(random() % 30) - 15;
    const std::int64_t t_ms = number * kTwoHours.ms + next[{to, number}]++;
    append(to, {{t_ms, {1, 2}}});
    ++rows;
    if (i == 10'000) {
      const auto taken = store_.take_windows(-5);
      for (const auto& window : taken) EXPECT_LT(window->number, -5);
      EXPECT_EQ(taken.size(), 10U);
      EXPECT_EQ(store_.windows().front()->number, -5);
      next.clear();
      store_.take_windows(INT64_MAX);
      EXPECT_TRUE(store_.windows().empty());
      rows = 0;
    }
  }
  std::size_t samples = 0;
  for (const std::uint32_t one : bundles) {
    for (const auto& [begin, of_window] : appended(one, 1)) samples += of_window.size();
  }
  EXPECT_EQ(samples, rows);
}

TEST_F(Storing, TakesWindowsBelowANumberInOrder) {
  const std::uint32_t a = bundle("a");
  for (const std::int64_t number : {3, -2, 0, 7}) append(a, {{number * kTwoHours.ms, {1, 1}}});
  std::vector<std::int64_t> numbers;
  for (const auto& window : store_.take_windows(3)) numbers.push_back(window->number);
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{-2, 0}));
  append(a, {{7 * kTwoHours.ms + 1, {1, 1}}});  // the window that the bundle was in goes on
  EXPECT_EQ(appended(a, 0)[7 * kTwoHours.ms].size(), 2U);
  numbers.clear();
  for (const auto& window : store_.take_windows(INT64_MAX)) numbers.push_back(window->number);
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{3, 7}));
  EXPECT_TRUE(store_.take_windows(INT64_MAX).empty());
}

TEST_F(Storing, KnowsAWindowWithoutSamples) {
  append(bundle("a"), {{kFirstMs, {std::nullopt, std::nullopt}}});
  ASSERT_EQ(store_.windows().size(), 1U);
  EXPECT_TRUE(store_.windows().front()->empty());
  EXPECT_EQ(store_.series_seen(), 0U);
  append(bundle("b"), {{kFirstMs, {std::nullopt, 1}}});
  EXPECT_FALSE(store_.windows().front()->empty());
  EXPECT_EQ(store_.series_seen(), 1U);
  EXPECT_FALSE(store_.seen(store_.bundles()[bundle("b")].first_series));
  EXPECT_TRUE(store_.seen(store_.bundles()[bundle("b")].first_series + 1));
}

TEST_F(Storing, GivesEntitiesAndBundlesOneNumberEach) {
  const std::uint32_t a = bundle("a");
  const std::uint32_t b = bundle("b");
  EXPECT_NE(a, b);
  EXPECT_EQ(bundle("a"), a);
  EXPECT_EQ(store_.entities(), 2U);
  EXPECT_EQ(store_.series(), 4U);
  EXPECT_EQ(store_.bundles()[b].first_series, 2U);
}

// The last chunk that is open stays; what was closed before is elsewhere.
TEST_F(Storing, ForgetsClosedChunksThatWereWritten) {
  const std::uint32_t a = bundle("a");
  append(a, rising(1000, kFirstMs, 1000));
  const std::uint64_t before = store_.chunk_bytes();
  EXPECT_GT(before, 0U);
  store_.drop_closed_chunks();
  EXPECT_EQ(store_.chunk_bytes(), 0U);
  append(a, rising(1000, kFirstMs + 1'000'000, 1000));
  const std::vector<Sample> samples = appended(a, 1)[kFirstMs];
  EXPECT_GT(samples.size(), 1000U);
  EXPECT_LT(samples.size(), 1240U);
  EXPECT_EQ(samples.back().time.ms, kFirstMs + 1'999'000);
}

}  // namespace
}  // namespace promfill
