#include "source/parquet.h"

#include <arrow/array.h>
#include <arrow/array/array_nested.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "source/arrow_columns.h"
#include "source/object_store.h"
#include "source/parquet_columns.h"
#include "source/parquet_exceptions.h"

namespace promfill {
namespace {

using RandomAccessFile = std::shared_ptr<arrow::io::RandomAccessFile>;
using FileMetadata = std::shared_ptr<parquet::FileMetaData>;

/// Smallest Parquet file: magic, footer length, magic.
constexpr std::int64_t kFileBytesMin = 12;
constexpr std::int64_t kMagicBytes = 4;
constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kMagicEncrypted = "PARE";

/// Column chunks that come to more than this are read in windows rather than whole. Windows bound the memory and took
/// 6 % less time with row groups of 36 MiB, but 5 % more with row groups of 2 MiB.
constexpr std::int64_t kWholeBytesMax = std::int64_t{8} << 20;
constexpr std::int64_t kWindowBytes = std::int64_t{64} << 10;  // of each column

parquet::ReaderProperties reader_properties(arrow::MemoryPool* pool) {
  parquet::ReaderProperties properties(pool);
  properties.set_page_checksum_verification(true);  // where the writer gave checksums
  return properties;
}

parquet::ReaderProperties reader_properties(arrow::MemoryPool* pool, std::int64_t stored_bytes) {
  parquet::ReaderProperties properties = reader_properties(pool);
  if (stored_bytes > kWholeBytesMax) {
    properties.enable_buffered_stream();
    properties.set_buffer_size(kWindowBytes);
  }
  return properties;
}

/// The columns of one row group, each by a decoder of its own or with others as Arrow's batches.
struct RowGroupColumns {
  struct Decoded {
    std::string name;
    std::unique_ptr<ColumnDecoder> decoder;
  };
  /// Where a column that was asked for is found.
  struct Origin {
    bool is_decoded = false;
    std::size_t position = 0;  ///< in `decoded` or in Arrow's batches
  };
  std::unique_ptr<parquet::ParquetFileReader> file{};  // decoders and batches go before their files
  std::shared_ptr<parquet::RowGroupReader> group{};
  std::vector<Decoded> decoded{};
  std::unique_ptr<parquet::arrow::FileReader> arrow_file{};
  std::unique_ptr<arrow::RecordBatchReader> arrow_batches{};  ///< null where every column is decoded
  std::vector<Origin> origins{};
};

/// What a batch keeps.
struct DecodedBatch {
  BatchMemory memory;
  std::shared_ptr<const void> arrow_batch{};
};

/// Append the members of a struct, and theirs, in the order of the file; else the column itself. A member of a struct
/// that is null is null.
arrow::Status add_members(const std::string& name, const std::shared_ptr<arrow::Array>& array, arrow::MemoryPool* pool,
                          arrow::FieldVector& fields, arrow::ArrayVector& arrays) {
  if (array->type_id() != arrow::Type::STRUCT) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
    return arrow::Status::OK();
  }
  const auto& members = static_cast<const arrow::StructArray&>(*array);
  for (int i = 0; i < members.num_fields(); ++i) {
    ARROW_ASSIGN_OR_RAISE(const auto member, members.GetFlattenedField(i, pool));
    ARROW_RETURN_NOT_OK(
        add_members(name + "." + members.struct_type()->field(i)->name(), member, pool, fields, arrays));
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> without_structs(const arrow::RecordBatch& batch,
                                                                   arrow::MemoryPool* pool) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (int i = 0; i < batch.num_columns(); ++i) {
    ARROW_RETURN_NOT_OK(add_members(batch.column_name(i), batch.column(i), pool, fields, arrays));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch.num_rows(), std::move(arrays));
}

/// Batches of one row group.
class RowGroupReader final : public BatchReader {
 public:
  RowGroupReader(std::shared_ptr<BudgetedPool> pool, RowGroupColumns columns, std::string where, const PieceInfo& piece,
                 std::int64_t batch_rows)
      : pool_(std::move(pool)),
        columns_(std::move(columns)),
        where_(std::move(where)),
        first_row_(piece.first_row),
        rows_(piece.rows),
        batch_rows_(batch_rows) {}

