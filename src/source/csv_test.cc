// Goal: rows of a CSV file are those that it has, with the numbers of its lines, in however many parts and batches it
// is read; what is no row is handed on as such.
#include "source/csv.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "source/parquet_fixture.h"

namespace promfill {
namespace {

using Notes = std::vector<std::string>;

class Csv : public testing::Test {
 protected:
  std::unique_ptr<Source> open(const std::string& text, const CsvOptions& csv = {}) {
    const std::string path = directory_.path("t.csv");
    write_bytes(path, text);
    SourceOptions options;
    options.csv = csv;
    auto source = open_csv(path, options);
    EXPECT_TRUE(source) << source.error().text();
    return *std::move(source);
  }

  Notes rows_of(const std::string& text, std::int64_t batch_rows = 1000) {
    const auto notes = noted_rows(*open(text), batch_rows);
    EXPECT_TRUE(notes) << notes.error().text();
    return notes ? *notes : Notes();
  }

  TemporaryDirectory directory_;
};

TEST_F(Csv, RowsHaveTheNumbersOfTheirLines) {
  const std::string text = "a,b\n1,x\n\n2,y\n3\n4,z,\n5,w\n";
  for (const std::int64_t batch_rows : {1, 2, 3, 1000}) {
    Notes notes = rows_of(text, batch_rows);
    std::sort(notes.begin(), notes.end());
    EXPECT_EQ(notes, (Notes{"2: 1|x", "4: 2|y", "5: too_few_cells", "6: too_many_cells", "7: 5|w"})) << batch_rows;
  }
}

TEST_F(Csv, TheLastLineNeedsNoEnd) {
  EXPECT_EQ(rows_of("a,b\n1,x\n2,y"), (Notes{"2: 1|x", "3: 2|y"}));
  EXPECT_EQ(rows_of("a,b\r\n1,\"x\"\r\n2,\"y\"\r\n"), (Notes{"2: 1|x", "3: 2|y"}));
}

TEST_F(Csv, QuotedBreaksAreFoundAndTheirRowsCounted) {
  const auto source = open("a,b\n1,\"x\ny\"\n2,z\n");
  EXPECT_EQ(source->pieces().size(), 1U);
  const auto notes = noted_rows(*source, 1000);
  ASSERT_TRUE(notes);
  EXPECT_EQ(*notes, (Notes{"2: 1|x\ny", "3: 2|z"}));
}

TEST_F(Csv, AQuoteThatIsNeverClosedNamesItsRow) {
  CsvOptions options;
  options.quoted_breaks = false;
  const auto notes = noted_rows(*open("a,b\n1,x\n2,\"y\n3,z\n", options), 1000);
  ASSERT_FALSE(notes);
  EXPECT_NE(notes.error().text().find("t.csv, row 3"), std::string::npos) << notes.error().text();
  EXPECT_NE(notes.error().text().find("--csv-quoted-breaks"), std::string::npos);
}

/// Some ten parts, rows of all lengths, a few lines that are none.
TEST_F(Csv, PartsHaveEachRowOnceAndKnowItsNumber) {
  std::string text = "n,text\n";
  Notes expected;
  for (int i = 0; text.size() < (20U << 20); ++i) {
    const std::string number = std::to_string(i + 2) + ": ";
    if (i % 9973 == 0) {
      text += i % 2 == 0 ? "odd\n" : "\n";
      if (i % 2 == 0) expected.push_back(number + "too_few_cells");
    } else {
      const std::string cell(static_cast<std::size_t>(i * 7 % 90), 'x');
      text += std::to_string(i) + "," + cell + "\n";
      expected.push_back(number + std::to_string(i) + "|" + (cell.empty() ? "null" : cell));
    }
  }
  const auto source = open(text);
  EXPECT_GE(source->pieces().size(), 10U);
  const auto by_number = [](const std::string& a, const std::string& b) { return std::stoi(a) < std::stoi(b); };
  for (const std::int64_t batch_rows : {1000, 1 << 16}) {
    auto notes = noted_rows(*source, batch_rows);
    ASSERT_TRUE(notes) << notes.error().text();
    std::sort(notes->begin(), notes->end(), by_number);
    EXPECT_TRUE(*notes == expected) << batch_rows;  // too many to print
  }
}

/// A process that goes on where another stopped has not read the parts before.
TEST_F(Csv, APartFindsItsFirstRowWithoutTheOthers) {
  std::string text = "n,v\n";
  for (int i = 0; i < 500'000; ++i) text += std::to_string(1'000'000 + i) + "," + std::to_string(i % 10) + "\n";
  const auto source = open(text);
  const std::size_t last = source->pieces().size() - 1;
  ASSERT_GE(last, 1U);
  const auto first_row = source->first_row(last);
  ASSERT_TRUE(first_row);
  const std::vector<ColumnRequest> columns{{0, false}};
  const auto reader = source->read(last, columns, 1);
  ASSERT_TRUE(reader);
  const auto batch = (*reader)->next();
  ASSERT_TRUE(batch && *batch);
  EXPECT_EQ((*batch)->columns[0].int64s()[0], 1'000'000 + *first_row - 2);
}

}  // namespace
}  // namespace promfill
