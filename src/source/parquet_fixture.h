// For tests: Parquet files made with Arrow's own writer, in a directory that is removed afterwards.
#pragma once

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

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
    const std::shared_ptr<parquet::WriterProperties>& properties = parquet::default_writer_properties()) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const NamedArray& column : columns) {
    fields.push_back(arrow::field(column.name, column.array->type()));
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

}  // namespace promfill