  Result<std::optional<ColumnBatch>> next() override {
    ColumnBatch batch;
    if (columns_.arrow_batches != nullptr) {
      PROMFILL_TRY(batch, next_arrow_batch());
    } else {
      batch.rows = std::min(batch_rows_, rows_ - rows_read_);
    }
    if (batch.rows == 0) return end();
    PROMFILL_TRY_STATUS(add_decoded(batch));
    batch.first_row = first_row_ + rows_read_;
    rows_read_ += batch.rows;
    return std::optional(std::move(batch));
  }

 private:
  [[nodiscard]] std::string where_now() const { return where_ + ", row " + std::to_string(first_row_ + rows_read_); }

  /// The columns that Arrow reads; none at the end.
  Result<ColumnBatch> next_arrow_batch() {
    std::shared_ptr<arrow::RecordBatch> batch;
    const arrow::Status status = without_exceptions([&] { return columns_.arrow_batches->ReadNext(&batch); });
    if (!status.ok()) return arrow_error(status, "read", where_now());
    if (!batch || batch->num_rows() == 0) return ColumnBatch{};
    const auto flat = without_structs(*batch, pool_.get());
    if (!flat.ok()) return arrow_error(flat.status(), "read", where_now());
    return canonical_columns(**flat, pool_, where_);
  }

  /// Give `batch`, of Arrow's columns, its decoded ones, and all of them the order in which they were asked for.
  Status add_decoded(ColumnBatch& batch) {
    const auto kept = std::make_shared<DecodedBatch>(DecodedBatch{BatchMemory(pool_), std::move(batch.owner)});
    std::vector<ColumnView> decoded;
    for (const RowGroupColumns::Decoded& column : columns_.decoded) {
      auto view = column.decoder->decode(batch.rows, kept->memory);
      if (!view.ok()) return column_error(column, view.status());
      decoded.push_back(*std::move(view));
    }
    std::vector<ColumnView> asked;
    asked.reserve(columns_.origins.size());
    for (const auto& [is_decoded, position] : columns_.origins) {
      asked.push_back(is_decoded ? decoded[position] : batch.columns[position]);
    }
    batch.columns = std::move(asked);
    batch.bytes += kept->memory.bytes();
    batch.owner = kept;
    return {};
  }

  [[nodiscard]] Error column_error(const RowGroupColumns::Decoded& column, const arrow::Status& status) const {
    return arrow_error(status.WithMessage("column '", column.name, "': ", status.message()), "read", where_now());
  }

  [[nodiscard]] Result<std::optional<ColumnBatch>> end() const {
    const auto damaged = [&](const std::string& what) {
      return Error{ErrorCode::kCorrupt, "read: " + what + " where the metadata says " + std::to_string(rows_), where_,
                   "the file is damaged: get it again"};
    };
    if (rows_read_ != rows_) return damaged(std::to_string(rows_read_) + " rows");
    for (const RowGroupColumns::Decoded& column : columns_.decoded) {
      const auto at_end = column.decoder->at_end();
      if (!at_end.ok()) return column_error(column, at_end.status());
      if (!*at_end) return damaged("column '" + column.name + "' has more rows");
    }
    return std::optional<ColumnBatch>();
  }

  std::shared_ptr<BudgetedPool> pool_;  // first, as it goes last
  RowGroupColumns columns_;
  std::string where_;
  std::int64_t first_row_;
  std::int64_t rows_;
  std::int64_t batch_rows_;
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
  void add_column(const parquet::arrow::SchemaField& field, const std::string& prefix);
  [[nodiscard]] std::vector<ColumnRange> ranges_of(const parquet::RowGroupMetaData& group) const;
  arrow::Result<RowGroupColumns> open_columns(int group, std::span<const ColumnRequest> requests,
                                              std::int64_t batch_rows) const;
  arrow::Status open_arrow_batches(int group, std::span<const ColumnRequest> requests, std::int64_t batch_rows,
                                   const parquet::ReaderProperties& reading, RowGroupColumns& columns) const;
  [[nodiscard]] std::int64_t stored_bytes(int group, std::span<const ColumnRequest> distinct) const;

