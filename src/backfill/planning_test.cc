// Goal: what a job knows before it reads: the times of pieces in milliseconds from the statistics of sources, in the
// unit and with the offset that mapping will use; the block duration that follows; bundles of metrics.
#include "backfill/planning.h"

#include <gtest/gtest.h>

#include "backfill/table_source.h"

namespace promfill {
namespace {

constexpr Timestamp kNow{1'700'000'000'000};
constexpr std::int64_t kStartS = 1'600'000'000;
constexpr std::int64_t kStartMs = kStartS * 1000;

/// A table of `time` and `load` that says of each piece what its smallest and largest time is.
class KnownTimes final : public Source {
 public:
  KnownTimes(const std::vector<std::int64_t>& times, std::size_t piece_rows)
      : table_("table", columns(times), piece_rows), pieces_(table_.pieces().begin(), table_.pieces().end()) {
    for (PieceInfo& piece : pieces_) {
      const auto from = times.begin() + piece.first_row - 1;
      const auto [min, max] = std::minmax_element(from, from + piece.rows);
      piece.ranges = {{.column = 1, .min = -1, .max = -1}, {.column = 0, .min = *min, .max = *max}};
    }
  }
  [[nodiscard]] const std::string& name() const override { return table_.name(); }
  [[nodiscard]] const SourceSchema& schema() const override { return table_.schema(); }
  [[nodiscard]] std::span<const PieceInfo> pieces() const override { return pieces_; }
  Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                            std::int64_t batch_rows) override {
    return table_.read(piece, columns, batch_rows);
  }
  void forget(std::size_t piece) { pieces_[piece].ranges.clear(); }

