// See query_reader.h.
#include "sql/query_reader.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/cast.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "source/parquet_exceptions.h"
#include "text/cell.h"

namespace promfill {
namespace {

constexpr std::size_t kKeptBatchesMax = 64;
/// Enough that passing them on costs nothing, and few enough that the memory they're joined in is still in the cache
/// when it's used again: 2^16 took 4 % more time over Parquet files.
constexpr std::int64_t kJoinedRows = 1 << 14;

/// Memory that a driver's batch takes, for as long as its columns are used.
struct ChargedBatch {
  explicit ChargedBatch(MemoryBudget* budget, std::uint64_t bytes) {
    if (budget != nullptr) charge.emplace(*budget).resize(bytes);
  }
  std::optional<MemoryCharge> charge;
  std::shared_ptr<const void> owner;
};

arrow::Result<std::shared_ptr<arrow::Array>> numbers_of(const arrow::Array& texts, std::size_t column,
                                                        std::vector<BadCell>& bad_cells) {
  static const CellFormat kFormat;
  const auto& cells = static_cast<const arrow::StringArray&>(texts);
  arrow::DoubleBuilder numbers;
  ARROW_RETURN_NOT_OK(numbers.Reserve(cells.length()));
  for (std::int64_t row = 0; row < cells.length(); ++row) {
    if (cells.IsNull(row)) {
      numbers.UnsafeAppendNull();
      continue;
    }
    const std::string_view text = cells.GetView(row);
    const std::optional<double> number = number_of(text, kFormat);
    if (number) {
      numbers.UnsafeAppend(*number);
      continue;
    }
    numbers.UnsafeAppendNull();
    if (!trimmed(text).empty()) bad_cells.push_back({column, row, std::string(text)});
  }
  return numbers.Finish();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> joined_batch(
    const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches, arrow::MemoryPool* pool) {
  std::int64_t rows = 0;
  for (const auto& batch : batches) rows += batch->num_rows();
  arrow::ArrayVector columns;
  for (int c = 0; c < batches.front()->num_columns(); ++c) {
    arrow::ArrayVector parts;
    for (const auto& batch : batches) parts.push_back(batch->column(c));
    ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), arrow::Concatenate(parts, pool));
  }
  return arrow::RecordBatch::Make(batches.front()->schema(), rows, std::move(columns));
}

}  // namespace

QueryReader::QueryReader(BegunStream begun, std::vector<ReadColumn> columns, QueryReaderOptions options)
    : begun_(std::move(begun)),
      columns_(std::move(columns)),
      options_(std::move(options)),
      may_keep_(options_.keep != nullptr) {}

QueryReader::~QueryReader() {
  queue_.cancel();
  if (reading_.joinable()) reading_.join();
  if (may_keep_ && begun_.stream != nullptr) options_.keep(std::move(begun_));
}

Result<std::shared_ptr<arrow::RecordBatch>> QueryReader::next_small() {
  if (ahead_ != nullptr) return std::exchange(ahead_, nullptr);
  if (replayed_ < begun_.batches.size()) {
    const std::shared_ptr<arrow::RecordBatch> batch = begun_.batches[replayed_];
    if (!may_keep_) begun_.batches[replayed_] = nullptr;
    ++replayed_;
    return batch;
  }
  PROMFILL_TRY(std::shared_ptr<arrow::RecordBatch> batch, begun_.stream->next());
  if (may_keep_ && batch != nullptr) {
    if (begun_.batches.size() < kKeptBatchesMax) {
      begun_.batches.push_back(batch);
      replayed_ = begun_.batches.size();
    } else {
      may_keep_ = false;
    }
  }
  if (!may_keep_) begun_.batches.clear(), replayed_ = 0;
  return batch;
}

