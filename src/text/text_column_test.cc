// Goal: a column says of each row what was added, through nulls, rows taken back and integers that turn out to be
// fractions.
#include "text/text_column.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>

namespace promfill {
namespace {

using Cells = std::vector<std::optional<double>>;

Cells cells_of(const TextColumn& column) {
  const ColumnView view = column.view();
  Cells cells;
  std::int64_t nulls = 0;
  for (std::int64_t row = 0; row < column.rows(); ++row) {
    if (!view.valid(row)) {
      ++nulls;
      cells.emplace_back();
    } else if (view.kind == ColumnKind::kDouble) {
      cells.emplace_back(view.doubles()[row]);
    } else if (view.kind == ColumnKind::kBool) {
      cells.emplace_back(view.boolean(row) ? 1 : 0);
    } else if (view.kind == ColumnKind::kUtf8) {
      cells.emplace_back(static_cast<double>(view.text(row).size()));
    } else {
      cells.emplace_back(static_cast<double>(view.int64s()[row]));
    }
  }
  EXPECT_EQ(view.null_count, nulls);
  return cells;
}

void add(TextColumn& column, double value) {
  switch (column.kind()) {
    case ColumnKind::kBool:
      return column.add(value != 0);
    case ColumnKind::kDouble:
      return column.add(value);
    case ColumnKind::kUtf8:
      return column.add(std::string_view("xxxxxxxxxxxxxxxxxxxxxxx").substr(0, static_cast<std::size_t>(value)));
    default:
      return column.add(static_cast<std::int64_t>(value));
  }
}

TEST(TextColumn, KeepsWhatIsAddedAndForgetsWhatIsTakenBack) {
  for (const ColumnKind kind :
       {ColumnKind::kInt64, ColumnKind::kDouble, ColumnKind::kBool, ColumnKind::kTimestamp, ColumnKind::kUtf8}) {
    std::mt19937 random(static_cast<unsigned>(kind));
    for (int round = 0; round < 50; ++round) {
      TextColumn column(kind, 10);
      Cells expected;
      for (int step = 0; step < 200; ++step) {
        const auto what = static_cast<unsigned>(random() % 10);
        if (what == 0 && !expected.empty()) {
          column.remove_last();
          expected.pop_back();
        } else if (what <= (round % 2 == 0 ? 3U : 0U)) {
          column.add_null();
          expected.emplace_back();
        } else {
          const double value = static_cast<double>(random() % (kind == ColumnKind::kBool ? 2 : 20));
          add(column, value);
          expected.emplace_back(value);
        }
      }
      EXPECT_EQ(cells_of(column), expected) << to_string(kind);
    }
  }
}

TEST(TextColumn, WidensIntegers) {
  TextColumn column(ColumnKind::kInt64, 3);
  column.add(std::int64_t{1});
  column.add_null();
  column.widen();
  column.add(0.5);
  EXPECT_EQ(column.kind(), ColumnKind::kDouble);
  EXPECT_EQ(cells_of(column), (Cells{1.0, std::nullopt, 0.5}));
}

}  // namespace
}  // namespace promfill
