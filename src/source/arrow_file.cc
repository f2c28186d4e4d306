#include "source/arrow_file.h"

#include <arrow/adapters/orc/adapter.h>
#include <arrow/array/array_nested.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <string_view>
#include <utility>

#include "source/arrow_columns.h"
#include "source/object_store.h"
#include "source/parquet_exceptions.h"

namespace promfill {
namespace {

using RandomAccessFile = std::shared_ptr<arrow::io::RandomAccessFile>;
using BatchIterator = std::shared_ptr<arrow::RecordBatchReader>;
using FieldPath = std::vector<int>;  // of a member of structs, from the top

constexpr std::int64_t kUnknown = -1;

struct Piece {
  std::int64_t rows = 0;       // 0 where unknown
  std::int64_t first_row = 0;  // from 0
  std::uint64_t bytes = 0;
};

/// A kind of file.
class ArrowFormat {
 public:
  virtual ~ArrowFormat() = default;
  [[nodiscard]] virtual std::string_view piece_name() const = 0;
  /// Schema and pieces. Called once, before anything else.
  virtual arrow::Result<std::shared_ptr<arrow::Schema>> open(const RandomAccessFile& file, arrow::MemoryPool* pool) = 0;
  [[nodiscard]] virtual std::vector<Piece> pieces() = 0;
  /// Batches of a piece with the top-level fields `fields`, which rise. May be called by several threads.
  virtual arrow::Result<BatchIterator> read(std::size_t piece, const std::vector<int>& fields,
                                            std::int64_t batch_rows) = 0;
};

class IpcFile final : public ArrowFormat {
 public:
  [[nodiscard]] std::string_view piece_name() const override { return "record batch"; }

  arrow::Result<std::shared_ptr<arrow::Schema>> open(const RandomAccessFile& file, arrow::MemoryPool* pool) override {
    file_ = file;
    pool_ = pool;
    ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchFileReader::Open(file_, options({})));
    batches_ = reader->num_record_batches();
    ARROW_ASSIGN_OR_RAISE(const std::int64_t bytes, file_->GetSize());
    bytes_ = static_cast<std::uint64_t>(bytes);
    return reader->schema();
  }

  [[nodiscard]] std::vector<Piece> pieces() override {
    const auto count = static_cast<std::size_t>(batches_);
    std::vector<Piece> pieces(count, Piece{0, kUnknown, bytes_ / std::max<std::size_t>(1, count)});
    if (!pieces.empty()) pieces[0].first_row = 0;
    return pieces;
  }

  arrow::Result<BatchIterator> read(std::size_t piece, const std::vector<int>& fields, std::int64_t) override {
    ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchFileReader::Open(file_, options(fields)));
    ARROW_ASSIGN_OR_RAISE(auto batch, reader->ReadRecordBatch(static_cast<int>(piece)));
    return arrow::RecordBatchReader::Make({std::move(batch)});
  }

 private:
  [[nodiscard]] arrow::ipc::IpcReadOptions options(const std::vector<int>& fields) const {
    arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
    options.memory_pool = pool_;
    options.included_fields = fields;
    options.use_threads = false;
    return options;
  }

  RandomAccessFile file_;
  arrow::MemoryPool* pool_ = nullptr;
  int batches_ = 0;
  std::uint64_t bytes_ = 0;
};

class IpcStream final : public ArrowFormat {
 public:
  [[nodiscard]] std::string_view piece_name() const override { return "stream"; }

  arrow::Result<std::shared_ptr<arrow::Schema>> open(const RandomAccessFile& file, arrow::MemoryPool* pool) override {
    file_ = file;
    pool_ = pool;
    ARROW_ASSIGN_OR_RAISE(const auto reader, open_stream({}));
    return reader->schema();
  }

  [[nodiscard]] std::vector<Piece> pieces() override {
    return {Piece{0, 0, static_cast<std::uint64_t>(file_->GetSize().ValueOr(0))}};
  }

  arrow::Result<BatchIterator> read(std::size_t, const std::vector<int>& fields, std::int64_t) override {
    return open_stream(fields);
  }

 private:
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::ipc::RecordBatchStreamReader>> open_stream(
      const std::vector<int>& fields) const {
    arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
    options.memory_pool = pool_;
    options.included_fields = fields;
    options.use_threads = false;
    ARROW_ASSIGN_OR_RAISE(const std::int64_t bytes, file_->GetSize());
    ARROW_ASSIGN_OR_RAISE(auto stream, arrow::io::RandomAccessFile::GetStream(file_, 0, bytes));
    return arrow::ipc::RecordBatchStreamReader::Open(std::move(stream), options);
  }

  RandomAccessFile file_;
  arrow::MemoryPool* pool_ = nullptr;
};