/// Some drivers make batches of 2,048 rows, each of which costs as much to pass on as a large one.
Result<QueryReader::Group> QueryReader::next_group() {
  Group group;
  const std::int64_t wanted = std::min(options_.batch_rows, kJoinedRows);
  for (std::int64_t rows = 0; rows < wanted;) {
    PROMFILL_TRY(std::shared_ptr<arrow::RecordBatch> batch, next_small());
    if (batch == nullptr) break;
    if (!group.empty() && rows + batch->num_rows() > wanted + wanted / 2) {
      ahead_ = std::move(batch);
      break;
    }
    rows += batch->num_rows();
    group.push_back(std::move(batch));
  }
  return group;
}

Result<QueryReader::Group> QueryReader::next_read_ahead() {
  if (may_keep_) return next_group();
  if (!reading_.joinable()) {
    reading_ = std::jthread([this] {
      for (bool is_first = true;; is_first = false) {
        Result<Group> group = next_group();
        if (is_first && group && options_.when_rows_come) options_.when_rows_come();
        const bool is_last = !group || group->empty();
        if (!queue_.push(std::move(group)) || is_last) return;
      }
    });
  }
  std::optional<Result<Group>> group = queue_.pop();
  PROMFILL_ASSERT(group);
  return *std::move(group);
}

/// By the thread that maps: the one that reads ahead has enough to do with the driver's work.
Result<std::shared_ptr<arrow::RecordBatch>> QueryReader::join(const Group& group) const {
  if (group.size() == 1) return group.front();
  auto joined = without_exceptions([&] { return joined_batch(group, options_.pool.get()); });
  if (!joined.ok()) return arrow_error(joined.status(), "read", options_.where);
  return *std::move(joined);
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> QueryReader::chosen(const arrow::RecordBatch& batch,
                                                                       std::vector<BadCell>& bad_cells) const {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const ReadColumn& column : columns_) {
    std::shared_ptr<arrow::Array> values = batch.column(column.position);
    if (values->type_id() == arrow::Type::EXTENSION) {
      values = static_cast<const arrow::ExtensionArray&>(*values).storage();
    }
    ARROW_RETURN_NOT_OK(values->Validate());  // a driver is trusted with offsets; mapping looks at texts
    if (column.numbers_in_text) {
      if (values->type_id() != arrow::Type::STRING) {
        ARROW_ASSIGN_OR_RAISE(values, arrow::compute::Cast(*values, arrow::utf8()));
      }
      ARROW_ASSIGN_OR_RAISE(values, numbers_of(*values, columns.size(), bad_cells));
    }
    fields.push_back(arrow::field(batch.schema()->field(column.position)->name(), values->type()));
    columns.push_back(std::move(values));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch.num_rows(), std::move(columns));
}

Result<std::optional<ColumnBatch>> QueryReader::next() {
  while (batch_ == nullptr || offset_ == batch_->num_rows()) {
    if (ended_) return std::optional<ColumnBatch>();
    PROMFILL_TRY(const Group group, next_read_ahead());
    offset_ = 0;
    if (!group.empty()) {
      PROMFILL_TRY(batch_, join(group));
      continue;
    }
    ended_ = true;
    may_keep_ = false;
    if (options_.when_ended) options_.when_ended(rows_);
    return std::optional<ColumnBatch>();
  }
  const std::int64_t rows = std::min(options_.batch_rows, batch_->num_rows() - offset_);
  std::vector<BadCell> bad_cells;
  const auto slice = batch_->Slice(offset_, rows);
  auto columns = without_exceptions([&] { return chosen(*slice, bad_cells); });
  const std::string where = options_.where + ", row " + std::to_string(options_.first_row + rows_);
  if (!columns.ok()) return arrow_error(columns.status(), "read", where);
  PROMFILL_TRY(ColumnBatch canonical, canonical_columns(**columns, options_.pool, where));
  canonical.first_row = options_.first_row + rows_;
  canonical.bad_cells = std::move(bad_cells);
  auto charged = std::make_shared<ChargedBatch>(options_.budget, canonical.bytes);
  charged->owner = std::move(canonical.owner);
  canonical.owner = std::move(charged);
  rows_ += rows;
  offset_ += rows;
  return std::optional(std::move(canonical));
}

}  // namespace promfill
