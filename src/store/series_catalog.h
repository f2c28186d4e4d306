// The series of one shard in index order, as they are at one moment: sorted symbols, each series' labels as symbol
// numbers, the rank of every series. Built by the thread that owns the store, then read by any.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "section/index_format.h"
#include "store/bundle_store.h"
#include "store/byte_table.h"
#include "store/sample_batch.h"

namespace promfill {

class SeriesCatalog {
 public:
  static constexpr std::uint32_t kNoRank = 0xffffffff;

  /// Label sets of different series differ: mapping allows no label in both an entity and a metric, and no two metrics
  /// with the same labels (asserted).
  static SeriesCatalog build(const BundleStore& store, std::span<const MetricDef> metrics);

  /// Position of a series among those that have samples, in index order; kNoRank for others.
  [[nodiscard]] std::uint32_t rank(std::uint32_t series) const { return ranks_[series]; }
  /// Labels of the series at `rank`, sorted; the symbols are positions in symbols().
  [[nodiscard]] std::span<const SymbolPair> labels(std::uint32_t rank) const {
    return std::span(pairs_).subspan(begins_[rank], begins_[rank + 1] - begins_[rank]);
  }
  /// Strictly rising, without "".
  [[nodiscard]] std::span<const std::string_view> symbols() const { return symbols_; }
  /// Number of series.
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(begins_.size() - 1); }
  /// Number of series that the store had, with samples or without.
  [[nodiscard]] std::uint32_t series_known() const { return static_cast<std::uint32_t>(ranks_.size()); }
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  struct Unsorted;
  void add_symbols(const BundleStore& store, std::span<const MetricDef> metrics);
  void add_series(const BundleStore& store, std::span<const MetricDef> metrics, Unsorted& unsorted);
  void sort_series(Unsorted& unsorted);

  ByteTable strings_;
  std::vector<std::string_view> symbols_;
  std::vector<std::uint32_t> position_;  // string id → position in symbols_; while building
  std::vector<SymbolPair> pairs_;        // series by series in index order
  std::vector<std::uint64_t> begins_{0};
  std::vector<std::uint32_t> ranks_;  // by series number
};

}  // namespace promfill
