// Goal: values reach ingest bit for bit, without a copy where the source's own layout serves.
#include "mapping/metric_values.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "model/column_fixture.h"
#include "promfill/sample.h"

namespace promfill {
namespace {

constexpr std::int64_t kTwo53 = std::int64_t{1} << 53;

struct Column {
  Column(ColumnKind kind, std::vector<Cell> cells, std::size_t skipped) : rows(cells.size()) {
    const FixtureTable table({{"v", kind, std::move(cells)}});
    const ColumnRequest request{};
    batch = table.batch(std::span(&request, 1), 0, rows, skipped);
  }
  [[nodiscard]] const ColumnView& view() const { return batch.columns[0]; }
  std::size_t rows;
  ColumnBatch batch;
};

std::vector<std::optional<std::uint64_t>> bits_of(const MetricColumn& column, std::uint32_t rows) {
  std::vector<std::optional<std::uint64_t>> bits;
  for (std::uint32_t row = 0; row < rows; ++row) {
    bits.push_back(column.valid(row) ? std::optional(std::bit_cast<std::uint64_t>(column.values[row])) : std::nullopt);
  }
  return bits;
}

TEST(MetricValues, PointAtDoublesInTheirOrder) {
  const double stale = std::bit_cast<double>(kStaleNanBits);
  const Column column(ColumnKind::kDouble, {1.5, Cell(), -0.0, stale, HUGE_VAL}, 11);
  SampleBatch out;
  add_metric_values(column.view(), column.rows, std::nullopt, 3, out);
  ASSERT_EQ(out.metrics.size(), 1U);
  EXPECT_EQ(out.metrics[0].metric, 3U);
  EXPECT_EQ(out.metrics[0].values, column.view().doubles());
  EXPECT_TRUE(out.owned_values.empty());
  EXPECT_EQ(bits_of(out.metrics[0], 5),
            (std::vector<std::optional<std::uint64_t>>{std::bit_cast<std::uint64_t>(1.5), std::nullopt,
                                                       std::bit_cast<std::uint64_t>(-0.0), kStaleNanBits,
                                                       std::bit_cast<std::uint64_t>(HUGE_VAL)}));
}

TEST(MetricValues, ReorderValuesAndNulls) {
  const std::vector<std::uint32_t> order{4, 2, 1, 0, 0, 1, 2, 3, 4, 1};
  for (const ColumnKind kind : {ColumnKind::kDouble, ColumnKind::kInt64, ColumnKind::kBool}) {
    std::vector<Cell> cells{Cell(), Cell(), Cell(), Cell(), Cell()};
    const std::vector<double> numbers{1, 0, 0, 1, 1};
    for (const std::size_t row : {0U, 2U, 3U, 4U}) {
      if (kind == ColumnKind::kDouble) cells[row] = numbers[row];
      if (kind == ColumnKind::kInt64) cells[row] = static_cast<std::int64_t>(numbers[row]);
      if (kind == ColumnKind::kBool) cells[row] = numbers[row] != 0;
    }
    const Column column(kind, cells, 5);
    SampleBatch out;
    add_metric_values(column.view(), column.rows, order, 0, out);
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      EXPECT_EQ(out.metrics[0].valid(i), order[i] != 1);
      if (order[i] != 1) {
        EXPECT_EQ(out.metrics[0].values[i], numbers[order[i]]);
      }
    }
  }
}

TEST(MetricValues, CountIntegersThatNoDoubleHolds) {
  struct Case {
    std::int64_t value;
    std::uint64_t rounded;
  };
  const std::vector<Case> cases{{kTwo53, 0},
                                {kTwo53 + 1, 1},
                                {kTwo53 + 2, 0},
                                {-kTwo53, 0},
                                {-kTwo53 - 1, 1},
                                {std::numeric_limits<std::int64_t>::max(), 1},
                                {std::numeric_limits<std::int64_t>::min(), 0},
                                {0, 0}};
  for (const Case& c : cases) {
    const Column column(ColumnKind::kInt64, {c.value, Cell(), std::int64_t{1}}, 0);
    SampleBatch out;
    add_metric_values(column.view(), column.rows, std::nullopt, 0, out);
    EXPECT_EQ(out.judged.values_rounded, c.rounded) << c.value;
    EXPECT_EQ(out.metrics[0].values[0], static_cast<double>(c.value));
  }
}

TEST(MetricValues, CountOnlyRowsThatAreKept) {
  const Column column(ColumnKind::kInt64, {kTwo53 + 1, kTwo53 + 3, std::int64_t{1}}, 0);
  const std::vector<std::uint32_t> kept{1, 2};
  SampleBatch out;
  add_metric_values(column.view(), column.rows, kept, 0, out);
  EXPECT_EQ(out.judged.values_rounded, 1U);
}

}  // namespace
}  // namespace promfill
