// Goal: the index and Arrow's parser agree on what the cells of a text are, wherever the index has an opinion; columns
// are the same from either.
#include "source/csv_columns.h"

#include <gtest/gtest.h>

#include <arrow/csv/options.h>

#include <memory>
#include <random>
#include <string>

namespace promfill {
namespace {

struct Block {
  Block(std::string_view rows_text, std::size_t columns)
      : text(rows_text), index(',', columns), options(arrow::csv::ParseOptions::Defaults()) {
    options.newlines_in_values = true;
    options.invalid_row_handler = [this](const arrow::csv::InvalidRow&) {
      ++bad_rows;
      return arrow::csv::InvalidRowResult::Skip;
    };
    parser = std::make_unique<arrow::csv::BlockParser>(options, static_cast<std::int32_t>(columns), 1, 1000);
  }

  std::string text;
  CsvIndex index;
  arrow::csv::ParseOptions options;
  std::unique_ptr<arrow::csv::BlockParser> parser;
  int bad_rows = 0;
};

std::vector<std::string> cells_of(const TextColumn& column) {
  std::vector<std::string> cells;
  const ColumnView view = column.view();
  for (std::int64_t row = 0; row < column.rows(); ++row) {
    if (!view.valid(row)) {
      cells.emplace_back("null");
    } else if (view.kind == ColumnKind::kUtf8) {
      cells.push_back("'" + std::string(view.text(row)) + "'");
    } else {
      cells.push_back(std::to_string(view.kind == ColumnKind::kDouble ? view.doubles()[row]
                                                                      : static_cast<double>(view.int64s()[row])));
    }
  }
  return cells;
}

std::string random_text(std::mt19937_64& random, std::string_view characters) {
  std::string text(random() % (random() % 8 == 0 ? 200 : 14), ' ');
  for (char& c : text) c = characters[random() % characters.size()];
  return text + '\n';
}

/// Rows of so many cells, of which some have quotes or nothing.
std::string random_rows(std::mt19937_64& random, std::size_t columns) {
  std::string text;
  for (std::size_t rows = 1 + random() % 30; rows > 0; --rows) {
    for (std::size_t column = 0; column < columns; ++column) {
      const std::string number = std::to_string(static_cast<std::int64_t>(random() % 2000) - 1000);
      const auto kind = random() % 8;
      text += kind == 0 ? "" : kind == 1 ? '"' + number + ",\n\"" : kind == 2 ? '"' + number + '"' : number;
      text += column + 1 < columns ? "," : random() % 2 == 0 ? "\n" : "\r\n";
    }
  }
  return text;
}

/// How many blocks the index took: each of them as the parser has it.
int compare(std::string_view text, std::size_t columns) {
  Block block(text, columns);
  if (!block.index.read(block.text, 1000)) return 0;
  std::uint32_t bytes = 0;
  EXPECT_TRUE(block.parser->Parse(block.text, &bytes).ok());
  EXPECT_EQ(block.bad_rows, 0) << text;
  EXPECT_EQ(block.index.bytes(), bytes) << text;
  EXPECT_EQ(block.index.rows(), static_cast<std::size_t>(block.parser->num_rows())) << text;
  if (testing::Test::HasFailure()) return 0;
  const CellFormat format;
  for (std::size_t i = 0; i < columns; ++i) {
    for (const ColumnKind kind : {ColumnKind::kUtf8, ColumnKind::kInt64, ColumnKind::kDouble}) {
      for (const bool as_label : {false, true}) {
        std::vector<BadCell> bad_by_index;
        std::vector<BadCell> bad_by_parser;
        const CsvColumn column{i, {.kind = kind, .source_type = {}}, as_label, i};
        EXPECT_EQ(cells_of(read_csv_column(block.index, column, format, bad_by_index)),
                  cells_of(read_csv_column(*block.parser, column, format, bad_by_parser)))
            << text;
        EXPECT_EQ(bad_by_index.size(), bad_by_parser.size()) << text;
      }
    }
  }
  return 1;
}

TEST(CsvColumns, AreThoseOfArrowsParserWhereTheIndexHasAnOpinion) {
  std::mt19937_64 random(7);
  int taken = 0;
  for (int i = 0; i < 100'000 && !HasFailure(); ++i) {
    const std::size_t columns = 1 + random() % 4;
    taken += compare(random_text(random, i % 2 == 0 ? "1,\n" : "1,\n\"\r"), columns);
  }
  EXPECT_GT(taken, 300);
}

TEST(CsvColumns, AreTheSameOfRowsWithQuotes) {
  std::mt19937_64 random(8);
  int taken = 0;
  for (int i = 0; i < 3000 && !HasFailure(); ++i) {
    const std::size_t columns = 2 + random() % 9;
    taken += compare(random_rows(random, columns), columns);
  }
  EXPECT_EQ(taken, 3000);
}

TEST(CsvColumns, KnowNumbersThatStandForNothing) {
  CellFormat format;
  format.nulls.emplace_back("-999");
  Block block("1\n-999\n2.5\n", 1);
  ASSERT_TRUE(block.index.read(block.text, 1000));
  std::vector<BadCell> bad;
  const auto read = [&](ColumnKind kind, bool as_label) {
    return cells_of(read_csv_column(block.index, {0, {.kind = kind, .source_type = {}}, as_label, 0}, format, bad));
  };
  EXPECT_EQ(read(ColumnKind::kDouble, false), (std::vector<std::string>{"1.000000", "null", "2.500000"}));
  EXPECT_EQ(read(ColumnKind::kInt64, false), (std::vector<std::string>{"1.000000", "null", "2.500000"}));
  EXPECT_EQ(read(ColumnKind::kDouble, true), (std::vector<std::string>{"'1'", "null", "'2.5'"}));
  EXPECT_TRUE(bad.empty());
}

}  // namespace
}  // namespace promfill
