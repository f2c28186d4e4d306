// For tests: Parquet files made with Arrow's own writer, in a directory that is removed afterwards.
#pragma once

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "source/arrow_columns.h"
#include "source/parquet_exceptions.h"
#include "source/source.h"

namespace promfill {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ =
        std::filesystem::path(testing::TempDir()) / (std::string("promfill_") + test->test_suite_name() + test->name());
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::filesystem::remove(path);  // some file systems flush a file that is truncated and closed
  std::ofstream(path, std::ios::binary) << bytes;
}

/// An array of `values` with nulls where `valid` is false; all valid where it is empty.
template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> make_array(Builder&& builder, const std::vector<Value>& values,
                                         const std::vector<bool>& valid = {}) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const arrow::Status status = !valid.empty() && !valid[i] ? builder.AppendNull() : builder.Append(values[i]);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  return *builder.Finish();
}

struct NamedArray {
  std::string name;
  std::shared_ptr<arrow::Array> array;
};

inline void write_parquet(
    const std::string& path, const std::vector<NamedArray>& columns, std::int64_t group_rows,
    bool keep_arrow_schema = true,
    const std::shared_ptr<parquet::WriterProperties>& properties = parquet::default_writer_properties(),
    bool nullable = true) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const NamedArray& column : columns) {
    fields.push_back(arrow::field(column.name, column.array->type(), nullable));
    arrays.push_back(column.array);
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
  auto arrow_properties = parquet::ArrowWriterProperties::Builder();
  if (keep_arrow_schema) arrow_properties.store_schema();
  const auto file = arrow::io::FileOutputStream::Open(path);
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  const arrow::Status status = parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), *file, group_rows,
                                                          properties, arrow_properties.build());
  ASSERT_TRUE(status.ok()) << status.ToString();
  ASSERT_TRUE((*file)->Close().ok());
}

/// All batches of all pieces, or the first error.
inline Result<std::vector<ColumnBatch>> read_all(Source& source, const std::vector<ColumnRequest>& columns,
                                                 std::int64_t batch_rows) {
  std::vector<ColumnBatch> batches;
  for (std::size_t piece = 0; piece < source.pieces().size(); ++piece) {
    PROMFILL_TRY(const std::unique_ptr<BatchReader> reader, source.read(piece, columns, batch_rows));
    while (true) {
      PROMFILL_TRY(std::optional<ColumnBatch> batch, reader->next());
      if (!batch) break;
      batches.push_back(*std::move(batch));
    }
  }
  return batches;
}

inline std::string cell_of(const ColumnView& column, std::int64_t row) {
  if (!column.valid(row)) return "null";
  switch (column.kind) {
    case ColumnKind::kUtf8:
      return std::string(column.text(row));
    case ColumnKind::kDouble:
      return std::to_string(column.doubles()[row]);
    case ColumnKind::kBool:
      return column.boolean(row) ? "true" : "false";
    default:
      return std::to_string(column.int64s()[row]);
  }
}

/// Rows of all pieces as a person would note them: "17: a|1|null", with the number that the file's lines have; and bad
/// rows as "18: reason". Columns are those of canonical kinds.
inline Result<std::vector<std::string>> noted_rows(Source& source, std::int64_t batch_rows) {
  std::vector<ColumnRequest> columns;
  for (std::size_t i = 0; i < source.schema().size(); ++i) columns.push_back({i, false});
  std::vector<std::string> notes;
  for (std::size_t piece = 0; piece < source.pieces().size(); ++piece) {
    PROMFILL_TRY(const std::unique_ptr<BatchReader> reader, source.read(piece, columns, batch_rows));
    PROMFILL_TRY(const std::int64_t first_row, source.first_row(piece));
    const bool from_one = source.pieces()[piece].first_row == 0;
    while (true) {
      PROMFILL_TRY(const std::optional<ColumnBatch> batch, reader->next());
      if (!batch) break;
      std::int64_t number = batch->first_row + (from_one ? first_row - 1 : 0);
      const std::int64_t shift = number - batch->first_row;
      auto none = batch->no_rows.begin();
      for (std::int64_t row = 0; row < batch->rows; ++row, ++number) {
        for (; none != batch->no_rows.end() && *none + shift == number; ++none) ++number;
        std::string note = std::to_string(number) + ": ";
        for (const ColumnView& column : batch->columns) {
          note += (&column == batch->columns.data() ? "" : "|") + cell_of(column, row);
        }
        notes.push_back(std::move(note));
      }
      for (const BadRow& bad : batch->bad_rows) {
        notes.push_back(std::to_string(bad.number + shift) + ": " + bad.reason);
      }
    }
  }
  return notes;
}

