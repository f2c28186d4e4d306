// Which samples of a series the blocks of a data directory have already: of two values for one series and time in two
// blocks, none dependably wins, so a block that is published must not bring a second one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "block/block_reader.h"
#include "publish/data_directory.h"

namespace promfill {

/// Walks along the indexes of the blocks that overlap a range, so series are to be asked for in label order. Memory:
/// those indexes, and one series' samples.
class ServedSamples {
 public:
  /// @param range  of the block to be published; `but` is left out, and what came of it.
  static Result<ServedSamples> open(FileSystem& fs, const DataDirectory& directory, TimeRange range);

  [[nodiscard]] bool empty() const { return blocks_.empty(); }
  [[nodiscard]] std::size_t block_count() const { return blocks_.size(); }
  /// Sorted, without equal ones; native histograms by fingerprints. Borrowed until the next call.
  /// @param labels  above those of the call before. @error kCorrupt
  Result<const std::vector<Sample>*> of(const Labels& labels, Timestamp mint, Timestamp maxt);

 private:
  struct Block {
    BlockReader reader;
    std::vector<SeriesRef> refs;
    std::size_t next = 0;
    IndexedSeries series;  ///< the one before `next`, if `loaded`
    bool loaded = false;
  };
  /// Go to the first series that is not below `labels`. False at the end.
  static Result<bool> seek(Block& block, const Labels& labels);

  std::vector<Block> blocks_;
  std::vector<Sample> samples_;
};

/// What a block and those there are have of the same series and times.
struct OverlapCount {
  std::uint64_t equal = 0;  ///< with equal values
  std::uint64_t differing = 0;
  std::uint64_t series = 0;
  std::string first_series{};
  [[nodiscard]] std::uint64_t samples() const { return equal + differing; }
};

/// Count in the samples of `block` within `range`. @error kCorrupt
Result<OverlapCount> count_overlap(const BlockReader& block, TimeRange range, ServedSamples& served);

}  // namespace promfill
