// See window_series.h.
#include "merge/window_series.h"

#include <algorithm>
#include <deque>

#include "chunk/xor2_chunk.h"
#include "histogram/sample_record.h"

namespace promfill {

StoredWindow::StoredWindow(StoreWindow& window, std::shared_ptr<const SharedCatalog> catalog, std::uint32_t generation,
                           Chunks chunks)
    : catalog_(std::move(catalog)), generation_(generation), chunks_(chunks), encoding_(window.encoding) {
  for (BundleWindow* bundle : window.bundles) {
    for (std::uint32_t m = 0; m < bundle->metrics; ++m) {
      SeriesWindow& series = bundle->series()[m];
      if (series.newest_closed == nullptr && (chunks == Chunks::kClosed || series.open.samples == 0)) continue;
      entries_.push_back({catalog_->catalog.rank(bundle->first_series + m), &series, bundle->holds_records});
    }
  }
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.rank < b.rank; });
}

class StoredWindow::Cursor final : public SeriesCursor {
 public:
  explicit Cursor(const StoredWindow& window) : window_(window) {}
  Result<bool> next() override {
    if (at_ == window_.entries_.size()) return false;
    entry_ = window_.entries_[at_++];
    const SeriesCatalog& catalog = window_.catalog_->catalog;
    catalog.labels(entry_.rank, labels_);
    // Their places in memory are those of arrival: have the one after next on its way.
    constexpr std::size_t kAhead = 8;
    if (at_ + kAhead < window_.entries_.size()) {
      __builtin_prefetch(window_.entries_[at_ + kAhead].series);
      catalog.prefetch(window_.entries_[at_ + kAhead].rank);
    }
    if (at_ + kAhead / 2 < window_.entries_.size()) {
      __builtin_prefetch(window_.entries_[at_ + kAhead / 2].series->open.buffer, 1);
    }
    return true;
  }
  [[nodiscard]] std::span<const SymbolPair> labels() const override { return labels_; }
  Status add_pieces(std::vector<SeriesPiece>& out) override {
    const auto begin = static_cast<std::ptrdiff_t>(out.size());
    for (const ArenaChunk* chunk = entry_.series->newest_closed; chunk != nullptr; chunk = chunk->before) {
      out.push_back({chunk->view(), chunk->role, window_.generation_});
    }
    std::reverse(out.begin() + begin, out.end());
    XorAppender& open = entry_.series->open;
    if (window_.chunks_ == Chunks::kAll && open.samples > 0) {
      out.push_back({open.view(window_.encoding_), ChunkRole::kOpen, window_.generation_});
    }
    return entry_.holds_records ? make_records(std::span(out).subspan(static_cast<std::size_t>(begin))) : Status();
  }

 private:
  /// Put the records in place of the values that stand for them.
  Status make_records(std::span<SeriesPiece> pieces) {
    records_.clear();
    for (SeriesPiece& piece : pieces) {
      samples_.clear();
      PROMFILL_TRY_STATUS(decode_float_chunk(piece.chunk.encoding, piece.chunk.data, samples_));
      ByteWriter bytes;
      for (const Sample& sample : samples_) append_record({sample.time, record_at(sample.value)}, bytes);
      piece.chunk.encoding = ChunkEncoding::kRecords;
      piece.chunk.data = records_.emplace_back(std::move(bytes).take());
    }
    return {};
  }

  const StoredWindow& window_;
  std::size_t at_ = 0;
  Entry entry_;
  std::vector<SymbolPair> labels_;
  std::deque<Bytes> records_;  // of the current series
  std::vector<Sample> samples_;
};

std::unique_ptr<SeriesCursor> StoredWindow::walk() { return std::make_unique<Cursor>(*this); }

}  // namespace promfill
