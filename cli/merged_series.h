// The series of several blocks as if they were one: by labels, and within a series by time.
//
// Blocks that follow each other are read one after another; where blocks overlap their samples are merged. Of samples
// at one time the first block's is given, in the order of the blocks' start; equal ones are one sample, others are
// counted. Memory: the blocks' indexes, and one chunk of each block for the current series.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "block/block_reader.h"
#include "file/file_system.h"
#include "index/matcher.h"
#include "promfill/sample.h"
#include "promfill/time.h"

namespace promfill::cli {

struct SeriesSelection {
  /// A series is selected when all matchers of one of these match; none: every series.
  std::vector<std::vector<Matcher>> selectors;
  Timestamp mint = kTimestampMin;  ///< inclusive
  Timestamp maxt = kTimestampMax;  ///< inclusive
};

class MergedSeries {
 public:
  /// @param blocks  paths.
  static Result<MergedSeries> open(FileSystem& fs, const std::vector<std::string>& blocks, SeriesSelection selection);

  /// Go to the next series that has chunks in the range. False after the last. @error kCorrupt
  Result<bool> next();
  [[nodiscard]] const Labels& labels() const { return labels_; }

  /// Append the next samples of the series to `out`, about a chunk's. False when there are no more.
  /// @error kCorrupt; kData  chunks that hold no floats. `where` names the series.
  Result<bool> read(std::vector<Sample>& out);
  /// Samples left out so far, because an earlier block has another value for their time.
  [[nodiscard]] std::uint64_t conflicts() const { return conflicts_; }

 private:
  struct Block {
    BlockReader reader;
    std::vector<SeriesRef> refs;
    std::size_t next_ref = 0;
    IndexedSeries series;  // the one before next_ref
  };

  /// What is left of the current series in one block.
  struct Part {
    std::size_t block = 0;
    std::vector<ChunkMeta> chunks;
    std::size_t next_chunk = 0;
    std::vector<Sample> samples;  // of the chunk before next_chunk
    std::size_t next_sample = 0;

    [[nodiscard]] bool is_loaded() const { return next_sample < samples.size(); }
    [[nodiscard]] bool at_end() const { return !is_loaded() && next_chunk == chunks.size(); }
    /// A lower bound of the times that are left.
    [[nodiscard]] Timestamp time() const { return is_loaded() ? samples[next_sample].time : chunks[next_chunk].mint; }
  };

  MergedSeries(std::vector<Block> blocks, SeriesSelection selection);

  /// Read the block's next series with chunks in the range and put the block onto the heap; nothing at its end.
  Status advance(std::size_t block);
  [[nodiscard]] bool comes_later(std::size_t a, std::size_t b) const;
  Status load(Part& part);
  /// Give the samples of `part` that come before those of all other parts.
  void take(Part& part, const Part* rival, std::vector<Sample>& out);

  std::vector<Block> blocks_;
  SeriesSelection selection_;
  std::vector<std::size_t> heap_;  // of blocks that have a series; the first by labels in front
  Labels labels_;
  std::vector<Part> parts_;  // in the order of blocks
  std::optional<Sample> last_;
  std::uint64_t conflicts_ = 0;
};

}  // namespace promfill::cli
