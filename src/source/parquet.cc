#include "source/parquet.h"

#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "source/arrow_columns.h"

namespace promfill {
namespace {

using RandomAccessFile = std::shared_ptr<arrow::io::RandomAccessFile>;
using FileMetadata = std::shared_ptr<parquet::FileMetaData>;

/// Smallest Parquet file: magic, footer length, magic.
constexpr std::int64_t kFileBytesMin = 12;
constexpr std::int64_t kMagicBytes = 4;
constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kMagicEncrypted = "PARE";

/// Parquet's C++ interface throws; nothing it throws leaves this file.
template <typename Call>
auto without_exceptions(Call call) -> arrow::Result<decltype(call())> {
  try {
    return call();
  } catch (const parquet::ParquetStatusException& exception) {
    return exception.status();
  } catch (const std::exception& exception) {
    return arrow::Status::Invalid(exception.what());
  }
}

parquet::ReaderProperties reader_properties(arrow::MemoryPool* pool) {
  parquet::ReaderProperties properties(pool);
  properties.set_page_checksum_verification(true);  // where the writer gave checksums
  return properties;
}

/// Batches of one row group.
class RowGroupReader final : public BatchReader {
 public:
  RowGroupReader(std::shared_ptr<BudgetedPool> pool, std::unique_ptr<parquet::arrow::FileReader> file,
                 std::unique_ptr<arrow::RecordBatchReader> batches, std::vector<int> order, std::string where,
                 std::int64_t first_row, std::int64_t rows)
      : pool_(std::move(pool)),
        file_(std::move(file)),
        batches_(std::move(batches)),
        order_(std::move(order)),
        where_(std::move(where)),
        first_row_(first_row),
        rows_(rows) {}

  Result<std::optional<ColumnBatch>> next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    const auto read = without_exceptions([&] {
      const arrow::Status status = batches_->ReadNext(&batch);
      if (!status.ok()) throw parquet::ParquetStatusException(status);
      return true;
    });
    if (!read.ok()) {
      return arrow_error(read.status(), "read", where_ + ", row " + std::to_string(first_row_ + rows_read_));
    }
    if (!batch || batch->num_rows() == 0) return end();

    PROMFILL_TRY(ColumnBatch columns, canonical_columns(*batch, pool_, where_));
    std::vector<ColumnView> asked;
    asked.reserve(order_.size());
    for (const int column : order_) asked.push_back(columns.columns[static_cast<std::size_t>(column)]);
    columns.columns = std::move(asked);
    columns.first_row = first_row_ + rows_read_;
    rows_read_ += columns.rows;
    return std::optional(std::move(columns));
  }

 private:
  [[nodiscard]] Result<std::optional<ColumnBatch>> end() const {
    if (rows_read_ == rows_) return std::optional<ColumnBatch>();
    return Error{ErrorCode::kCorrupt,
                 "read: " + std::to_string(rows_read_) + " rows where the metadata says " + std::to_string(rows_),
                 where_, "the file is damaged: get it again"};
  }

  std::shared_ptr<BudgetedPool> pool_;  // first, as it goes last
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  std::vector<int> order_;  // column of the batch for each column asked for
  std::string where_;
  std::int64_t first_row_;
  std::int64_t rows_;
  std::int64_t rows_read_ = 0;
};

class ParquetSource final : public Source {
 public:
  ParquetSource(std::string path, std::shared_ptr<BudgetedPool> pool, RandomAccessFile file, FileMetadata metadata)
      : path_(std::move(path)), pool_(std::move(pool)), file_(std::move(file)), metadata_(std::move(metadata)) {}

  [[nodiscard]] const std::string& name() const override { return path_; }
  [[nodiscard]] const SourceSchema& schema() const override { return schema_; }
  [[nodiscard]] std::span<const PieceInfo> pieces() const override { return pieces_; }
  Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                            std::int64_t batch_rows) override;

  arrow::Status describe_schema();
  arrow::Status describe_pieces();

 private:
  [[nodiscard]] std::vector<ColumnRange> ranges_of(const parquet::RowGroupMetaData& group) const;
  arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> open_reader(std::span<const ColumnRequest> columns,
                                                                         std::int64_t batch_rows) const;

  std::string path_;
  std::shared_ptr<BudgetedPool> pool_;
  RandomAccessFile file_;
  FileMetadata metadata_;
  SourceSchema schema_;
  std::vector<int> leaves_;  // Parquet's column of each column of the schema; -1: nested
  std::vector<PieceInfo> pieces_;
};

