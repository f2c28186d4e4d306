// See merged_series.h. A heap of blocks by labels chooses the series; its parts are few, so the next one is found by
// looking at all of them once a run of samples.
#include "merged_series.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace promfill::cli {
namespace {

Result<std::vector<SeriesRef>> select(const IndexReader& index, const SeriesSelection& selection) {
  if (selection.selectors.empty()) return index.select({});
  std::vector<SeriesRef> all;
  for (const std::vector<Matcher>& matchers : selection.selectors) {
    PROMFILL_TRY(const auto refs, index.select(matchers));
    all.insert(all.end(), refs.begin(), refs.end());
  }
  std::ranges::sort(all);  // references rise as the labels do
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
  return all;
}

}  // namespace

MergedSeries::MergedSeries(std::vector<Block> blocks, SeriesSelection selection)
    : blocks_(std::move(blocks)), selection_(std::move(selection)) {}

Result<MergedSeries> MergedSeries::open(FileSystem& fs, const std::vector<std::string>& paths,
                                        SeriesSelection selection) {
  std::vector<Block> blocks;
  for (const std::string& path : paths) {
    PROMFILL_TRY(const BlockMeta meta, read_block_meta(fs, path));
    if (meta.range.min > selection.maxt || meta.range.max <= selection.mint) continue;
    PROMFILL_TRY(auto reader, BlockReader::open(fs, path));
    PROMFILL_TRY(auto refs, select(reader.index(), selection));
    blocks.push_back({std::move(reader), std::move(refs), 0, {}});
  }
  std::ranges::sort(blocks, {}, [](const Block& block) {
    return std::tuple(block.reader.meta().range.min, block.reader.meta().ulid);
  });
  MergedSeries merged(std::move(blocks), std::move(selection));
  for (std::size_t block = 0; block < merged.blocks_.size(); ++block) PROMFILL_TRY_STATUS(merged.advance(block));
  return merged;
}

bool MergedSeries::comes_later(std::size_t a, std::size_t b) const {
  const auto order = blocks_[a].series.labels <=> blocks_[b].series.labels;
  return order == 0 ? a > b : order > 0;
}

Status MergedSeries::advance(std::size_t at) {
  Block& block = blocks_[at];
  while (block.next_ref < block.refs.size()) {
    PROMFILL_TRY(block.series, block.reader.index().series(block.refs[block.next_ref++]));
    std::erase_if(block.series.chunks, [this](const ChunkMeta& chunk) {
      return chunk.maxt < selection_.mint || chunk.mint > selection_.maxt;
    });
    if (block.series.chunks.empty()) continue;
    heap_.push_back(at);
    std::ranges::push_heap(heap_, [this](std::size_t a, std::size_t b) { return comes_later(a, b); });
    return {};
  }
  return {};
}

Result<bool> MergedSeries::next() {
  parts_.clear();
  last_.reset();
  while (!heap_.empty() && (parts_.empty() || blocks_[heap_.front()].series.labels == labels_)) {
    std::ranges::pop_heap(heap_, [this](std::size_t a, std::size_t b) { return comes_later(a, b); });
    const std::size_t at = heap_.back();
    heap_.pop_back();
    if (parts_.empty()) labels_ = std::move(blocks_[at].series.labels);
    Part& part = parts_.emplace_back();
    part.block = at;
    part.chunks = std::move(blocks_[at].series.chunks);
    PROMFILL_TRY_STATUS(advance(at));
  }
  return !parts_.empty();
}

Status MergedSeries::load(Part& part) {
  part.samples.clear();
  part.next_sample = 0;
  const Status status = blocks_[part.block].reader.read_samples(std::span(part.chunks).subspan(part.next_chunk++, 1),
                                                                selection_.mint, selection_.maxt, part.samples);
  if (status) return {};
  Error error = status.error();
  error.where = labels_.text() + (error.where.empty() ? "" : " in " + error.where);
  return error;
}

Result<bool> MergedSeries::read(std::vector<Sample>& out) {
  const std::size_t before = out.size();
  while (out.size() == before) {
    std::erase_if(parts_, [](const Part& part) { return part.at_end(); });
    if (parts_.empty()) return false;
    // The earliest part, and the one that it must not pass; of equal times the first block's comes first.
    Part* first = nullptr;
    Part* rival = nullptr;
    for (Part& part : parts_) {
      if (first == nullptr || part.time() < first->time()) {
        rival = first;
        first = &part;
      } else if (rival == nullptr || part.time() < rival->time()) {
        rival = &part;
      }
    }
    if (first->is_loaded()) {
      take(*first, rival, out);
    } else {
      PROMFILL_TRY_STATUS(load(*first));
    }
  }
  return true;
}

void MergedSeries::take(Part& part, const Part* rival, std::vector<Sample>& out) {
  while (part.is_loaded()) {
    const Sample& sample = part.samples[part.next_sample];
    if (rival != nullptr && (sample.time > rival->time() || (sample.time == rival->time() && rival < &part))) return;
    ++part.next_sample;
    if (last_ && sample.time <= last_->time) {
      if (sample != *last_) ++conflicts_;
      continue;
    }
    out.push_back(sample);
    last_ = sample;
  }
}

}  // namespace promfill::cli
