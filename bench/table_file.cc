#include "bench/table_file.h"

#include <arrow/csv/writer.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <parquet/arrow/writer.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

namespace promfill::bench {
namespace {

using Sink = std::shared_ptr<arrow::io::FileOutputStream>;

class ParquetFile final : public TableFile {
 public:
  ParquetFile(Sink sink, const arrow::Schema& schema, std::int64_t group_rows, bool is_one_group)
      : sink_(std::move(sink)) {
    const auto properties =
        parquet::WriterProperties::Builder()
            .compression(parquet::Compression::SNAPPY)
            ->max_row_group_length(is_one_group ? std::numeric_limits<std::int64_t>::max() : group_rows)
            ->build();
    writer_ = parquet::arrow::FileWriter::Open(schema, arrow::default_memory_pool(), sink_, properties).ValueOrDie();
    if (is_one_group) check(writer_->NewBufferedRowGroup());
    is_one_group_ = is_one_group;
  }

  void write(const arrow::RecordBatch& batch) override {
    if (is_one_group_) return check(writer_->WriteRecordBatch(batch));
    check(writer_->WriteTable(*arrow::Table::Make(batch.schema(), batch.columns()), batch.num_rows()));
  }

  void close() override {
    check(writer_->Close());
    check(sink_->Close());
  }

 private:
  Sink sink_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  bool is_one_group_ = false;
};

class CsvFile final : public TableFile {
 public:
  CsvFile(Sink sink, const std::shared_ptr<arrow::Schema>& schema) : sink_(std::move(sink)) {
    arrow::csv::WriteOptions options;
    options.quoting_style = arrow::csv::QuotingStyle::None;
    options.quoting_header = arrow::csv::QuotingStyle::None;
    writer_ = arrow::csv::MakeCSVWriter(sink_, schema, options).ValueOrDie();
  }

  void write(const arrow::RecordBatch& batch) override { check(writer_->WriteRecordBatch(batch)); }

  void close() override {
    check(writer_->Close());
    check(sink_->Close());
  }

 private:
  Sink sink_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

/// Names and texts of the benchmark need no escapes.
class JsonFile final : public TableFile {
 public:
  JsonFile(Sink sink, const arrow::Schema& schema) : sink_(std::move(sink)) {
    for (const auto& field : schema.fields()) keys_.push_back('"' + field->name() + "\":");
  }

  void write(const arrow::RecordBatch& batch) override {
    lines_.clear();
    for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
      for (int column = 0; column < batch.num_columns(); ++column) {
        lines_ += column == 0 ? '{' : ',';
        lines_ += keys_[static_cast<std::size_t>(column)];
        append_value(*batch.column(column), row);
      }
      lines_ += "}\n";
    }
    check(sink_->Write(lines_));
  }

  void close() override { check(sink_->Close()); }

 private:
  void append_value(const arrow::Array& column, std::int64_t row) {
    switch (column.type_id()) {
      case arrow::Type::INT64:
        return append_number(static_cast<const arrow::Int64Array&>(column).Value(row));
      case arrow::Type::DOUBLE:
        return append_number(static_cast<const arrow::DoubleArray&>(column).Value(row));
      default:
        ((lines_ += '"') += static_cast<const arrow::StringArray&>(column).GetView(row)) += '"';
    }
  }

  template <typename Number>
  void append_number(Number number) {
    char digits[32];
    lines_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }

  Sink sink_;
  std::vector<std::string> keys_;
  std::string lines_;
};

}  // namespace

const char* TableFormat::extension() const {
  return kind == Kind::kParquet ? ".parquet" : kind == Kind::kCsv ? ".csv" : ".jsonl";
}

std::optional<TableFormat> table_format(std::string_view name) {
  using enum TableFormat::Kind;
  if (name == "parquet") return TableFormat{kParquet, false};
  if (name == "csv") return TableFormat{kCsv, false};
  if (name == "json") return TableFormat{kJson, false};
  if (name == "one-group") return TableFormat{kParquet, true};
  if (name == "one-csv") return TableFormat{kCsv, true};
  return std::nullopt;
}

std::unique_ptr<TableFile> create_table_file(const TableFormat& format, const std::string& path,
                                             const std::shared_ptr<arrow::Schema>& schema, std::int64_t group_rows) {
  Sink sink = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  switch (format.kind) {
    case TableFormat::Kind::kCsv:
      return std::make_unique<CsvFile>(std::move(sink), schema);
    case TableFormat::Kind::kJson:
      return std::make_unique<JsonFile>(std::move(sink), *schema);
    case TableFormat::Kind::kParquet:
      break;
  }
  return std::make_unique<ParquetFile>(std::move(sink), *schema, group_rows, format.is_one_piece);
}

void check(const arrow::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "generate: %s\n", status.ToString().c_str());
  std::exit(1);
}

}  // namespace promfill::bench