class OrcFile final : public ArrowFormat {
 public:
  [[nodiscard]] std::string_view piece_name() const override { return "stripe"; }

  arrow::Result<std::shared_ptr<arrow::Schema>> open(const RandomAccessFile& file, arrow::MemoryPool* pool) override {
    file_ = file;
    pool_ = pool;
    ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::adapters::orc::ORCFileReader::Open(file_, pool_));
    for (std::int64_t i = 0; i < reader->NumberOfStripes(); ++i) {
      const arrow::adapters::orc::StripeInformation stripe = reader->GetStripeInformation(i);
      if (stripe.num_rows < 0 || stripe.length < 0) return arrow::Status::Invalid("a stripe has a negative size");
      pieces_.push_back({stripe.num_rows, stripe.first_row_id, static_cast<std::uint64_t>(stripe.length)});
    }
    return reader->ReadSchema();
  }

  [[nodiscard]] std::vector<Piece> pieces() override { return pieces_; }

  arrow::Result<BatchIterator> read(std::size_t piece, const std::vector<int>& fields,
                                    std::int64_t batch_rows) override {
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::adapters::orc::ORCFileReader::Open(file_, pool_));
    ARROW_RETURN_NOT_OK(reader->Seek(pieces_[piece].first_row));
    return reader->NextStripeReader(batch_rows, fields);
  }

 private:
  RandomAccessFile file_;
  arrow::MemoryPool* pool_ = nullptr;
  std::vector<Piece> pieces_;
};

/// Columns as they are asked for out of batches of top-level fields.
class FieldReader final : public BatchReader {
 public:
  FieldReader(std::shared_ptr<BudgetedPool> pool, BatchIterator batches, std::vector<FieldPath> paths,
              std::string where, std::int64_t first_row, std::int64_t batch_rows,
              std::atomic<std::int64_t>& rows_of_piece)
      : pool_(std::move(pool)),
        batches_(std::move(batches)),
        paths_(std::move(paths)),
        where_(std::move(where)),
        first_row_(first_row),
        batch_rows_(batch_rows),
        rows_of_piece_(rows_of_piece) {}

  Result<std::optional<ColumnBatch>> next() override {
    while (batch_ == nullptr || offset_ == batch_->num_rows()) {
      auto read = without_exceptions([&] { return next_batch(); });
      if (!read.ok()) return arrow_error(read.status(), "read", where_ + ", row " + std::to_string(first_row_ + rows_));
      batch_ = *std::move(read);
      offset_ = 0;
      if (batch_ == nullptr) {
        rows_of_piece_ = rows_;
        return std::optional<ColumnBatch>();
      }
    }
    const std::int64_t rows = std::min(batch_rows_, batch_->num_rows() - offset_);
    PROMFILL_TRY(ColumnBatch columns, canonical_columns(*batch_->Slice(offset_, rows), pool_, where_));
    columns.first_row = first_row_ + rows_;
    rows_ += rows;
    offset_ += rows;
    return std::optional(std::move(columns));
  }

 private:
  /// The columns that were asked for, checked; null at the end.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> next_batch() {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(batches_->ReadNext(&batch));
    if (batch == nullptr) return batch;
    ARROW_RETURN_NOT_OK(batch->ValidateFull());
    arrow::FieldVector fields;
    arrow::ArrayVector columns;
    for (const FieldPath& path : paths_) {
      std::shared_ptr<arrow::Array> column = batch->column(path.front());
      std::shared_ptr<arrow::Field> field = batch->schema()->field(path.front());
      for (const int index : std::span(path).subspan(1)) {
        field = field->type()->field(index);
        // A member of nothing is nothing.
        ARROW_ASSIGN_OR_RAISE(column, static_cast<const arrow::StructArray&>(*column).GetFlattenedField(index));
      }
      fields.push_back(std::move(field));
      columns.push_back(std::move(column));
    }
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch->num_rows(), std::move(columns));
  }

  std::shared_ptr<BudgetedPool> pool_;  // first, as it goes last
  BatchIterator batches_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::vector<FieldPath> paths_;
  std::string where_;
  std::int64_t first_row_;
  std::int64_t batch_rows_;
  std::atomic<std::int64_t>& rows_of_piece_;
  std::int64_t rows_ = 0;
  std::int64_t offset_ = 0;  // in batch_
};

class ArrowSource final : public Source {
 public:
  ArrowSource(std::string path, std::shared_ptr<BudgetedPool> pool, std::unique_ptr<ArrowFormat> format)
      : path_(std::move(path)), pool_(std::move(pool)), format_(std::move(format)) {}

