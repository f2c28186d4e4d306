// Rows of one bundle that came out of order and wait to be sorted: columns of times and values in pages, in source
// order. 8 bytes a row and 8 a value; one more a value where some are missing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "resource/page_pool.h"
#include "store/sample_batch.h"

namespace promfill {

/// The values of a bundle's metrics in a batch, metric by metric; null where the batch doesn't have the metric.
using BundleColumns = std::span<const MetricColumn* const>;

class HeldRows {
 public:
  /// @param pool  where pages come from; outlives the rows.
  HeldRows(std::uint32_t metrics, PagePool& pool) : metrics_(metrics), pool_(&pool) {}

  /// Add rows [begin, end) of a batch.
  void add(std::span<const std::int64_t> times_ms, BundleColumns columns, std::uint32_t begin, std::uint32_t end);

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t min_ms() const { return min_ms_; }
  [[nodiscard]] std::int64_t max_ms() const { return max_ms_; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return memory_bytes_; }

  /// All times in source order.
  void copy_times(std::vector<std::int64_t>& out) const;
  /// All values of one metric in source order.
  void copy_values(std::uint32_t metric, std::vector<double>& out) const;
  /// Whether each row has a value of this metric, in source order. @return false, with `out` untouched: all have.
  bool copy_validity(std::uint32_t metric, std::vector<std::uint8_t>& out) const;

 private:
  struct Page {
    std::uint32_t rows = 0;
    std::uint32_t capacity = 0;
    PooledPiece pooled;
    std::unique_ptr<std::uint8_t[]> small;  // instead of a pooled piece where that would be too large
    std::vector<std::uint8_t> validity;     // capacity bytes of each metric; empty: all valid

    [[nodiscard]] std::int64_t* times() const {
      return reinterpret_cast<std::int64_t*>(small ? small.get() : pooled.data());
    }
    [[nodiscard]] double* values_of(std::uint32_t metric) const {
      return reinterpret_cast<double*>(times()) + std::size_t{capacity} * (metric + 1);
    }
  };
  static constexpr std::uint64_t kPageBytesMax = 1 << 19;

  void add_page(std::uint32_t rows);
  void copy_column(Page& page, std::uint32_t metric, const MetricColumn* column, std::uint32_t begin,
                   std::uint32_t end);

  std::uint32_t metrics_;
  PagePool* pool_;
  std::vector<Page> pages_;
  std::size_t rows_ = 0;
  std::int64_t min_ms_ = INT64_MAX;
  std::int64_t max_ms_ = INT64_MIN;
  std::uint64_t memory_bytes_ = 0;
};

}  // namespace promfill
