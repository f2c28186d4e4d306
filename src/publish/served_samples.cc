// See served_samples.h.
#include "publish/served_samples.h"

#include <algorithm>

namespace promfill {

Result<ServedSamples> ServedSamples::open(FileSystem& fs, const DataDirectory& directory, TimeRange range) {
  ServedSamples served;
  for (const ExistingBlock& existing : directory.blocks) {
    if (!existing.meta.range.overlaps(range)) continue;
    PROMFILL_TRY(BlockReader reader, BlockReader::open(fs, existing.directory));
    PROMFILL_TRY(std::vector<SeriesRef> refs, reader.index().select({}));
    served.blocks_.push_back({std::move(reader), std::move(refs), 0, {}, false});
  }
  return served;
}

Result<bool> ServedSamples::seek(Block& block, const Labels& labels) {
  while (!block.loaded || block.series.labels < labels) {
    if (block.next == block.refs.size()) return false;
    PROMFILL_TRY(block.series, block.reader.index().series(block.refs[block.next++]));
    block.loaded = true;
  }
  return true;
}

Result<const std::vector<Sample>*> ServedSamples::of(const Labels& labels, Timestamp mint, Timestamp maxt) {
  samples_.clear();
  std::size_t parts = 0;
  for (Block& block : blocks_) {
    PROMFILL_TRY(const bool found, seek(block, labels));
    if (!found || block.series.labels != labels) continue;
    std::vector<ChunkMeta> chunks;
    for (const ChunkMeta& chunk : block.series.chunks) {
      if (chunk.maxt >= mint && chunk.mint <= maxt) chunks.push_back(chunk);
    }
    if (chunks.empty()) continue;
    PROMFILL_TRY_STATUS(block.reader.read_fingerprints(chunks, mint, maxt, samples_));
    ++parts;
  }
  if (parts > 1) {
    std::ranges::stable_sort(samples_, {}, &Sample::time);
    const auto repeated = std::ranges::unique(samples_);
    samples_.erase(repeated.begin(), repeated.end());
  }
  return &samples_;
}

Result<OverlapCount> count_overlap(const BlockReader& block, TimeRange range, ServedSamples& served) {
  OverlapCount count;
  if (served.empty()) return count;
  const Timestamp last{range.max.ms - 1};
  PROMFILL_TRY(const auto refs, block.index().select({}));
  std::vector<Sample> ours;
  for (const SeriesRef ref : refs) {
    PROMFILL_TRY(const IndexedSeries series, block.index().series(ref));
    PROMFILL_TRY(const std::vector<Sample>* const theirs, served.of(series.labels, range.min, last));
    if (theirs->empty()) continue;
    ours.clear();
    PROMFILL_TRY_STATUS(block.read_fingerprints(series.chunks, range.min, last, ours));
    const std::uint64_t before = count.samples();
    for (const Sample& sample : ours) {
      const auto [from, to] = std::ranges::equal_range(*theirs, sample.time, {}, &Sample::time);
      if (from == to) continue;
      ++(std::find(from, to, sample) != to ? count.equal : count.differing);
    }
    if (count.samples() == before) continue;
    ++count.series;
    if (count.first_series.empty()) count.first_series = series.labels.text();
  }
  return count;
}

}  // namespace promfill
