// Goal: held rows end up in their windows, and what can't be appended or resolved yet as late chunks in source order.
#include "ingest/settling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "chunk/xor_chunk.h"

namespace promfill {
namespace {

constexpr Duration kHour{3600 * 1000};
constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
using Value = std::optional<double>;

struct Row {
  std::int64_t t_ms = 0;
  Value first;
  Value second;
};

/// (role, samples as "time=value …") of the chunks of a series.
using Pieces = std::vector<std::pair<ChunkRole, std::string>>;

/// One bundle of two metrics.
class Settled : public testing::Test {
 protected:
  Settled() : store_(kHour, std::vector<std::vector<std::uint32_t>>{{0, 1}}, pool_) {
    bundle_ = store_.bundle(store_.entity("a", hash_entity_key("a")), 0);
  }

  void append(const std::vector<Row>& rows) {
    std::vector<std::int64_t> times;
    std::vector<double> values[2];
    std::vector<std::uint8_t> validity[2];
    for (std::size_t row = 0; row < rows.size(); ++row) {
      times.push_back(rows[row].t_ms);
      const Value* const of_row[] = {&rows[row].first, &rows[row].second};
      for (std::size_t m = 0; m < 2; ++m) {
        values[m].push_back(of_row[m]->value_or(-1));
        validity[m].resize(row / 8 + 1);
        if (*of_row[m]) validity[m][row / 8] = static_cast<std::uint8_t>(validity[m][row / 8] | (1U << (row % 8)));
      }
    }
    const MetricColumn columns[] = {{0, values[0].data(), validity[0].data(), 0},
                                    {1, values[1].data(), validity[1].data(), 0}};
    const MetricColumn* const pointers[] = {&columns[0], &columns[1]};
    store_.append(bundle_, times, pointers, 0, static_cast<std::uint32_t>(rows.size()));
  }

  Status settle(std::int64_t end_ms, bool final = true, DuplicatePolicy policy = DuplicatePolicy::kKeepLast) {
    Settling settling(store_, {policy, final});
    Status status = settling.settle(bundle_, end_ms);
    failed_metric_ = settling.failed_metric();
    return status;
  }

  WindowTally tally() {
    WindowTally sum;
    for (StoreWindow* window : store_.windows()) sum += window->tally;
    return sum;
  }

  std::vector<std::int64_t> held_times() {
    std::vector<std::int64_t> times;
    if (store_.bundles()[bundle_].held) store_.bundles()[bundle_].held->copy_times(times);
    return times;
  }

  /// By number of the window.
  std::map<std::int64_t, Pieces> pieces(std::size_t metric) {
    std::map<std::int64_t, Pieces> all;
    for (StoreWindow* window : store_.windows()) {
      SeriesWindow& series = window->bundles.front()->series()[metric];
      Pieces& of_window = all[window->number];
      for (const ArenaChunk* chunk = series.newest_closed; chunk != nullptr; chunk = chunk->before) {
        of_window.insert(of_window.begin(), {chunk->role, text(chunk->view(), window->number)});
      }
      if (series.open.samples > 0)
        of_window.emplace_back(ChunkRole::kOpen, text(series.open.view(ChunkEncoding::kXor), window->number));
    }
    return all;
  }

  static std::string text(const ChunkView& chunk, std::int64_t window) {
    std::vector<Sample> samples;
    EXPECT_TRUE(decode_xor_chunk(chunk.data, samples));
    std::string text;
    for (const Sample& sample : samples) {
      if (!text.empty()) text += ' ';
      text += std::to_string(sample.time.ms - window * kHour.ms) + '=' + std::to_string(std::lround(sample.value));
    }
    return text;
  }