 private:
  static std::vector<TableColumn> columns(const std::vector<std::int64_t>& times) {
    return {{"time", std::vector<std::optional<std::int64_t>>(times.begin(), times.end())},
            {"load", std::vector<std::optional<double>>(times.size(), 1.0)}};
  }
  TableSource table_;
  std::vector<PieceInfo> pieces_;
};

class Planning : public testing::Test {
 protected:
  KnownTimes& add(const std::vector<std::int64_t>& times, std::size_t piece_rows = 2) {
    auto source = std::make_unique<KnownTimes>(times, piece_rows);
    KnownTimes& added = *source;
    sources_.push_back(std::move(source));
    return added;
  }
  JobPlan plan() {
    auto planned = plan_job(sources_, mapping_, options_, kNow);
    EXPECT_TRUE(planned) << planned.error().text();
    return planned ? *std::move(planned) : JobPlan();
  }
  std::vector<std::unique_ptr<Source>> sources_;
  Mapping mapping_;
  BackfillOptions options_;
};

using PieceTimes = std::vector<std::vector<std::optional<TimeSpan>>>;

TimeSpan span(std::int64_t min_ms, std::int64_t max_ms) { return {.min = {min_ms}, .max = {max_ms}}; }

TEST_F(Planning, KnowsTheTimesOfPiecesInMilliseconds) {
  add({kStartS + 7, kStartS, kStartS + 20, kStartS + 9});
  add({kStartS + 3600});
  EXPECT_EQ(plan().piece_times, (PieceTimes{{span(kStartMs, kStartMs + 7000), span(kStartMs + 9000, kStartMs + 20'000)},
                                            {span(kStartMs + 3'600'000, kStartMs + 3'600'000)}}));
}

TEST_F(Planning, ConvertsTimesAsMappingDoes) {
  add({1, 3});
  mapping_.timestamp.offset_ms = kStartMs;
  mapping_.timestamp.unit = TimeUnit::kSeconds;
  EXPECT_EQ(plan().piece_times, (PieceTimes{{span(kStartMs + 1000, kStartMs + 3000)}}));
  mapping_.timestamp.unit = TimeUnit::kMicroseconds;
  EXPECT_EQ(plan().piece_times, (PieceTimes{{span(kStartMs, kStartMs)}}));
  mapping_.timestamp.unit = {};
  mapping_.timestamp.offset_ms = 0;
  sources_.clear();
  add({kStartMs, kStartMs + 5});
  EXPECT_EQ(plan().piece_times, (PieceTimes{{span(kStartMs, kStartMs + 5)}})) << "judged by magnitude";
}

TEST_F(Planning, CountsNoTimesThatAreNotKept) {
  add({kStartS, kStartS + 10, 5, kStartS + 20, kStartS + 5000, kStartS + 5001});
  options_.min_time = Timestamp{kStartMs + 5000};
  options_.max_time = Timestamp{kStartMs + 100'000};
  const JobPlan job = plan();
  EXPECT_EQ(
      job.piece_times,
      (PieceTimes{{span(kStartMs + 5000, kStartMs + 10'000), span(kStartMs + 5000, kStartMs + 20'000), TimeSpan()}}));
  EXPECT_EQ(job.block_duration, (Duration{2 * 3600 * 1000}));
}

TEST_F(Planning, BoundsImplausibleTimesByWhatIsPlausible) {
  add({kStartS, kStartS + 10, kStartS, 5, kStartS, 99'999'999'999, kStartS, kStartS});
  EXPECT_EQ(plan().piece_times[0][1], span(PlausibleTimes::kMin.ms, kStartMs));
  EXPECT_EQ(plan().piece_times[0][2], span(kStartMs, kNow.ms + PlausibleTimes::kFuture.ms));
  options_.allow_implausible_times = true;
  EXPECT_EQ(plan().piece_times[0][1], span(5000, kStartMs));
}

TEST_F(Planning, DoesNotGuessTimesBeyond64Bits) {
  add({kStartS, kStartS, kStartS, std::numeric_limits<std::int64_t>::max()});
  const JobPlan job = plan();
  EXPECT_TRUE(job.piece_times[0][0]);
  EXPECT_FALSE(job.piece_times[0][1]);
  EXPECT_EQ(job.block_duration, (Duration{2 * 3600 * 1000}));
}

TEST_F(Planning, ChoosesTheBlockDurationForAllSources) {
  add({kStartS, kStartS + 3600});
  EXPECT_EQ(plan().block_duration, (Duration{2 * 3600 * 1000}));
  KnownTimes& later = add({kStartS + 8 * 86400 - 1, kStartS});
  const JobPlan job = plan();
  EXPECT_EQ(job.block_duration, (Duration{486LL * 3600 * 1000}));
  EXPECT_EQ(job.decisions.back(), "block duration 486h: the data spans 8d, the smallest 2h*3^n that covers it");
  later.forget(0);
  EXPECT_FALSE(plan().piece_times[1][0]);
  EXPECT_EQ(plan().block_duration, (Duration{2 * 3600 * 1000})) << "one piece without statistics could hold any time";
  options_.block_duration = Duration{1000};
  const JobPlan told = plan();
  EXPECT_EQ(told.block_duration, (Duration{1000}));
  EXPECT_EQ(told.decisions.size() + 1, job.decisions.size()) << "what the user says needs no reason";
}

TEST_F(Planning, PutsMetricsOfOneMappingIntoOneBundle) {
  add({kStartS});
  mapping_.metrics = {{.column = "load", .name = "a", .help = {}, .human_name = {}, .unit = {}, .place = {}},
                      {.column = "load", .name = "b", .help = {}, .human_name = {}, .unit = {}, .place = {}}};
  EXPECT_EQ(plan().bundle_of_metric, (std::vector<std::uint32_t>{0, 0}));
}

TEST(MetricBundles, JoinMetricsThatTheSameSourcesYield) {
  using Numbers = std::vector<std::uint32_t>;
  struct Case {
    std::size_t metrics;
    std::vector<Numbers> yielded;
    Numbers bundles;
  };
  const Case cases[] = {
      {0, {}, {}},
      {3, {{0, 1, 2}}, {0, 0, 0}},
      {3, {{0, 1, 2}, {2, 0, 1}}, {0, 0, 0}},
      {3, {{0, 1}, {1, 2}}, {0, 1, 2}},
      {4, {{3, 0}, {1, 2}, {3, 0}}, {0, 1, 1, 0}},
      {4, {{0, 1, 2, 3}, {1, 3}}, {0, 1, 0, 1}},
      {2, {{}, {}}, {0, 0}},
      {3, {{2}}, {0, 0, 1}},
  };
  for (const Case& c : cases) EXPECT_EQ(bundle_metrics(c.metrics, c.yielded), c.bundles);
}

}  // namespace
}  // namespace promfill
