// Goal: lists and maps give the columns that a table with a column for each bound would have. Method: small columns in
// Arrow's layout, with nulls, rows skipped by an offset, and lists that don't fit.
#include "family/bound_lists.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace promfill {
namespace {

using Cells = std::vector<std::optional<double>>;

std::vector<FamilySeries> series() {
  MetricMapping metric;
  metric.name = "x";
  metric.type = MetricType::kHistogram;
  metric.column = "list";
  metric.bounds = {{"1", "", {}}, {"10", "", {}}, {"+Inf", "", {}}};
  return *family_series({}, metric);
}

Cells cells_of(const ColumnView& column, std::size_t rows) {
  Cells cells;
  for (std::size_t row = 0; row < rows; ++row) {
    cells.emplace_back();
    if (column.valid(static_cast<std::int64_t>(row))) cells.back() = column.doubles()[row];
  }
  return cells;
}

TEST(BoundLists, OfValuesGiveOneForEachBound) {
  // A row that is skipped, [3 5 9], null, [1 null 2], [1 2]
  const std::vector<std::int64_t> items{7, 7, 3, 5, 9, 1, -1, 2, 1, 2};
  const std::vector<std::uint8_t> items_validity{0b10111111, 0b11};
  const std::vector<std::int32_t> offsets{0, 2, 5, 5, 8, 10};
  const std::vector<std::uint8_t> validity{0b11010};
  auto of_items = std::make_shared<ColumnView>();
  of_items->kind = ColumnKind::kInt64;
  of_items->values = items.data();
  of_items->validity = items_validity.data();
  of_items->null_count = 1;
  ColumnView lists;
  lists.kind = ColumnKind::kList;
  lists.offsets = offsets.data();
  lists.validity = validity.data();
  lists.null_count = 1;
  lists.offset = 1;
  lists.items = of_items;

  const std::vector<FamilySeries> family = series();
  BoundLists columns(family);
  SampleBatch out;
  columns.read(lists, 4, out);
  ASSERT_EQ(columns.columns().size(), 3U) << "the count is completed from +Inf";
  EXPECT_EQ(cells_of(columns.columns()[0], 4), (Cells{3, {}, 1, 0}));
  EXPECT_EQ(cells_of(columns.columns()[1], 4), (Cells{5, {}, {}, 0}));
  EXPECT_EQ(cells_of(columns.columns()[2], 4), (Cells{9, {}, 2, 0}));
  EXPECT_EQ(columns.columns()[1].null_count, 2);
  ASSERT_EQ(columns.troubled().size(), 1U);
  EXPECT_EQ(columns.troubled()[0].row, 3U);
  EXPECT_EQ(reason_of(columns.troubled()[0].trouble), "list_length");
}

/// Rows of pairs; texts are the bounds.
class Maps {
 public:
  explicit Maps(const std::vector<std::vector<std::pair<std::string, double>>>& rows) {
    for (const auto& row : rows) {
      for (const auto& [bound, value] : row) {
        text_ += bound;
        ends_.push_back(static_cast<std::int32_t>(text_.size()));
        values_.push_back(value);
      }
      offsets_.push_back(static_cast<std::int32_t>(values_.size()));
    }
    auto bounds = std::make_shared<ColumnView>();
    bounds->kind = ColumnKind::kUtf8;
    bounds->values = text_.data();
    bounds->offsets = ends_.data();
    auto values = std::make_shared<ColumnView>();
    values->kind = ColumnKind::kDouble;
    values->values = values_.data();
    view.kind = ColumnKind::kPairs;
    view.offsets = offsets_.data();
    view.items = bounds;
    view.seconds = values;
  }
  ColumnView view;

 private:
  std::string text_;
  std::vector<std::int32_t> ends_{0};
  std::vector<double> values_;
  std::vector<std::int32_t> offsets_{0};
};

TEST(BoundLists, OfPairsAreFoundByTheirBounds) {
  const Maps maps(
      {{{"inf", 9}, {"1.0", 3}, {"1e1", 5}}, {{"10", 4}}, {}, {{"2", 1}}, {{"1", 1}, {"1.0", 1}}, {{"x", 1}}});
  const std::vector<FamilySeries> family = series();
  BoundLists columns(family);
  SampleBatch out;
  for (int again = 0; again < 2; ++again) {
    columns.read(maps.view, 6, out);
    EXPECT_EQ(cells_of(columns.columns()[0], 6), (Cells{3, {}, {}, 0, 0, 0}));
    EXPECT_EQ(cells_of(columns.columns()[1], 6), (Cells{5, 4, {}, 0, 0, 0}));
    EXPECT_EQ(cells_of(columns.columns()[2], 6), (Cells{9, {}, {}, 0, 0, 0}));
    std::vector<std::string> reasons;
    for (const TroubledRow& one : columns.troubled()) {
      reasons.push_back(std::to_string(one.row) + " " + std::string(reason_of(one.trouble)));
    }
    EXPECT_EQ(reasons, (std::vector<std::string>{"3 unknown_bound", "4 repeated_bound", "5 unknown_bound"}));
  }
}

}  // namespace
}  // namespace promfill
