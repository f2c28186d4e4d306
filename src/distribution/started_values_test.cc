#include "distribution/started_values.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "histogram/sample_record.h"

namespace promfill {
namespace {

constexpr std::int64_t kTimeMs = 1'600'000'000'000;

/// Rows of a value, a start in milliseconds and a truth value.
struct Rows {
  std::vector<std::int64_t> values;
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> ends;

  StartedValues read(const StartedValueRules& rules = {}) const {
    ColumnBatch batch;
    batch.rows = static_cast<std::int64_t>(values.size());
    for (const auto* column : {&values, &starts, &ends}) {
      batch.columns.push_back({.kind = ColumnKind::kInt64, .values = column->data()});
    }
    const std::vector<std::int64_t> times(values.size(), kTimeMs);
    return read_started_values({.value = 0, .start = 1, .stale = 2}, batch, times, {.unit = TimeUnit::kMilliseconds},
                               rules);
  }
};

StartedSample record(const StartedValues& read, std::uint32_t row) {
  StartedSample sample;
  EXPECT_TRUE(decode_record_body(read.cells.records.body(row), sample));
  return sample;
}

TEST(StartedValues, HaveTheirStart) {
  const StartedValues read = Rows{{7, 8, 9}, {kTimeMs - 5, 0, kTimeMs}, {0, 0, 0}}.read();
  EXPECT_TRUE(read.cells.bad.empty());
  EXPECT_EQ(read.cells.validity[0], 0b111);
  EXPECT_EQ(record(read, 0).sample.value, 7);
  EXPECT_EQ(record(read, 0).start.ms, kTimeMs - 5);
  EXPECT_EQ(record(read, 1).start.ms, 0) << "0 is none";
  EXPECT_EQ(record(read, 2).start.ms, kTimeMs);
}

TEST(StartedValues, EndWhereTheColumnSaysSo) {
  const StartedValues read = Rows{{7, 8}, {kTimeMs + 1, 0}, {1, 0}}.read();
  EXPECT_TRUE(read.cells.bad.empty()) << "the start of a marker is of no interest";
  EXPECT_EQ(record(read, 0).sample.bits(), kStaleNanBits);
  EXPECT_EQ(record(read, 1).sample.value, 8);
}

TEST(StartedValues, RefuseStartsThatCantBe) {
  const StartedValues read =
      Rows{{1, 2, 3}, {kTimeMs + 1, 12, kTimeMs}, {0, 0, 0}}.read({.start_min = Timestamp{1000}});
  ASSERT_EQ(read.cells.bad.size(), 2U);
  EXPECT_EQ(read.cells.bad[0].reason, "start_after_sample");
  EXPECT_EQ(read.cells.bad[1].reason, "implausible_start_time");
  EXPECT_EQ(read.cells.validity[0], 0b100);
}

TEST(StartedValues, FollowThePoliciesOfValues) {
  constexpr std::int64_t kInexact = (std::int64_t{1} << 53) + 1;
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  const Rows rows{{kInexact, kInexact - 1, kLargest}, {0, 0, 0}, {0, 0, 0}};
  EXPECT_EQ(rows.read().rounded, 2U);
  const StartedValues strict = rows.read({.inexact_is_bad = true});
  ASSERT_EQ(strict.cells.bad.size(), 2U);
  EXPECT_EQ(strict.cells.bad[1].reason, "inexact_value");
  EXPECT_EQ(strict.rounded, 0U);
}

TEST(StartedValues, CountNullsAndTellBadCellsApart) {
  static constexpr std::uint8_t kFirstOnly = 0b001;
  const std::vector<double> values{1, 2, std::nan("")};
  ColumnBatch batch;
  batch.rows = 3;
  batch.columns.push_back({.kind = ColumnKind::kDouble, .values = values.data()});
  batch.columns[0].validity = &kFirstOnly;
  batch.bad_cells.push_back({.column = 0, .row = 2, .text = "abc"});
  const std::vector<std::int64_t> times(3, kTimeMs);
  const StartedValues read = read_started_values({.value = 0}, batch, times, {}, {.nan_is_null = true});
  EXPECT_EQ(read.cells.nulls, 1);
  ASSERT_EQ(read.cells.bad.size(), 1U);
  EXPECT_EQ(read.cells.bad[0].row, 2U);
  EXPECT_EQ(read.cells.bad[0].detail, "abc");
}

}  // namespace
}  // namespace promfill
