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
  /// Labels of the series at `rank`, sorted, into `out`; the symbols are positions in symbols().
  void labels(std::uint32_t rank, std::vector<SymbolPair>& out) const { labels(places_[rank], out); }
  /// Have the labels of `rank` on their way from memory.
  void prefetch(std::uint32_t rank) const { __builtin_prefetch(&entity_pairs_[places_[rank].entity_at]); }
  /// Strictly rising, without "".
  [[nodiscard]] std::span<const std::string_view> symbols() const { return symbols_; }
  /// Number of series.
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(places_.size()); }
  /// Number of series that the store had, with samples or without.
  [[nodiscard]] std::uint32_t series_known() const { return static_cast<std::uint32_t>(ranks_.size()); }
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  /// A series: its labels are those of an entity and a metric, merged anew whenever they are asked for. Kept for every
  /// series they would be the largest part of the tables.
  struct Place {
    std::uint32_t entity_at = 0;  // in entity_pairs_
    std::uint32_t metric = 0;
  };
  struct Unsorted;
  void add_symbols(const BundleStore& store, std::span<const MetricDef> metrics);
  void add_metrics(std::span<const MetricDef> metrics);
  [[nodiscard]] std::vector<std::uint32_t> add_entities(const BundleStore& store);
  void sort_series(const Unsorted& unsorted);
  [[nodiscard]] SymbolRef symbol(std::string_view text) const {
    return {position_[strings_.find(text, hash_bytes(text))]};
  }
  void labels(Place place, std::vector<SymbolPair>& out) const;

  ByteTable strings_;
  std::vector<std::string_view> symbols_;
  std::vector<std::uint32_t> position_;   // string id → position in symbols_; while building
  std::vector<SymbolPair> entity_pairs_;  // entity by entity: number of labels (as a name), then the labels, sorted
  std::vector<std::vector<SymbolPair>> metric_pairs_;
  std::vector<Place> places_;         // by rank
  std::vector<std::uint32_t> ranks_;  // by series number
};

}  // namespace promfill
