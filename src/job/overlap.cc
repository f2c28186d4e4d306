// See overlap.h.
#include "job/overlap.h"

#include <vector>

#include "block/block_reader.h"

namespace promfill {
namespace {

struct ExistingBlock {
  std::string directory;
  TimeRange range;
};

Result<std::vector<ExistingBlock>> existing_blocks(FileSystem& fs, const std::string& out) {
  std::vector<ExistingBlock> blocks;
  const auto found = find_blocks(fs, out);
  if (!found) {
    if (found.error().code == ErrorCode::kNotFound) return blocks;
    return found.error();
  }
  for (const std::string& directory : *found) {
    PROMFILL_TRY(const BlockMeta meta, read_block_meta(fs, directory));
    blocks.push_back({directory, meta.range});
  }
  return blocks;
}

bool chunks_overlap(const IndexedSeries& a, const IndexedSeries& b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.chunks.size() && j < b.chunks.size()) {
    if (a.chunks[i].maxt < b.chunks[j].mint) {
      ++i;
    } else if (b.chunks[j].maxt < a.chunks[i].mint) {
      ++j;
    } else {
      return true;
    }
  }
  return false;
}

/// Both indexes list their series in label order, so one walk along both finds the common ones.
Status compare(const IndexReader& fresh, const IndexReader& existing, const std::string& directory) {
  PROMFILL_TRY(const std::vector<SeriesRef> fresh_refs, fresh.select({}));
  PROMFILL_TRY(const std::vector<SeriesRef> existing_refs, existing.select({}));
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < fresh_refs.size() && j < existing_refs.size()) {
    PROMFILL_TRY(const IndexedSeries a, fresh.series(fresh_refs[i]));
    PROMFILL_TRY(const IndexedSeries b, existing.series(existing_refs[j]));
    if (a.labels < b.labels) {
      ++i;
    } else if (b.labels < a.labels) {
      ++j;
    } else if (chunks_overlap(a, b)) {
      return Error{
          ErrorCode::kRefused, "already has samples of " + a.labels.text() + " in the same time range", directory,
          "import into an empty directory, narrow the job with --min-time and --max-time, or say --allow-overlap"};
    } else {
      ++i;
      ++j;
    }
  }
  return {};
}

}  // namespace

Status refuse_overlap(FileSystem& fs, const std::string& out, std::span<const std::string> staged) {
  PROMFILL_TRY(const std::vector<ExistingBlock> blocks, existing_blocks(fs, out));
  if (blocks.empty()) return {};
  for (const std::string& directory : staged) {
    PROMFILL_TRY(const BlockMeta meta, read_block_meta(fs, directory));
    for (const ExistingBlock& existing : blocks) {
      if (!existing.range.overlaps(meta.range)) continue;
      PROMFILL_TRY(const IndexReader fresh_index, IndexReader::open(fs, join_path(directory, "index")));
      PROMFILL_TRY(const IndexReader existing_index, IndexReader::open(fs, join_path(existing.directory, "index")));
      PROMFILL_TRY_STATUS(compare(fresh_index, existing_index, existing.directory));
    }
  }
  return {};
}

}  // namespace promfill