  Status open(const RandomAccessFile& file) {
    const auto schema = without_exceptions([&] { return format_->open(file, pool_.get()); });
    if (!schema.ok()) return arrow_error(schema.status(), "open", path_);
    for (int i = 0; i < (*schema)->num_fields(); ++i) add_field(*(*schema)->field(i), "", {i});
    for (const Piece& piece : format_->pieces()) {
      pieces_.push_back({.rows = piece.rows, .first_row = piece.first_row + 1, .bytes = piece.bytes, .ranges = {}});
    }
    rows_ = std::vector<std::atomic<std::int64_t>>(pieces_.size());
    for (std::size_t i = 0; i < pieces_.size(); ++i) rows_[i] = pieces_[i].rows > 0 ? pieces_[i].rows : kUnknown;
    return {};
  }

  [[nodiscard]] const std::string& name() const override { return path_; }
  [[nodiscard]] const SourceSchema& schema() const override { return schema_; }
  [[nodiscard]] std::span<const PieceInfo> pieces() const override { return pieces_; }

  Result<std::int64_t> first_row(std::size_t piece) override {
    std::int64_t number = 1;
    for (std::size_t p = 0; p < piece; ++p) {
      if (rows_[p] == kUnknown) PROMFILL_TRY_STATUS(count(p));
      number += rows_[p];
    }
    return number;
  }

  Result<std::unique_ptr<BatchReader>> read(std::size_t piece, std::span<const ColumnRequest> columns,
                                            std::int64_t batch_rows) override {
    PROMFILL_ASSERT(piece < pieces_.size() && batch_rows > 0);
    std::vector<int> fields;
    for (const ColumnRequest& request : columns) fields.push_back(paths_[request.column].front());
    if (fields.empty() && !paths_.empty()) fields.push_back(0);  // for the number of rows; none would be all
    std::ranges::sort(fields);
    const auto twice = std::ranges::unique(fields);
    fields.erase(twice.begin(), twice.end());
    std::vector<FieldPath> paths;
    for (const ColumnRequest& request : columns) {
      FieldPath& path = paths.emplace_back(paths_[request.column]);
      path.front() = static_cast<int>(std::ranges::lower_bound(fields, path.front()) - fields.begin());
    }
    const std::string where = path_ + ", " + std::string(format_->piece_name()) + " " + std::to_string(piece);
    auto batches = without_exceptions([&] { return format_->read(piece, fields, batch_rows); });
    if (!batches.ok()) return arrow_error(batches.status(), "open", where);
    const std::int64_t first = std::max<std::int64_t>(1, pieces_[piece].first_row);
    return std::unique_ptr<BatchReader>(std::make_unique<FieldReader>(pool_, *std::move(batches), std::move(paths),
                                                                      where, first, batch_rows, rows_[piece]));
  }

 private:
  /// Members of structs are columns, too: a.b.
  void add_field(const arrow::Field& field, const std::string& prefix, FieldPath path) {
    constexpr std::size_t kDepthMax = 16;
    if (field.type()->id() == arrow::Type::STRUCT && path.size() < kDepthMax) {
      for (int i = 0; i < field.type()->num_fields(); ++i) {
        FieldPath inner = path;
        inner.push_back(i);
        add_field(*field.type()->field(i), prefix + field.name() + ".", std::move(inner));
      }
      return;
    }
    schema_.push_back({prefix + field.name(), column_type(*field.type())});
    paths_.push_back(std::move(path));
  }

  Status count(std::size_t piece) {
    PROMFILL_TRY(const auto reader, read(piece, {}, std::numeric_limits<std::int32_t>::max()));
    while (true) {
      PROMFILL_TRY(const auto batch, reader->next());
      if (!batch) return {};
    }
  }

  std::string path_;
  std::shared_ptr<BudgetedPool> pool_;
  std::unique_ptr<ArrowFormat> format_;
  SourceSchema schema_;
  std::vector<FieldPath> paths_;  // by column
  std::vector<PieceInfo> pieces_;
  std::vector<std::atomic<std::int64_t>> rows_;  // by piece
};

Result<std::string> first_bytes(arrow::io::RandomAccessFile& file, const std::string& path) {
  const auto head = file.ReadAt(0, 8);
  if (!head.ok()) return arrow_error(head.status(), "read the first bytes", path);
  if ((*head)->size() == 0) {
    return Error{ErrorCode::kCorrupt, "the file is empty", path, "get it again, or leave it out"};
  }
  return (*head)->ToString();
}

/// Pieces in turn, with all their fields.
class WholeFile final : public arrow::RecordBatchReader {
 public:
  WholeFile(std::shared_ptr<BudgetedPool> pool, std::unique_ptr<ArrowFormat> format)
      : pool_(std::move(pool)), format_(std::move(format)) {}