arrow::Status ParquetSource::describe_schema() {
  parquet::arrow::SchemaManifest manifest;
  ARROW_RETURN_NOT_OK(parquet::arrow::SchemaManifest::Make(metadata_->schema(), metadata_->key_value_metadata(),
                                                           parquet::ArrowReaderProperties(), &manifest));
  for (const parquet::arrow::SchemaField& field : manifest.schema_fields) {
    ColumnField column{field.field->name(), column_type(*field.field->type())};
    if (!field.is_leaf()) column.type.kind = ColumnKind::kOther;
    schema_.push_back(std::move(column));
    leaves_.push_back(field.column_index);
  }
  return arrow::Status::OK();
}

arrow::Status ParquetSource::describe_pieces() {
  std::int64_t first_row = 1;
  for (int i = 0; i < metadata_->num_row_groups(); ++i) {
    const std::unique_ptr<parquet::RowGroupMetaData> group = metadata_->RowGroup(i);
    PieceInfo piece;
    piece.rows = group->num_rows();
    if (piece.rows < 0) return arrow::Status::Invalid("row group ", i, " has a negative number of rows");
    piece.first_row = first_row;
    for (int column = 0; column < group->num_columns(); ++column) {
      piece.bytes +=
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, group->ColumnChunk(column)->total_compressed_size()));
    }
    piece.ranges = ranges_of(*group);
    if (__builtin_add_overflow(first_row, piece.rows, &first_row)) return arrow::Status::Invalid("too many rows");
    pieces_.push_back(std::move(piece));
  }
  return arrow::Status::OK();
}

/// Smallest and largest value of a column chunk, where the file has them as signed integers.
template <typename Statistics>
std::optional<ColumnRange> integer_range(const parquet::Statistics& statistics, std::size_t column) {
  const auto& typed = static_cast<const Statistics&>(statistics);
  return ColumnRange{.column = column, .min = typed.min(), .max = typed.max()};
}

std::vector<ColumnRange> ParquetSource::ranges_of(const parquet::RowGroupMetaData& group) const {
  std::vector<ColumnRange> ranges;
  for (std::size_t i = 0; i < schema_.size(); ++i) {
    const ColumnKind kind = schema_[i].type.kind;
    if ((kind != ColumnKind::kInt64 && kind != ColumnKind::kTimestamp) || leaves_[i] < 0) continue;
    const parquet::ColumnDescriptor& leaf = *metadata_->schema()->Column(leaves_[i]);
    // Dates are read in other steps than they are stored in, unsigned numbers are stored in another order.
    const bool is_date = leaf.logical_type() && leaf.logical_type()->is_date();
    if (is_date || leaf.sort_order() != parquet::SortOrder::SIGNED) continue;
    const std::shared_ptr<parquet::Statistics> statistics = group.ColumnChunk(leaves_[i])->statistics();
    if (!statistics || !statistics->HasMinMax()) continue;
    std::optional<ColumnRange> range;
    if (leaf.physical_type() == parquet::Type::INT64) range = integer_range<parquet::Int64Statistics>(*statistics, i);
    if (leaf.physical_type() == parquet::Type::INT32) range = integer_range<parquet::Int32Statistics>(*statistics, i);
    if (range && range->min <= range->max) ranges.push_back(*range);
  }
  return ranges;
}

arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> ParquetSource::open_reader(
    std::span<const ColumnRequest> columns, std::int64_t batch_rows) const {
  parquet::ArrowReaderProperties properties;
  properties.set_use_threads(false);  // pieces are read at the same time, columns one after another
  properties.set_pre_buffer(false);
  properties.set_batch_size(batch_rows);
  for (const ColumnRequest& request : columns) {
    if (request.as_label && schema_[request.column].type.kind == ColumnKind::kUtf8) {
      properties.set_read_dictionary(leaves_[request.column], true);
    }
  }
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(file_, reader_properties(pool_.get()), metadata_));
  std::unique_ptr<parquet::arrow::FileReader> reader;
  ARROW_RETURN_NOT_OK(builder.memory_pool(pool_.get())->properties(properties)->Build(&reader));
  return reader;
}

