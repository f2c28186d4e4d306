// Goal: rows come back as they were offered, over pages of every size, with and without values missing.
#include "store/held_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

namespace promfill {
namespace {

using Value = std::optional<double>;
using Values = std::vector<std::vector<Value>>;

/// A batch's columns: values[m][row]; an empty list is a metric that the batch doesn't have.
struct Columns {
  explicit Columns(const Values& of, std::uint32_t offset = 0) {
    for (const std::vector<Value>& column : of) {
      std::vector<double>& dense = values.emplace_back();
      std::vector<std::uint8_t>& bits = validity.emplace_back((column.size() + offset) / 8 + 1);
      bool whole = true;
      for (std::size_t row = 0; row < column.size(); ++row) {
        dense.push_back(column[row].value_or(-1));
        whole = whole && column[row].has_value();
        const std::size_t bit = row + offset;
        if (column[row]) bits[bit / 8] = static_cast<std::uint8_t>(bits[bit / 8] | (1U << (bit % 8)));
      }
      columns.push_back({0, dense.data(), whole ? nullptr : bits.data(), offset});
    }
    for (std::size_t m = 0; m < of.size(); ++m) pointers.push_back(of[m].empty() ? nullptr : &columns[m]);
  }
  std::vector<std::vector<double>> values;
  std::vector<std::vector<std::uint8_t>> validity;
  std::vector<MetricColumn> columns;
  std::vector<const MetricColumn*> pointers;
};

std::vector<Value> column_of(const HeldRows& held, std::uint32_t metric) {
  std::vector<double> values;
  std::vector<std::uint8_t> validity;
  held.copy_values(metric, values);
  const bool has_nulls = held.copy_validity(metric, validity);
  std::vector<Value> column;
  for (std::size_t row = 0; row < values.size(); ++row) {
    column.push_back(has_nulls && validity[row] == 0 ? Value() : Value(values[row]));
  }
  return column;
}

TEST(HeldRows, GivesBackWhatWasAdded) {
  std::mt19937_64 random(1);
  PagePool pool;
  for (const std::uint32_t metrics : {1U, 2U, 5U, 300U}) {
    for (int round = 0; round < 6; ++round) {
      HeldRows held(metrics, pool);
      std::vector<std::int64_t> expected_times;
      std::vector<std::vector<Value>> expected(metrics);
      for (int add = 0; add < 40; ++add) {
        const std::uint32_t rows = static_cast<std::uint32_t>(1 + random() % (add % 10 == 9 ? 3000 / metrics + 1 : 9));
        std::vector<std::int64_t> times(rows);
        for (std::int64_t& t : times) t = static_cast<std::int64_t>(random() % 1000) - 500;
        const auto begin = static_cast<std::uint32_t>(random() % rows);
        const auto end = static_cast<std::uint32_t>(begin + 1 + random() % (rows - begin));
        std::vector<std::vector<Value>> columns(metrics);
        for (std::uint32_t m = 0; m < metrics; ++m) {
          const std::uint64_t kind = round == 0 ? 2 : random() % 4;  // absent, with nulls, whole
          for (std::uint32_t row = 0; kind > 0 && row < rows; ++row) {
            columns[m].push_back(kind == 1 && random() % 3 == 0 ? Value() : Value(static_cast<double>(random() % 99)));
          }
          for (std::uint32_t row = begin; row < end; ++row) {
            expected[m].push_back(columns[m].empty() ? Value() : columns[m][row]);
          }
        }
        expected_times.insert(expected_times.end(), times.begin() + begin, times.begin() + end);
        held.add(times, Columns(columns, static_cast<std::uint32_t>(random() % 20)).pointers, begin, end);
      }
      std::vector<std::int64_t> times;
      held.copy_times(times);
      ASSERT_EQ(times, expected_times);
      EXPECT_EQ(held.rows(), times.size());
      EXPECT_EQ(held.min_ms(), *std::min_element(times.begin(), times.end()));
      EXPECT_EQ(held.max_ms(), *std::max_element(times.begin(), times.end()));
      for (std::uint32_t m = 0; m < metrics; ++m) ASSERT_EQ(column_of(held, m), expected[m]) << metrics << " " << m;
      EXPECT_GE(held.memory_bytes(), times.size() * 8 * (metrics + 1));
    }
  }
}

TEST(HeldRows, SaysWhereNothingIsMissing) {
  PagePool pool;
  HeldRows held(2, pool);
  const std::int64_t times[] = {2, 1};
  held.add(times, Columns(Values{{1, 2}, {3, std::nullopt}}).pointers, 0, 2);
  std::vector<std::uint8_t> validity = {7};
  EXPECT_FALSE(held.copy_validity(0, validity));
  EXPECT_EQ(validity, std::vector<std::uint8_t>{7}) << "untouched";
  EXPECT_TRUE(held.copy_validity(1, validity));
  EXPECT_EQ(validity, (std::vector<std::uint8_t>{1, 0}));
}

// Bundles may be very many, each with a few late rows.
TEST(HeldRows, StartSmall) {
  PagePool pool;
  HeldRows held(2, pool);
  const std::int64_t times[] = {1};
  held.add(times, Columns(Values{{1}, {2}}).pointers, 0, 1);
  EXPECT_LE(held.memory_bytes(), 256U);
  EXPECT_EQ(pool.mapped_bytes(), 0U);
}

}  // namespace
}  // namespace promfill
