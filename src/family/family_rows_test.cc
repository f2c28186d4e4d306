// Goal: rows whose buckets contradict each other are found, each with its reason, and lose all their values; others are
// what they were. Method: small tables of nullable columns, in integers and doubles, and all their values after it.
#include "family/family_rows.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "promfill/sample.h"

namespace promfill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
using Cells = std::vector<std::optional<double>>;

class Table {
 public:
  explicit Table(const MetricMapping& metric) : series_(*family_series({}, metric)) {}

  /// Columns as the mapping's: one for each series that is not completed, from which the others are copied.
  std::vector<std::string> check(std::vector<Cells> columns, ColumnKind kind = ColumnKind::kDouble) {
    std::vector<ColumnView> views;
    std::size_t next = 0;
    rows_ = columns.front().size();
    for (const FamilySeries& one : series_) {
      if (!one.is_generated) views.push_back(view(columns[next++], kind));
      if (one.is_generated) views.emplace_back();
    }
    for (std::size_t s = 0; s < series_.size(); ++s) {
      if (series_[s].is_generated) views[s] = views[source_of(s)];
    }
    FamilyRows rows(series_);
    std::vector<std::string> found;
    for (const TroubledRow& one : rows.check(views, rows_, out_)) {
      found.push_back(std::to_string(one.row) + " " + std::string(reason_of(one.trouble)) + " of " +
                      series_text(series_[one.series]) + ", " + std::to_string(one.cells));
    }
    views_ = std::move(views);
    return found;
  }

  /// What is left of a series.
  [[nodiscard]] Cells left(std::size_t series) const {
    Cells cells;
    std::int64_t nulls = 0;
    const ColumnView& view = views_[series];
    for (std::size_t row = 0; row < rows_; ++row) {
      const auto at = static_cast<std::int64_t>(row);
      cells.emplace_back();
      nulls += view.valid(at) ? 0 : 1;
      if (!view.valid(at)) continue;
      cells.back() = view.kind == ColumnKind::kDouble ? view.doubles()[row] : static_cast<double>(view.int64s()[row]);
    }
    EXPECT_EQ(nulls, view.null_count);
    return cells;
  }

 private:
  struct Memory {
    std::vector<double> doubles;
    std::vector<std::int64_t> integers;
    std::vector<std::uint8_t> validity;
  };

  [[nodiscard]] std::size_t source_of(std::size_t generated) const {
    for (std::size_t s = 0; s < series_.size(); ++s) {
      if (!series_[s].is_generated && series_[s].metric.column == series_[generated].metric.column) return s;
    }
    ADD_FAILURE();
    return 0;
  }

  /// Three cells of rubbish come before them, which the offset skips.
  ColumnView view(const Cells& cells, ColumnKind kind) {
    constexpr std::size_t kSkipped = 3;
    Memory& memory = *memory_.emplace_back(std::make_unique<Memory>());
    memory.doubles.assign(kSkipped, -9);
    memory.integers.assign(kSkipped, -9);
    memory.validity.assign((kSkipped + cells.size()) / 8 + 1, 0);
    ColumnView view;
    for (std::size_t row = 0; row < cells.size(); ++row) {
      memory.doubles.push_back(cells[row].value_or(-7));
      memory.integers.push_back(static_cast<std::int64_t>(cells[row].value_or(-7)));
      const std::size_t bit = row + kSkipped;
      if (cells[row]) memory.validity[bit / 8] = static_cast<std::uint8_t>(memory.validity[bit / 8] | (1U << bit % 8));
      view.null_count += cells[row] ? 0 : 1;
    }
    view.kind = kind;
    view.offset = kSkipped;
    view.validity = view.null_count > 0 ? memory.validity.data() : nullptr;
    view.values =
        kind == ColumnKind::kDouble ? static_cast<const void*>(memory.doubles.data()) : memory.integers.data();
    return view;
  }

  std::vector<FamilySeries> series_;
  std::vector<std::unique_ptr<Memory>> memory_;
  std::vector<ColumnView> views_;
  SampleBatch out_;
  std::size_t rows_ = 0;
};

/// Buckets 1 and 2 and a count; +Inf is completed.
MetricMapping histogram(bool cumulative = true) {
  MetricMapping metric;
  metric.name = "x";
  metric.type = MetricType::kHistogram;
  metric.bounds = {{"1", "b1"}, {"2", "b2"}};
  metric.count = "n";
  metric.cumulative = cumulative;
  return metric;
}

using Found = std::vector<std::string>;

TEST(FamilyRows, LeaveGoodRowsAsTheyAre) {
  for (const ColumnKind kind : {ColumnKind::kDouble, ColumnKind::kInt64}) {
    Table table(histogram());
    EXPECT_EQ(table.check({{1, 0, 5}, {1, 0, 6}, {1, 0, 7}}, kind), Found());
    EXPECT_EQ(table.left(0), (Cells{1, 0, 5}));
    EXPECT_EQ(table.left(2), (Cells{1, 0, 7})) << "+Inf is the count";
  }
}

