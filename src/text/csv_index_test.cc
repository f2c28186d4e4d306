// Goal: the index finds every cell of rows that are as they should be, wherever 64 bytes end, and leaves every other
// block to the parser.
#include "text/csv_index.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

namespace promfill {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::optional<Rows> rows_of(std::string_view text, std::size_t columns, std::size_t rows_max = 1000) {
  CsvIndex index(',', columns);
  if (!index.read(text, rows_max)) return std::nullopt;
  Rows rows(index.rows());
  for (std::size_t column = 0; column < columns; ++column) {
    std::size_t row = 0;
    index.for_each_cell(column, [&](std::string_view cell) { rows[row++].emplace_back(cell); });
  }
  return rows;
}

TEST(CsvIndex, FindsTheCellsOfRows) {
  EXPECT_EQ(rows_of("a,b\n1,\n,2\n", 2), (Rows{{"a", "b"}, {"1", ""}, {"", "2"}}));
  EXPECT_EQ(rows_of("x\r\ny\r\n", 1), (Rows{{"x"}, {"y"}}));
  EXPECT_EQ(rows_of("1,a\r\n2,b\n", 2), (Rows{{"1", "a"}, {"2", "b"}}));
}

TEST(CsvIndex, TakesQuotesOffWholeCells) {
  EXPECT_EQ(rows_of("\"a\",\"b,c\"\n\"\",\"x\ny\"\r\n", 2), (Rows{{"a", "b,c"}, {"", "x\ny"}}));
  EXPECT_EQ(rows_of("\"\r\",\"1\r\n\"\r\n", 2), (Rows{{"\r", "1\r\n"}}));
}

TEST(CsvIndex, LeavesWhatIsOddToTheParser) {
  for (const char* const text :
       {"", "1,2", "1,2\n3", "1\n", "1,2,3\n", "1\n1,2,3\n", "1,2\n\n", "\n1,2\n", "1,2\n\r\n", "\"a\"\"b\",1\n",
        "a\"b,1\n", "\"a\"b,1\n", "\"a\" ,1\n", "1,\"a\n", "1\r,2\n", "1,2\r3\n", "1,\"a\"\r2\n"}) {
    EXPECT_EQ(rows_of(text, 2), std::nullopt) << text;
  }
  for (const char* const text : {"\n", "1\n\n2\n", "1\n\r\n", "1\n\"\"\n"}) EXPECT_EQ(rows_of(text, 1), std::nullopt);
}

TEST(CsvIndex, StopsAfterTheRowsAskedFor) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += std::to_string(i) + ",x\n";
  CsvIndex index(',', 2);
  for (std::size_t begin = 0, row = 0; begin < text.size(); begin += index.bytes()) {
    ASSERT_TRUE(index.read(std::string_view(text).substr(begin), 7));
    ASSERT_EQ(index.rows(), std::min<std::size_t>(7, 100 - row));
    index.for_each_cell(0, [&](std::string_view cell) { EXPECT_EQ(cell, std::to_string(row++)); });
  }
  // What comes after those rows need not be rows.
  EXPECT_EQ(rows_of("1,2\n" + std::string(100, 'x') + "\"\n", 2, 1), (Rows{{"1", "2"}}));
}

/// The same text at every distance from a boundary of 64 bytes.
TEST(CsvIndex, ReadsAlikeWhereverItsStepsEnd) {
  const std::string rows = "\"a,b\",1\r\n\"\",22\nccc,\"3\n3\"\n";
  for (std::size_t before = 1; before < 140; ++before) {
    const auto found = rows_of(std::string(before, 'z') + ",0\n" + rows, 2);
    ASSERT_TRUE(found) << before;
    EXPECT_EQ(*found, (Rows{{std::string(before, 'z'), "0"}, {"a,b", "1"}, {"", "22"}, {"ccc", "3\n3"}})) << before;
    EXPECT_EQ(rows_of(std::string(before, 'z') + ",0\n\"x\"y,1\n", 2), std::nullopt) << before;
    EXPECT_EQ(rows_of(std::string(before, 'z') + ",0\nx\"y\",1\n", 2), std::nullopt) << before;
    EXPECT_EQ(rows_of(std::string(before, 'z') + ",0\nx,1\r2\n", 2), std::nullopt) << before;
  }
}

}  // namespace
}  // namespace promfill
