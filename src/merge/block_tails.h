// What the block of the window before says to a window: which series were still there at its end, and may have to be
// marked stale. They come as series without samples, among those that the window has of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "block/block_reader.h"
#include "merge/window_series.h"

namespace promfill {

class BlockTails final : public WindowSeries {
 public:
  /// @param directory  of a block. @param since  series whose last sample is earlier have no part, nor have those that
  ///        end with a stale marker.
  /// @error kCorrupt, kIo  the block can't be read.
  static Result<std::unique_ptr<BlockTails>> open(FileSystem& fs, const std::string& directory, Timestamp since);

  [[nodiscard]] bool empty() const { return tails_.empty(); }
  /// Of the block's index, and of what is remembered of it.
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return block_.index().file().size() + tails_.capacity() * sizeof(Tail);
  }
  [[nodiscard]] const SymbolList& symbols() const override { return symbols_; }
  [[nodiscard]] std::unique_ptr<SeriesCursor> walk() override;

 private:
  struct Tail {
    SeriesRef series;
    ChunkEncoding encoding = ChunkEncoding::kXor;  // of its last chunk
    Timestamp last;
  };
  class Cursor;
  explicit BlockTails(BlockReader block) : block_(std::move(block)), symbols_(block_.index().symbols()) {}
  Status find(Timestamp since);

  BlockReader block_;
  SymbolSpan symbols_;
  std::vector<Tail> tails_;  // in the order of the index, which is that of labels
};

}  // namespace promfill