  PagePool pool_;
  BundleStore store_;
  std::uint32_t bundle_ = 0;
  std::uint32_t failed_metric_ = 0;
};

TEST_F(Settled, SortsHeldRowsIntoTheirWindows) {
  append({{kHour.ms + 5, 4, 4}, {20, 2, {}}, {-kHour.ms, 0, 0}, {10, 1, 1}, {30, 3, 3}});
  ASSERT_EQ(held_times().size(), 5U);
  ASSERT_TRUE(settle(kAll));
  EXPECT_TRUE(held_times().empty());
  EXPECT_EQ(store_.held_bytes(), 0U);
  EXPECT_EQ(pieces(0), (std::map<std::int64_t, Pieces>{{-1, {{ChunkRole::kOpen, "0=0"}}},
                                                       {0, {{ChunkRole::kOpen, "10=1 20=2 30=3"}}},
                                                       {1, {{ChunkRole::kOpen, "5=4"}}}}));
  EXPECT_EQ(pieces(1)[0], (Pieces{{ChunkRole::kOpen, "10=1 30=3"}}));
}

TEST_F(Settled, ResolvesRepeatsWhenNothingMoreComes) {
  append({{20, 1, 1}, {10, 5, {}}, {20, 2, 1}, {10, {}, 6}, {20, 1, 1}});
  ASSERT_TRUE(settle(kAll));
  EXPECT_EQ(pieces(0)[0], (Pieces{{ChunkRole::kOpen, "10=5 20=1"}}));
  EXPECT_EQ(pieces(1)[0], (Pieces{{ChunkRole::kOpen, "10=6 20=1"}}));
  EXPECT_EQ(tally().duplicates.merged, 1U + 2);
  EXPECT_EQ(tally().duplicates.conflicting, 1U);
}

// Where others may still come, in memory or from runs, each repetition stays: a chunk begins at every equal time.
TEST_F(Settled, KeepsRepeatsAsLateChunksOtherwise) {
  append({{20, 1, 1}, {10, 5, 5}, {20, 2, {}}, {10, 6, {}}, {20, 3, {}}});
  ASSERT_TRUE(settle(kAll, false));
  EXPECT_EQ(pieces(0)[0], (Pieces{{ChunkRole::kLate, "10=5"},
                                  {ChunkRole::kLate, "10=6 20=1"},
                                  {ChunkRole::kLate, "20=2"},
                                  {ChunkRole::kLate, "20=3"}}));
  EXPECT_EQ(tally().duplicates.merged + tally().duplicates.conflicting, 0U);
  EXPECT_EQ(store_.series_seen(), 2U);
}

TEST_F(Settled, AppendsWithoutRepeatsThoughMoreMayCome) {
  append({{20, 2, 2}, {10, 1, 1}});
  ASSERT_TRUE(settle(kAll, false));
  EXPECT_EQ(pieces(0)[0], (Pieces{{ChunkRole::kOpen, "10=1 20=2"}}));
  append({{20, 3, 3}});  // settled rows count as appended
  EXPECT_EQ(held_times(), (std::vector<std::int64_t>{20}));
}

TEST_F(Settled, EncodesWhatIsBehindAsLateChunks) {
  append({{100, 1, {}}});
  append({{200, 2, {}}});
  append({{50, 3, 3}, {60, 4, {}}, {200, 5, 5}});
  ASSERT_EQ(held_times().size(), 3U);
  ASSERT_TRUE(settle(kAll));
  EXPECT_EQ(pieces(0)[0], (Pieces{{ChunkRole::kLate, "50=3 60=4 200=5"}, {ChunkRole::kOpen, "100=1 200=2"}}));
  EXPECT_TRUE(store_.windows().front()->bundles.front()->has_late);
}

// Rows that settle later in a window with late chunks may repeat their times, and are late, too.
TEST_F(Settled, GoesOnLateWhereSomethingIsLate) {
  append({{100, 1, 1}});
  append({{50, 2, 2}});
  ASSERT_TRUE(settle(kAll, false));
  append({{50, 3, 3}});
  ASSERT_TRUE(settle(kAll));
  EXPECT_EQ(pieces(0)[0],
            (Pieces{{ChunkRole::kLate, "50=2"}, {ChunkRole::kLate, "50=3"}, {ChunkRole::kOpen, "100=1"}}));
  append({{50, 3, 3}});
  EXPECT_EQ(tally().duplicates.merged, 0U) << "with late ones, what was offered last is not known";
}

TEST_F(Settled, KeepsLaterRowsHeldInSourceOrder) {
  const std::int64_t next = kHour.ms;
  append({{next + 7, 1, {}}, {30, 2, 2}, {next + 7, 3, 3}, {10, 4, {}}, {next + 1, {}, 5}, {next + 7, 6, {}}});
  ASSERT_TRUE(settle(next));
  EXPECT_EQ(held_times(), (std::vector<std::int64_t>{next + 1, next + 7, next + 7, next + 7}));
  EXPECT_EQ(tally().late_samples, 3U) << "those that are held again are counted when they are placed";
  EXPECT_EQ(store_.held_bytes(), store_.bundles()[bundle_].held->memory_bytes());
  EXPECT_EQ(pieces(0), (std::map<std::int64_t, Pieces>{{0, {{ChunkRole::kOpen, "10=4 30=2"}}}}));
  ASSERT_TRUE(settle(next + 1)) << "nothing is below";
  EXPECT_EQ(held_times().size(), 4U);
  ASSERT_TRUE(settle(kAll, true, DuplicatePolicy::kKeepFirst));
  EXPECT_EQ(pieces(0)[1], (Pieces{{ChunkRole::kOpen, "7=1"}}));
  EXPECT_EQ(pieces(1)[1], (Pieces{{ChunkRole::kOpen, "1=5 7=3"}}));
  EXPECT_EQ(tally().duplicates.conflicting, 2U);
  EXPECT_EQ(tally().late_samples, 8U);
}

TEST_F(Settled, NamesMetricAndTimeOfAConflict) {
  append({{1000, 1, 1}, {500, 2, 2}, {1000, 1, 3}});
  const Status status = settle(kAll, true, DuplicatePolicy::kFail);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kData);
  EXPECT_EQ(failed_metric_, 1U);
  EXPECT_NE(status.error().where.find("00:00:01"), std::string::npos) << status.error().text();
}

TEST_F(Settled, DoesNothingWithoutHeldRows) {
  ASSERT_TRUE(settle(kAll));
  append({{10, 1, 1}});
  ASSERT_TRUE(settle(kAll));
  EXPECT_EQ(pieces(0)[0], (Pieces{{ChunkRole::kOpen, "10=1"}}));
}

}  // namespace
}  // namespace promfill
