// What one source, a shard's memory or a run on disk, holds of a window: series in label order with their chunks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "merge/series_merge.h"
#include "merge/symbol_union.h"
#include "section/index_format.h"
#include "store/bundle_store.h"
#include "store/series_catalog.h"

namespace promfill {

/// Walks the series of one window in label order.
class SeriesCursor {
 public:
  virtual ~SeriesCursor() = default;
  /// Go to the next series. False at the end.
  virtual Result<bool> next() = 0;
  /// Its labels, as symbols of the source's own list; borrowed until next().
  [[nodiscard]] virtual std::span<const SymbolPair> labels() const = 0;
  /// Add its chunks to `out`, oldest first; borrowed until next(). To be called at most once for a series, and may be
  /// left out.
  virtual Status add_pieces(std::vector<SeriesPiece>& out) = 0;
};

class WindowSeries {
 public:
  virtual ~WindowSeries() = default;
  [[nodiscard]] virtual const SymbolList& symbols() const = 0;
  [[nodiscard]] virtual std::unique_ptr<SeriesCursor> walk() = 0;
};

/// A catalog with its list of symbols, shared by the windows that were sealed with it.
struct SharedCatalog {
  explicit SharedCatalog(SeriesCatalog built) : catalog(std::move(built)), symbols(catalog.symbols()) {}
  SeriesCatalog catalog;
  SymbolSpan symbols;
};

/// All series of a catalog, without chunks.
class CatalogCursor final : public SeriesCursor {
 public:
  explicit CatalogCursor(const SeriesCatalog& catalog) : catalog_(catalog) {}
  Result<bool> next() override {
    if (rank_ == catalog_.size()) return false;
    catalog_.labels(rank_++, labels_);
    return true;
  }
  [[nodiscard]] std::span<const SymbolPair> labels() const override { return labels_; }
  Status add_pieces(std::vector<SeriesPiece>&) override { return {}; }

 private:
  const SeriesCatalog& catalog_;
  std::uint32_t rank_ = 0;
  std::vector<SymbolPair> labels_;
};

/// A window of a shard's memory.
class StoredWindow final : public WindowSeries {
 public:
  /// Which chunks of the window are meant.
  enum class Chunks : std::uint8_t { kAll, kClosed };
  /// @param window  borrowed.
  StoredWindow(StoreWindow& window, std::shared_ptr<const SharedCatalog> catalog, std::uint32_t generation,
               Chunks chunks = Chunks::kAll);
  [[nodiscard]] const SymbolList& symbols() const override { return catalog_->symbols; }
  [[nodiscard]] std::unique_ptr<SeriesCursor> walk() override;

 private:
  struct Entry {
    std::uint32_t rank = 0;
    SeriesWindow* series = nullptr;
    bool holds_records = false;
  };
  class Cursor;
  std::shared_ptr<const SharedCatalog> catalog_;
  std::uint32_t generation_;
  Chunks chunks_;
  ChunkEncoding encoding_;
  std::vector<Entry> entries_;  // by rank
};

}  // namespace promfill