/// The same by Arrow's own reader of record batches: what every other way to read has to give. Flat columns only.
inline arrow::Result<std::vector<ColumnBatch>> read_all_by_arrow(const std::string& path,
                                                                 const std::vector<ColumnRequest>& columns,
                                                                 std::int64_t batch_rows) {
  return without_exceptions([&]() -> arrow::Result<std::vector<ColumnBatch>> {
    parquet::ReaderProperties reading;
    reading.set_page_checksum_verification(true);
    parquet::ArrowReaderProperties properties;
    properties.set_batch_size(batch_rows);
    std::vector<int> leaves;
    for (const ColumnRequest& request : columns) {
      leaves.push_back(static_cast<int>(request.column));
      if (request.as_label) properties.set_read_dictionary(leaves.back(), true);
    }
    parquet::arrow::FileReaderBuilder builder;
    std::unique_ptr<parquet::arrow::FileReader> file;
    ARROW_RETURN_NOT_OK(builder.OpenFile(path, false, reading));
    ARROW_RETURN_NOT_OK(builder.properties(properties)->Build(&file));
    const auto pool = std::make_shared<BudgetedPool>(nullptr);
    std::vector<ColumnBatch> batches;
    std::int64_t row = 1;
    for (int group = 0; group < file->num_row_groups(); ++group) {
      ARROW_ASSIGN_OR_RAISE(auto reader, file->GetRecordBatchReader({group}, leaves));
      while (true) {
        std::shared_ptr<arrow::RecordBatch> batch;
        ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
        if (!batch || batch->num_rows() == 0) break;
        auto viewed = canonical_columns(*batch, pool, path);
        if (!viewed) return arrow::Status::Invalid(viewed.error().text());
        batches.push_back(*std::move(viewed));
        batches.back().first_row = row;
        row += batches.back().rows;
      }
    }
    return batches;
  });
}

/// The value of a row as text that tells any two values apart; dictionaries by their entries.
inline std::string shown_value(const ColumnView& column, std::int64_t row) {
  if (!column.valid(row)) return "null";
  switch (column.kind) {
    case ColumnKind::kDouble: {
      std::uint64_t bits = 0;
      std::memcpy(&bits, column.doubles() + row, sizeof bits);
      return "bits " + std::to_string(bits);
    }
    case ColumnKind::kBool:
      return column.boolean(row) ? "true" : "false";
    case ColumnKind::kUtf8:
      return "'" + std::string(column.text(row)) + "'";
    case ColumnKind::kDictionary: {
      const std::int32_t code = column.codes()[row];
      if (code < 0 || code >= column.dictionary_rows) return "no entry " + std::to_string(code);
      return shown_value(*column.dictionary, code);
    }
    default:
      return std::to_string(column.int64s()[row]);
  }
}

inline void expect_same_column(const ColumnView& actual, const ColumnView& expected, std::int64_t rows) {
  EXPECT_EQ(actual.kind, expected.kind);
  EXPECT_EQ(actual.unit, expected.unit);
  EXPECT_EQ(actual.null_count, expected.null_count);
  EXPECT_EQ(actual.validity == nullptr, expected.validity == nullptr);
  std::int64_t row = 0;
  while (row < rows && shown_value(actual, row) == shown_value(expected, row)) ++row;
  if (row < rows) ADD_FAILURE() << "row " << row << ": " << shown_value(actual, row);
}

inline void expect_same_batches(const std::vector<ColumnBatch>& actual, const std::vector<ColumnBatch>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_EQ(actual[i].rows, expected[i].rows);
    EXPECT_EQ(actual[i].first_row, expected[i].first_row);
    ASSERT_EQ(actual[i].columns.size(), expected[i].columns.size());
    for (std::size_t column = 0; column < actual[i].columns.size(); ++column) {
      SCOPED_TRACE(column);
      expect_same_column(actual[i].columns[column], expected[i].columns[column], actual[i].rows);
    }
  }
}

}  // namespace promfill