  std::string path_;
  std::shared_ptr<BudgetedPool> pool_;
  RandomAccessFile file_;
  FileMetadata metadata_;
  SourceSchema schema_;
  std::vector<std::vector<int>> leaves_;  // Parquet's columns of each column of the schema, rising; maps have two
  std::vector<arrow::Type::type> arrow_types_;
  std::vector<PieceInfo> pieces_;
};

arrow::Status ParquetSource::describe_schema() {
  parquet::arrow::SchemaManifest manifest;
  ARROW_RETURN_NOT_OK(parquet::arrow::SchemaManifest::Make(metadata_->schema(), metadata_->key_value_metadata(),
                                                           parquet::ArrowReaderProperties(), &manifest));
  for (const parquet::arrow::SchemaField& field : manifest.schema_fields) add_column(field, "");
  return arrow::Status::OK();
}

void add_leaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.is_leaf()) leaves.push_back(field.column_index);
  for (const parquet::arrow::SchemaField& child : field.children) add_leaves(child, leaves);
}

/// Members of structs are columns of their own, named by their path: "position.latitude".
void ParquetSource::add_column(const parquet::arrow::SchemaField& field, const std::string& prefix) {
  const std::string name = prefix + field.field->name();
  if (field.field->type()->id() == arrow::Type::STRUCT) {
    for (const parquet::arrow::SchemaField& member : field.children) add_column(member, name + ".");
    return;
  }
  ColumnField column{name, column_type(*field.field->type())};
  schema_.push_back(std::move(column));
  leaves_.emplace_back();
  add_leaves(field, leaves_.back());
  arrow_types_.push_back(field.field->type()->id());
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
    if (kind != ColumnKind::kInt64 && kind != ColumnKind::kTimestamp) continue;
    const int column = leaves_[i].front();
    const parquet::ColumnDescriptor& leaf = *metadata_->schema()->Column(column);
    // Dates are read in other steps than they are stored in, unsigned numbers are stored in another order.
    const bool is_date = leaf.logical_type() && leaf.logical_type()->is_date();
    if (is_date || leaf.sort_order() != parquet::SortOrder::SIGNED) continue;
    const std::shared_ptr<parquet::Statistics> statistics = group.ColumnChunk(column)->statistics();
    if (!statistics || !statistics->HasMinMax()) continue;
    std::optional<ColumnRange> range;
    if (leaf.physical_type() == parquet::Type::INT64) range = integer_range<parquet::Int64Statistics>(*statistics, i);
    if (leaf.physical_type() == parquet::Type::INT32) range = integer_range<parquet::Int32Statistics>(*statistics, i);
    if (range && range->min <= range->max) ranges.push_back(*range);
  }
  return ranges;
}

/// The columns asked for, once each and in the order of the file; a label where any request says so.
std::vector<ColumnRequest> distinct_columns(std::span<const ColumnRequest> requests) {
  std::vector<ColumnRequest> distinct(requests.begin(), requests.end());
  std::sort(distinct.begin(), distinct.end(), [](const ColumnRequest& a, const ColumnRequest& b) {
    return std::pair(a.column, !a.as_label) < std::pair(b.column, !b.as_label);
  });
  const auto same = [](const ColumnRequest& a, const ColumnRequest& b) { return a.column == b.column; };
  distinct.erase(std::unique(distinct.begin(), distinct.end(), same), distinct.end());
  return distinct;
}

std::int64_t ParquetSource::stored_bytes(int group, std::span<const ColumnRequest> distinct) const {
  const std::unique_ptr<parquet::RowGroupMetaData> metadata = metadata_->RowGroup(group);
  std::int64_t bytes = 0;
  for (const ColumnRequest& request : distinct) {
    for (const int leaf : leaves_[request.column]) {
      const std::int64_t chunk = metadata->ColumnChunk(leaf)->total_compressed_size();
      if (chunk < 0 || __builtin_add_overflow(bytes, chunk, &bytes)) return kWholeBytesMax + 1;  // reading finds out
    }
  }
  return bytes;
}

/// Whether Arrow can make a dictionary of a text column: not of values stored as differences.
bool can_be_dictionary(const parquet::ColumnChunkMetaData& chunk) {
  const std::vector<parquet::Encoding::type>& encodings = chunk.encodings();
  return std::none_of(encodings.begin(), encodings.end(), [](parquet::Encoding::type encoding) {
    return encoding == parquet::Encoding::DELTA_BYTE_ARRAY || encoding == parquet::Encoding::DELTA_LENGTH_BYTE_ARRAY;
  });
}