Result<std::unique_ptr<BatchReader>> ParquetSource::read(std::size_t piece, std::span<const ColumnRequest> columns,
                                                         std::int64_t batch_rows) {
  PROMFILL_ASSERT(piece < pieces_.size() && batch_rows > 0);
  std::vector<std::size_t> sorted;  // a batch has its columns in the order of the file
  for (const ColumnRequest& request : columns) {
    PROMFILL_ASSERT(request.column < schema_.size() && schema_[request.column].type.kind != ColumnKind::kOther);
    sorted.push_back(request.column);
  }
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::vector<int> leaves;
  for (const std::size_t column : sorted) leaves.push_back(leaves_[column]);
  std::vector<int> order;
  for (const ColumnRequest& request : columns) {
    order.push_back(static_cast<int>(std::lower_bound(sorted.begin(), sorted.end(), request.column) - sorted.begin()));
  }

  const std::string where = path_ + ", row group " + std::to_string(piece);
  std::unique_ptr<parquet::arrow::FileReader> file;
  const auto batches = without_exceptions([&] {
    PARQUET_ASSIGN_OR_THROW(file, open_reader(columns, batch_rows));
    PARQUET_ASSIGN_OR_THROW(auto reader, file->GetRecordBatchReader({static_cast<int>(piece)}, leaves));
    return reader.release();
  });
  if (!batches.ok()) return arrow_error(batches.status(), "open", where);
  std::unique_ptr<BatchReader> reader =
      std::make_unique<RowGroupReader>(pool_, std::move(file), std::unique_ptr<arrow::RecordBatchReader>(*batches),
                                       std::move(order), where, pieces_[piece].first_row, pieces_[piece].rows);
  return reader;
}

/// What a file that is not Parquet looks like, by its first bytes.
std::string_view guess_format(std::string_view head) {
  if (head.starts_with("ARRO")) return "an Arrow IPC file";
  if (head.starts_with("ORC")) return "an ORC file";
  if (head.starts_with("\x1f\x8b")) return "gzip data";
  if (head.starts_with("\x28\xb5\x2f\xfd")) return "zstd data";
  if (head.starts_with("PK")) return "a zip archive";
  if (head.starts_with("SQLi")) return "an SQLite database";
  if (head.starts_with("{") || head.starts_with("[")) return "JSON";
  const bool is_text = std::all_of(head.begin(), head.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\r' || c == '\n';
  });
  return is_text ? "text, maybe CSV" : "something else";
}

/// Say what is wrong with a file that does not begin and end as Parquet does: Arrow's own message can't tell.
Status check_magic(arrow::io::RandomAccessFile& file, const std::string& path) {
  const auto bytes = file.GetSize();
  if (!bytes.ok()) return arrow_error(bytes.status(), "open", path);
  if (*bytes == 0) return Error{ErrorCode::kCorrupt, "the file is empty", path, "get it again, or leave it out"};
  const auto head = file.ReadAt(0, std::min(*bytes, kMagicBytes));
  if (!head.ok()) return arrow_error(head.status(), "read the first bytes", path);
  const std::string magic = (*head)->ToString();
  if (magic == kMagicEncrypted) {
    return Error{ErrorCode::kUsage, "the file is an encrypted Parquet file", path, "decrypt it first"};
  }
  if (magic != kMagic) {
    return Error{ErrorCode::kCorrupt, "not a Parquet file: it looks like " + std::string(guess_format(magic)), path,
                 "give a file that begins with PAR1, or the right extension"};
  }
  const auto tail = file.ReadAt(std::max(std::int64_t{0}, *bytes - kMagicBytes), kMagicBytes);
  if (!tail.ok()) return arrow_error(tail.status(), "read the last bytes", path);
  if (*bytes < kFileBytesMin || (*tail)->ToString() != kMagic) {
    return Error{ErrorCode::kCorrupt, "the Parquet footer is missing: the file was cut off or is still being written",
                 path, "get it again, or wait until it is complete"};
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Source>> open_parquet(std::string path, const SourceOptions& options) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return Error{ErrorCode::kIo, "open: this is a directory", path, "name a file"};
  }
  auto pool = std::make_shared<BudgetedPool>(options.budget, options.pages);
  auto opened = arrow::io::ReadableFile::Open(path, pool.get());
  if (!opened.ok()) return arrow_error(opened.status(), "open", path);
  RandomAccessFile file = *std::move(opened);
  PROMFILL_TRY_STATUS(check_magic(*file, path));

  const auto metadata = without_exceptions(
      [&] { return parquet::ParquetFileReader::Open(file, reader_properties(pool.get()))->metadata(); });
  if (!metadata.ok()) return arrow_error(metadata.status(), "read the Parquet footer", path);
  auto source = std::make_unique<ParquetSource>(path, std::move(pool), std::move(file), *metadata);
  const auto described = without_exceptions([&] {
    PARQUET_THROW_NOT_OK(source->describe_schema());
    PARQUET_THROW_NOT_OK(source->describe_pieces());
    return true;
  });
  if (!described.ok()) return arrow_error(described.status(), "read the Parquet footer", path);
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace promfill
