// See window_writer.h.
#include "ingest/window_writer.h"

#include <algorithm>

#include "chunk/xor_chunk.h"

namespace promfill {
namespace {

struct Entry {
  std::uint32_t rank = 0;
  SeriesWindow* series = nullptr;
  StoreWindow* window = nullptr;
};

std::vector<Entry> entries_in_order(std::span<const WindowPart> parts, const SeriesCatalog& catalog) {
  std::vector<Entry> entries;
  for (const WindowPart& part : parts) {
    for (SeriesWindow& series : part.window->series) {
      entries.push_back({catalog.rank(part.shard, series.series), &series, part.window});
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.rank < b.rank; });
  return entries;
}

/// Numbers the symbols that a block's series use. Position in the catalog → number in the block.
class BlockSymbols {
 public:
  static Result<BlockSymbols> write(std::span<const Entry> entries, const SeriesCatalog& catalog, BlockWriter& writer) {
    BlockSymbols symbols;
    for (const Entry& entry : entries) {
      for (const SymbolPair& pair : catalog.labels(entry.rank)) {
        symbols.used_.push_back(pair.name.value);
        symbols.used_.push_back(pair.value.value);
      }
      if (symbols.used_.size() > symbols.compact_at_) symbols.compact();
    }
    symbols.compact();
    for (const std::uint32_t symbol : symbols.used_) {
      PROMFILL_TRY_STATUS(writer.add_symbol(catalog.symbols()[symbol]));
    }
    return symbols;
  }

  /// 0 is the empty string, so numbers start at 1.
  [[nodiscard]] SymbolRef number(SymbolRef symbol) const {
    const auto at = std::lower_bound(used_.begin(), used_.end(), symbol.value);
    return {static_cast<std::uint32_t>(at - used_.begin()) + 1};
  }

 private:
  void compact() {
    std::sort(used_.begin(), used_.end());
    used_.erase(std::unique(used_.begin(), used_.end()), used_.end());
    compact_at_ = std::max<std::size_t>(4096, used_.size() * 2);
  }

  std::vector<std::uint32_t> used_;
  std::size_t compact_at_ = 4096;
};

/// The chunks of one series in one window.
class SeriesChunks {
 public:
  explicit SeriesChunks(std::int64_t chunk_range_ms) : chunk_range_ms_(chunk_range_ms) {}

  Result<std::span<const ChunkView>> collect(const Entry& entry, DuplicatePolicy policy, DuplicateTally& tally) {
    views_.clear();
    for (const ArenaChunk* chunk = entry.series->first_closed; chunk != nullptr; chunk = chunk->next) {
      views_.push_back(chunk->view());
    }
    views_.push_back(entry.series->open.view());
    if (entry.series->late != 0) {
      PROMFILL_TRY_STATUS(merge(entry.window->late[entry.series->late - 1], policy, tally));
    }
    return std::span<const ChunkView>(views_);
  }

 private:
  /// Decode from the chunk that the earliest late sample belongs to, merge, and cut anew from there. The cut rule
  /// starts afresh with every chunk, so the ones before keep their bytes.
  Status merge(std::vector<Sample>& late, DuplicatePolicy policy, DuplicateTally& tally) {
    Timestamp earliest = kTimestampMax;
    for (const Sample& sample : late) earliest = std::min(earliest, sample.time);
    std::size_t kept = views_.size() - 1;
    while (kept > 0 && views_[kept].mint > earliest) --kept;
    samples_.clear();
    for (std::size_t i = kept; i < views_.size(); ++i) {
      PROMFILL_TRY_STATUS(decode_xor_chunk(views_[i].data, samples_));
    }
    PROMFILL_TRY(const std::vector<Sample> merged, merge_late_samples(samples_, late, policy, tally));
    late = {};
    encoded_ = encode_series_chunks(merged, chunk_range_ms_);
    views_.resize(kept);
    for (const EncodedChunk& chunk : encoded_) views_.push_back(chunk.view());
    return {};
  }

  std::int64_t chunk_range_ms_;
  std::vector<ChunkView> views_;
  std::vector<Sample> samples_;
  std::vector<EncodedChunk> encoded_;
};

}  // namespace

Status write_window(std::span<const WindowPart> parts, const SeriesCatalog& catalog, std::int64_t chunk_range_ms,
                    DuplicatePolicy policy, BlockWriter& writer, WindowTally& tally) {
  const std::vector<Entry> entries = entries_in_order(parts, catalog);
  PROMFILL_TRY(const BlockSymbols symbols, BlockSymbols::write(entries, catalog, writer));
  SeriesChunks chunks(chunk_range_ms);
  std::vector<SymbolPair> labels;
  for (const Entry& entry : entries) {
    auto views = chunks.collect(entry, policy, tally.duplicates);
    if (!views) {
      Error error = std::move(views).error();
      error.where = catalog.text(entry.rank) + (error.where.empty() ? "" : " at " + error.where);
      return error;
    }
    labels.clear();
    for (const SymbolPair& pair : catalog.labels(entry.rank)) {
      labels.push_back({symbols.number(pair.name), symbols.number(pair.value)});
    }
    PROMFILL_TRY_STATUS(writer.add_series(labels, *views));
    for (const ChunkView& view : *views) tally.samples += load_be16(view.data.data());
  }
  return {};
}

}  // namespace promfill
