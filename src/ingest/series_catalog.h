// All series of a job in index order, over the shards: sorted symbols, each series' labels as symbol numbers, and the
// rank of every (shard, series). Built once, when no more rows come; read from several threads.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/index_format.h"
#include "ingest/byte_table.h"
#include "ingest/sample_batch.h"
#include "ingest/series_store.h"

namespace promfill {

class SeriesCatalog {
 public:
  /// Label sets of different series differ: mapping allows no label in both an entity and a metric, and no two metrics
  /// with the same labels (asserted).
  static SeriesCatalog build(std::span<SeriesStore* const> shards, std::span<const MetricDef> metrics);

  /// Position of a series among all, in index order.
  [[nodiscard]] std::uint32_t rank(std::size_t shard, std::uint32_t series) const { return ranks_[shard][series]; }
  /// Labels of the series at `rank`, sorted; the symbols are positions in symbols().
  [[nodiscard]] std::span<const SymbolPair> labels(std::uint32_t rank) const {
    return std::span(pairs_).subspan(begins_[order_[rank]], begins_[order_[rank] + 1] - begins_[order_[rank]]);
  }
  /// Strictly rising, without "".
  [[nodiscard]] std::span<const std::string_view> symbols() const { return symbols_; }
  [[nodiscard]] std::size_t size() const { return order_.size(); }
  /// The labels as text, for messages.
  [[nodiscard]] std::string text(std::uint32_t rank) const;

 private:
  void add_symbols(std::span<SeriesStore* const> shards, std::span<const MetricDef> metrics);
  void add_series(std::span<SeriesStore* const> shards, std::span<const MetricDef> metrics);
  void sort_series();

  ByteTable strings_;
  std::vector<std::uint32_t> position_;  // string id → position in symbols_
  std::vector<std::string_view> symbols_;
  std::vector<SymbolPair> pairs_;  // series by series in order of (shard, series)
  std::vector<std::uint64_t> begins_{0};
  std::vector<std::uint32_t> order_;  // rank → number in order of (shard, series)
  std::vector<std::vector<std::uint32_t>> ranks_;
};

}  // namespace promfill