  arrow::Status open(const RandomAccessFile& file) {
    ARROW_ASSIGN_OR_RAISE(schema_, format_->open(file, pool_.get()));
    pieces_ = format_->pieces().size();
    for (int i = 0; i < schema_->num_fields(); ++i) fields_.push_back(i);
    return arrow::Status::OK();
  }

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    return without_exceptions([&] { return read_next(batch); });
  }

 private:
  arrow::Status read_next(std::shared_ptr<arrow::RecordBatch>* batch) {
    constexpr std::int64_t kBatchRows = 1 << 16;
    *batch = nullptr;
    while (*batch == nullptr) {
      if (batches_ == nullptr) {
        if (next_ == pieces_) return arrow::Status::OK();
        ARROW_ASSIGN_OR_RAISE(batches_, format_->read(next_++, fields_, kBatchRows));
      }
      ARROW_RETURN_NOT_OK(batches_->ReadNext(batch));
      if (*batch == nullptr) batches_ = nullptr;
    }
    return (*batch)->ValidateFull();
  }

  std::shared_ptr<BudgetedPool> pool_;  // first, as it goes last
  std::unique_ptr<ArrowFormat> format_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<int> fields_;
  std::size_t pieces_ = 0;
  std::size_t next_ = 0;
  BatchIterator batches_;
};

/// What the first bytes say it is; null where they say neither.
std::unique_ptr<ArrowFormat> format_of(std::string_view head) {
  if (head.starts_with("ARROW1")) return std::make_unique<IpcFile>();
  if (head.starts_with("\xFF\xFF\xFF\xFF")) return std::make_unique<IpcStream>();
  if (head.starts_with("ORC")) return std::make_unique<OrcFile>();
  return nullptr;
}

Result<std::unique_ptr<Source>> open_format(std::string path, std::shared_ptr<BudgetedPool> pool,
                                            const RandomAccessFile& file, std::unique_ptr<ArrowFormat> format) {
  auto source = std::make_unique<ArrowSource>(std::move(path), std::move(pool), std::move(format));
  PROMFILL_TRY_STATUS(source->open(file));
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace

Result<std::unique_ptr<Source>> open_arrow_ipc(std::string path, const SourceOptions& options) {
  auto pool = std::make_shared<BudgetedPool>(options.budget, options.pages);
  PROMFILL_TRY(const RandomAccessFile file, open_random_access(path, pool.get()));
  PROMFILL_TRY(const std::string head, first_bytes(*file, path));
  if (head.starts_with("FEA1")) {
    return Error{
        ErrorCode::kUsage, "the file is in the first version of Feather", path,
        "write it as Feather 2 or Parquet: pyarrow.feather.write_feather(pyarrow.feather.read_table(FILE), FILE)"};
  }
  std::unique_ptr<ArrowFormat> format = format_of(head);
  if (format == nullptr || head.starts_with("ORC")) {
    return Error{ErrorCode::kCorrupt, "not an Arrow file: it begins with neither ARROW1 nor a stream's message", path,
                 "give it the right extension, or say what it is with --format"};
  }
  return open_format(std::move(path), std::move(pool), file, std::move(format));
}

Result<std::unique_ptr<Source>> open_orc(std::string path, const SourceOptions& options) {
  auto pool = std::make_shared<BudgetedPool>(options.budget, options.pages);
  PROMFILL_TRY(const RandomAccessFile file, open_random_access(path, pool.get()));
  PROMFILL_TRY(const std::string head, first_bytes(*file, path));
  if (!head.starts_with("ORC")) {
    return Error{ErrorCode::kCorrupt, "not an ORC file: it doesn't begin with ORC", path,
                 "give it the right extension, or say what it is with --format"};
  }
  return open_format(std::move(path), std::move(pool), file, std::make_unique<OrcFile>());
}

Result<std::shared_ptr<arrow::RecordBatchReader>> open_record_batches(const std::string& path,
                                                                      const SourceOptions& options) {
  auto pool = std::make_shared<BudgetedPool>(options.budget, options.pages);
  PROMFILL_TRY(const RandomAccessFile file, open_random_access(path, pool.get()));
  PROMFILL_TRY(const std::string head, first_bytes(*file, path));
  std::unique_ptr<ArrowFormat> format = format_of(head);
  if (format == nullptr) {
    return Error{ErrorCode::kCorrupt, "neither an Arrow nor an ORC file", path, "give it the right extension"};
  }
  auto whole = std::make_shared<WholeFile>(std::move(pool), std::move(format));
  const arrow::Status opened = without_exceptions([&] { return whole->open(file); });
  if (!opened.ok()) return arrow_error(opened, "open", path);
  return std::shared_ptr<arrow::RecordBatchReader>(std::move(whole));
}

}  // namespace promfill
