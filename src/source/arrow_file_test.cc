// Goal: Arrow files, Arrow streams and ORC files of the same table are the same rows; a file that was cut off is an
// error, never fewer rows.
#include "source/arrow_file.h"

#include <arrow/adapters/orc/adapter.h>
#include <arrow/ipc/writer.h>
#include <gtest/gtest.h>

#include "source/parquet_fixture.h"

namespace promfill {
namespace {

constexpr std::int64_t kRows = 1000;
constexpr std::int64_t kBatchRows = 300;

std::shared_ptr<arrow::Table> table() {
  arrow::Int64Builder numbers;
  arrow::StringBuilder texts;
  arrow::DoubleBuilder values;
  for (std::int64_t row = 0; row < kRows; ++row) {
    EXPECT_TRUE(numbers.Append(row).ok() && texts.Append("h" + std::to_string(row % 7)).ok());
    EXPECT_TRUE((row % 5 == 0 ? values.AppendNull() : values.Append(static_cast<double>(row) / 4)).ok());
  }
  return arrow::Table::Make(arrow::schema({arrow::field("n", arrow::int64()), arrow::field("host", arrow::utf8()),
                                           arrow::field("v", arrow::float64())}),
                            {*numbers.Finish(), *texts.Finish(), *values.Finish()});
}

enum class Kind : std::uint8_t { kFile, kStream, kOrc };

void write(const std::string& path, Kind kind) {
  const auto sink = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  if (kind == Kind::kOrc) {
    const auto writer = arrow::adapters::orc::ORCFileWriter::Open(sink.get()).ValueOrDie();
    ASSERT_TRUE(writer->Write(*table()).ok() && writer->Close().ok());
  } else {
    const auto made = kind == Kind::kFile ? arrow::ipc::MakeFileWriter(sink, table()->schema())
                                          : arrow::ipc::MakeStreamWriter(sink, table()->schema());
    ASSERT_TRUE((*made)->WriteTable(*table(), kBatchRows).ok() && (*made)->Close().ok());
  }
  ASSERT_TRUE(sink->Close().ok());
}

Result<std::vector<std::string>> rows_of(const std::string& path, Kind kind) {
  PROMFILL_TRY(const auto source, kind == Kind::kOrc ? open_orc(path, {}) : open_arrow_ipc(path, {}));
  return noted_rows(*source, 64);
}

class ArrowFiles : public testing::TestWithParam<Kind> {
 protected:
  TemporaryDirectory directory_;
  std::string path_ = directory_.path("t");
};

TEST_P(ArrowFiles, GiveTheRowsOfTheirTable) {
  write(path_, GetParam());
  const auto rows = rows_of(path_, GetParam());
  ASSERT_TRUE(rows) << rows.error().text();
  ASSERT_EQ(rows->size(), static_cast<std::size_t>(kRows));
  for (std::int64_t row = 0; row < kRows; ++row) {
    const std::string value = row % 5 == 0 ? "null" : std::to_string(static_cast<double>(row) / 4);
    ASSERT_EQ((*rows)[static_cast<std::size_t>(row)],
              std::to_string(row + 1) + ": " + std::to_string(row) + "|h" + std::to_string(row % 7) + "|" + value);
  }
}

TEST_P(ArrowFiles, AreNotReadInPart) {
  write(path_, GetParam());
  const std::string whole = read_bytes(path_);
  const auto all = rows_of(path_, GetParam());
  ASSERT_TRUE(all);
  int refused = 0;
  for (std::size_t bytes = 0; bytes < whole.size(); bytes += 1 + whole.size() / 97) {
    write_bytes(path_, whole.substr(0, bytes));
    const auto rows = rows_of(path_, GetParam());
    if (!rows) {
      ++refused;
      EXPECT_NE(rows.error().where.find(path_), std::string::npos) << rows.error().text();
    } else {
      EXPECT_EQ(*rows, *all) << bytes << " of " << whole.size();
    }
  }
  EXPECT_GT(refused, 90);
}

TEST_P(ArrowFiles, OtherFilesAreRefused) {
  write_bytes(path_, std::string(5000, 'x'));
  EXPECT_FALSE(rows_of(path_, GetParam()));
  EXPECT_EQ(rows_of(directory_.path("none"), GetParam()).error().code, ErrorCode::kNotFound);
}

INSTANTIATE_TEST_SUITE_P(All, ArrowFiles, testing::Values(Kind::kFile, Kind::kStream, Kind::kOrc),
                         [](const auto& given) {
                           return given.param == Kind::kFile ? "file" : given.param == Kind::kStream ? "stream" : "orc";
                         });

}  // namespace
}  // namespace promfill