TEST(FamilyRows, FindCountsThatFall) {
  for (const ColumnKind kind : {ColumnKind::kDouble, ColumnKind::kInt64}) {
    Table table(histogram());
    EXPECT_EQ(
        table.check({{1, 3, 1, 1}, {2, 2, 2, 2}, {3, 3, 1, 3}}, kind),
        (Found{"1 decreasing_buckets of x_bucket{le=\"2.0\"}, 3", "2 decreasing_buckets of x_bucket{le=\"+Inf\"}, 3"}));
    for (std::size_t s = 0; s < 4; ++s) {
      EXPECT_EQ(table.left(s), (Cells{s == 0 ? 1 : s == 1 ? 2 : 3, {}, {}, s == 0 ? 1 : s == 1 ? 2 : 3}));
    }
  }
}

TEST(FamilyRows, FindCountsThatAreNone) {
  Table table(histogram());
  EXPECT_EQ(table.check({{-1, kNan, 1, 1}, {2, 2, kInf, 2}, {3, 3, 3, 3}}),
            (Found{"0 negative_count of x_bucket{le=\"1.0\"}, 3", "1 invalid_count of x_bucket{le=\"1.0\"}, 3",
                   "2 invalid_count of x_bucket{le=\"2.0\"}, 3"}));
  EXPECT_EQ(table.left(3), (Cells{{}, {}, {}, 3}));
}

TEST(FamilyRows, HoldTheCountAgainstTheLastBucket) {
  MetricMapping metric = histogram();
  metric.bounds = {{"1", "b1"}, {"+Inf", "all"}};
  Table table(metric);
  EXPECT_EQ(table.check({{1, 1}, {2, 2}, {2, 3}}), Found{"1 count_mismatch of x_count, 3"});
  metric.count.clear();
  Table completed(metric);
  EXPECT_EQ(completed.check({{1, 3}, {2, 2}}), Found{"1 decreasing_buckets of x_bucket{le=\"+Inf\"}, 2"});
  EXPECT_EQ(completed.left(2), (Cells{2, {}})) << "the count is that of +Inf";
}

TEST(FamilyRows, PassOverNulls) {
  Table table(histogram());
  EXPECT_EQ(table.check({{1, {}, 3}, {{}, 1, {}}, {3, {}, 2}}),
            Found{"2 decreasing_buckets of x_bucket{le=\"+Inf\"}, 2"});
  EXPECT_EQ(table.left(0), (Cells{1, {}, {}}));
  EXPECT_EQ(table.left(1), (Cells{{}, 1, {}}));
  EXPECT_EQ(table.left(2), (Cells{3, {}, {}}));
}

TEST(FamilyRows, AddUpCountsOfSingleBuckets) {
  for (const ColumnKind kind : {ColumnKind::kDouble, ColumnKind::kInt64}) {
    Table table(histogram(false));
    EXPECT_EQ(
        table.check({{1, 5, 0, {}, {}}, {2, 0, 0, 1, {}}, {4, 4, 0, 9, 9}}, kind),
        (Found{"1 decreasing_buckets of x_bucket{le=\"+Inf\"}, 3", "3 missing_bucket of x_bucket{le=\"1.0\"}, 2"}));
    EXPECT_EQ(table.left(0), (Cells{1, {}, 0, {}, {}}));
    EXPECT_EQ(table.left(1), (Cells{3, {}, 0, {}, {}}));
    EXPECT_EQ(table.left(2), (Cells{4, {}, 0, {}, 9}));
  }
  MetricMapping metric = histogram(false);
  metric.bounds = {{"1", "b1"}, {"+Inf", "above"}};
  metric.count.clear();
  Table completed(metric);
  EXPECT_EQ(completed.check({{1, 2}, {3, 0}}), Found());
  EXPECT_EQ(completed.left(1), (Cells{4, 2}));
  EXPECT_EQ(completed.left(2), (Cells{4, 2}));
}

TEST(FamilyRows, OfStaleMarkersAreGood) {
  const auto stale = std::bit_cast<double>(kStaleNanBits);
  for (const bool cumulative : {true, false}) {
    Table table(histogram(cumulative));
    EXPECT_EQ(table.check({{stale, stale}, {stale, 1}, {stale, 1}}),
              Found{"1 invalid_count of x_bucket{le=\"1.0\"}, 3"});
    for (std::size_t s = 0; s < 4; ++s) {
      const Cells left = table.left(s);
      ASSERT_TRUE(left[0]);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(*left[0]), kStaleNanBits) << s;
    }
  }
}

TEST(FamilyRows, OfASummaryHaveACountThatIsOne) {
  MetricMapping metric;
  metric.name = "y";
  metric.type = MetricType::kSummary;
  metric.bounds = {{"0.5", "p50"}, {"0.9", "p90"}};
  metric.sum = "s";
  metric.count = "n";
  Table table(metric);
  EXPECT_EQ(table.check({{kNan, 3, -1}, {2, 1, 2}, {-5, kNan, 1}, {0, -1, 1}}),
            Found{"1 negative_count of y_count, 4"});
  EXPECT_EQ(table.left(1), (Cells{2, {}, 2}));
}

}  // namespace
}  // namespace promfill