/// Open what Arrow reads; with no column at all it still counts rows.
arrow::Status ParquetSource::open_arrow_batches(int group, std::span<const ColumnRequest> requests,
                                                std::int64_t batch_rows, const parquet::ReaderProperties& reading,
                                                RowGroupColumns& columns) const {
  parquet::ArrowReaderProperties properties;
  properties.set_use_threads(false);  // pieces are read at the same time, columns one after another
  properties.set_pre_buffer(false);
  properties.set_batch_size(batch_rows);
  std::vector<int> leaves;
  for (const ColumnRequest& request : requests) {
    const std::vector<int>& of_column = leaves_[request.column];
    leaves.insert(leaves.end(), of_column.begin(), of_column.end());
    if (request.as_label && schema_[request.column].type.kind == ColumnKind::kUtf8 &&
        can_be_dictionary(*metadata_->RowGroup(group)->ColumnChunk(of_column.front()))) {
      properties.set_read_dictionary(of_column.front(), true);
    }
  }
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(file_, reading, metadata_));
  ARROW_RETURN_NOT_OK(builder.memory_pool(pool_.get())->properties(properties)->Build(&columns.arrow_file));
  return columns.arrow_file->GetRecordBatchReader({group}, leaves).Value(&columns.arrow_batches);
}

arrow::Result<RowGroupColumns> ParquetSource::open_columns(int group, std::span<const ColumnRequest> requests,
                                                           std::int64_t batch_rows) const {
  const std::vector<ColumnRequest> distinct = distinct_columns(requests);
  const parquet::ReaderProperties reading = reader_properties(pool_.get(), stored_bytes(group, distinct));
  RowGroupColumns columns;
  columns.file = parquet::ParquetFileReader::Open(file_, reading, metadata_);
  columns.group = columns.file->RowGroup(group);
  std::vector<RowGroupColumns::Origin> origins;
  std::vector<ColumnRequest> left_to_arrow;
  for (const ColumnRequest& request : distinct) {
    const ColumnField& field = schema_[request.column];
    const DecodedColumn column{leaves_[request.column].front(), field.type, arrow_types_[request.column],
                               request.as_label};
    ARROW_ASSIGN_OR_RAISE(auto decoder, make_column_decoder(*columns.group, column, pool_));
    if (decoder != nullptr) {
      origins.push_back({true, columns.decoded.size()});
      columns.decoded.push_back({field.name, std::move(decoder)});
    } else {
      origins.push_back({false, left_to_arrow.size()});
      left_to_arrow.push_back(request);
    }
  }
  for (const ColumnRequest& request : requests) {
    const auto found = std::find_if(distinct.begin(), distinct.end(),
                                    [&](const ColumnRequest& each) { return each.column == request.column; });
    columns.origins.push_back(origins[static_cast<std::size_t>(found - distinct.begin())]);
  }
  if (columns.decoded.empty() || !left_to_arrow.empty()) {
    ARROW_RETURN_NOT_OK(open_arrow_batches(group, left_to_arrow, batch_rows, reading, columns));
  }
  return columns;
}

Result<std::unique_ptr<BatchReader>> ParquetSource::read(std::size_t piece, std::span<const ColumnRequest> columns,
                                                         std::int64_t batch_rows) {
  PROMFILL_ASSERT(piece < pieces_.size() && batch_rows > 0);
  for (const ColumnRequest& request : columns) {
    PROMFILL_ASSERT(request.column < schema_.size() && schema_[request.column].type.kind != ColumnKind::kOther);
  }
  const std::string where = path_ + ", row group " + std::to_string(piece);
  auto opened = without_exceptions([&] { return open_columns(static_cast<int>(piece), columns, batch_rows); });
  if (!opened.ok()) return arrow_error(opened.status(), "open", where);
  return std::unique_ptr<BatchReader>(
      std::make_unique<RowGroupReader>(pool_, *std::move(opened), where, pieces_[piece], batch_rows));
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
  PROMFILL_TRY(RandomAccessFile file, open_random_access(path, pool.get()));
  PROMFILL_TRY_STATUS(check_magic(*file, path));

  const auto metadata = without_exceptions(
      [&] { return parquet::ParquetFileReader::Open(file, reader_properties(pool.get()))->metadata(); });
  if (!metadata.ok()) return arrow_error(metadata.status(), "read the Parquet footer", path);
  auto source = std::make_unique<ParquetSource>(path, std::move(pool), std::move(file), *metadata);
  const arrow::Status described = without_exceptions([&] {
    ARROW_RETURN_NOT_OK(source->describe_schema());
    return source->describe_pieces();
  });
  if (!described.ok()) return arrow_error(described, "read the Parquet footer", path);
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace promfill
