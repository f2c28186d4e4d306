// See block_tails.h.
#include "merge/block_tails.h"

namespace promfill {

Result<std::unique_ptr<BlockTails>> BlockTails::open(FileSystem& fs, const std::string& directory, Timestamp since) {
  PROMFILL_TRY(BlockReader block, BlockReader::open(fs, directory));
  std::unique_ptr<BlockTails> tails(new BlockTails(std::move(block)));
  PROMFILL_TRY_STATUS(tails->find(since));
  return tails;
}

Status BlockTails::find(Timestamp since) {
  PROMFILL_TRY(const std::vector<SeriesRef> all, block_.index().select({}));
  std::vector<Sample> samples;
  for (const SeriesRef ref : all) {
    PROMFILL_TRY(const SeriesEntry entry, block_.index().entry(ref));
    if (entry.chunks.empty() || entry.chunks.back().maxt < since) continue;
    const std::span<const ChunkMeta> last = std::span(entry.chunks).last(1);
    samples.clear();
    PROMFILL_TRY_STATUS(block_.read_fingerprints(last, kTimestampMin, kTimestampMax, samples));
    if (samples.empty() || samples.back().bits() == kStaleNanBits) continue;
    PROMFILL_TRY(const ChunkRecord record, block_.segments().read(last[0].ref));
    tails_.push_back({ref, record.encoding, samples.back().time});
  }
  return {};
}

class BlockTails::Cursor final : public SeriesCursor {
 public:
  explicit Cursor(const BlockTails& tails) : tails_(tails) {}
  Result<bool> next() override {
    if (at_ == tails_.tails_.size()) return false;
    PROMFILL_TRY(entry_, tails_.block_.index().entry(tails_.tails_[at_++].series));
    return true;
  }
  [[nodiscard]] std::span<const SymbolPair> labels() const override { return entry_.labels; }
  Status add_pieces(std::vector<SeriesPiece>& out) override {
    const Tail& tail = tails_.tails_[at_ - 1];
    SeriesPiece piece;
    piece.is_tail = true;
    piece.chunk.encoding = tail.encoding;
    piece.chunk.maxt = tail.last;
    out.push_back(piece);
    return {};
  }

 private:
  const BlockTails& tails_;
  std::size_t at_ = 0;
  SeriesEntry entry_;
};

std::unique_ptr<SeriesCursor> BlockTails::walk() { return std::make_unique<Cursor>(*this); }

}  // namespace promfill
