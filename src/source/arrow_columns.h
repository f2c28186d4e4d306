// The border to Arrow: its types, arrays, memory and errors as ours. Included only by sources' .cc files.
//
// Canonical layouts (model/column.h) are pointed at; everything else is cast by Arrow's compute functions:
//   int8 … uint32 → int64     half, float, decimals, null → double     date → timestamp in ms     time → duration
//   string, binary and their large and view forms → utf8               dictionary of text → dictionary<int32, utf8>
//   dictionary of numbers → those numbers                              lists of numbers of any size → list
//   maps of numbers or text to numbers, lists of structs of two numbers → pairs    other types: not read
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include "model/column.h"
#include "promfill/result.h"
#include "resource/memory_budget.h"
#include "resource/page_pool.h"

namespace promfill {

/// Arrow's default pool for what is small and ours for what is large, charging what is allocated to a budget. One
/// allocation beyond the budget's limit fails: a file of some hundred bytes can ask for gigabytes. Batches hold the
/// pool, as their buffers go back to it.
class BudgetedPool final : public arrow::MemoryPool {
 public:
  /// @param budget  may be null, as may `pages`; both outlive the pool.
  explicit BudgetedPool(MemoryBudget* budget, PagePool* pages = nullptr)
      : pool_(arrow::default_memory_pool()), budget_(budget), pages_(pages) {}

  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override;
  arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                           std::uint8_t** pointer) override;
  void Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) override;
  void ReleaseUnused() override { pool_->ReleaseUnused(); }
  std::int64_t bytes_allocated() const override { return pool_->bytes_allocated(); }
  std::int64_t total_bytes_allocated() const override { return pool_->total_bytes_allocated(); }
  std::int64_t num_allocations() const override { return pool_->num_allocations(); }
  std::string backend_name() const override { return pool_->backend_name(); }

 private:
  [[nodiscard]] bool is_paged(std::int64_t size) const { return pages_ != nullptr && size >= kPagedBytesMin; }
  [[nodiscard]] arrow::Status check_limit(std::int64_t size) const;
  static constexpr std::int64_t kPagedBytesMin = 1 << 16;

  arrow::MemoryPool* pool_;
  MemoryBudget* budget_;
  PagePool* pages_;
};

/// What a column of this type is read as; kOther where it is not read.
[[nodiscard]] ColumnType column_type(const arrow::DataType& type);

/// `status` as an error of the step `step` ("read row group 3"). Failed system calls keep their meaning, everything
/// else that Arrow says of a file is damage (kCorrupt) or something that this build of Arrow can't read (kUsage).
[[nodiscard]] Error arrow_error(const arrow::Status& status, std::string_view step, std::string where);

/// Columns of a batch as views, in the order of the batch; the result owns the batch.
/// @param pool  that the batch's buffers come from.
/// @param where  file and row group, for messages.
/// @error kData  a value that its canonical type can't hold, such as a date too far off for milliseconds.
Result<ColumnBatch> canonical_columns(const arrow::RecordBatch& batch, const std::shared_ptr<BudgetedPool>& pool,
                                      const std::string& where);

}  // namespace promfill
