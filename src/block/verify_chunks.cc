// Chunk checks; see verify_chunks.h.
#include "block/verify_chunks.h"

#include <algorithm>
#include <span>
#include <vector>

#include "block/block_reader.h"
#include "block/segment_walk.h"
#include "chunk/xor_chunk.h"
#include "histogram/chunk_check.h"

namespace promfill {
namespace {

constexpr std::uint8_t kEncodings = 6;

std::string range_text(Timestamp mint, Timestamp maxt) {
  return "[" + std::to_string(mint.ms) + ", " + std::to_string(maxt.ms) + "]";
}

/// Walks index and segments side by side.
class ChunkCheck {
 public:
  ChunkCheck(const WalkedIndex& index, const BlockMeta* meta, SegmentWalk& walk, Findings& findings)
      : index_(index), meta_(meta), walk_(walk), findings_(findings), plan_(findings.options().segment_bytes_max) {}

  std::optional<ChunkMeta> run();

 private:
  void check_series(const SeriesEntry& series);
  /// The record that the index entry names; records before it are reported.
  std::optional<WalkedRecord> take(ChunkRef ref);
  /// Read on behind the record that was taken last: its bytes were borrowed until now.
  void pass_taken();
  std::optional<std::string> record_problem(const ChunkMeta& chunk, const WalkedRecord& record);
  static std::optional<std::string> first_time_problem(const ChunkMeta& chunk, const WalkedRecord& record);
  static std::optional<std::string> content_problem(const ChunkMeta& chunk, const WalkedRecord& record);
  void check_rest();

  const WalkedIndex& index_;
  const BlockMeta* meta_;
  SegmentWalk& walk_;
  Findings& findings_;
  SegmentPlan plan_;
  std::optional<WalkedRecord> ahead_;  // the record last read
  bool taken_ = false;                 // and whether the index has named it
  std::vector<std::uint64_t> sizes_;
  std::optional<ChunkMeta> range_;
};

std::optional<ChunkMeta> ChunkCheck::run() {
  ahead_ = walk_.next();
  WalkedIndex::Cursor cursor(index_);
  while (const auto series = cursor.next()) check_series(*series);
  check_rest();
  return range_;
}

void ChunkCheck::check_series(const SeriesEntry& series) {
  sizes_.clear();
  for (const ChunkMeta& chunk : series.chunks) {
    if (!range_) range_ = chunk;
    range_->mint = std::min(range_->mint, chunk.mint);
    range_->maxt = std::max(range_->maxt, chunk.maxt);
    ++findings_.stats().chunks;
    const auto report = [&](const std::string& problem) {
      findings_.problem(place_text(chunk.ref) + ": chunk of " + index_.text(series.labels) + ": " + problem);
    };
    if (meta_ != nullptr && (chunk.mint < meta_->range.min || chunk.maxt >= meta_->range.max)) {
      report(range_text(chunk.mint, chunk.maxt) + " is outside the block's range");
    }
    const auto record = take(chunk.ref);
    if (!record) {
      report("the index names it, but no record begins there");
      continue;
    }
    sizes_.push_back(record->data.size());
    if (const auto problem = record_problem(chunk, *record)) report(*problem);
  }
  if (sizes_.size() != series.chunks.size()) return;  // told already
  const std::span<const ChunkRef> planned = plan_.place(sizes_);
  for (std::size_t i = 0; i < planned.size(); ++i) {
    if (planned[i] == series.chunks[i].ref) continue;
    findings_.problem(place_text(series.chunks[i].ref) + ": chunk of " + index_.text(series.labels) +
                      ": Prometheus would put it into " + place_text(planned[i]));
  }
}

std::optional<WalkedRecord> ChunkCheck::take(ChunkRef ref) {
  for (pass_taken(); ahead_ && ahead_->ref < ref; ahead_ = walk_.next()) {
    findings_.problem(place_text(ahead_->ref) + ": the index does not name this record");
  }
  if (!ahead_ || ahead_->ref != ref) return std::nullopt;
  taken_ = true;
  return ahead_;
}

void ChunkCheck::pass_taken() {
  if (taken_) ahead_ = walk_.next();
  taken_ = false;
}

std::optional<std::string> ChunkCheck::record_problem(const ChunkMeta& chunk, const WalkedRecord& record) {
  if (record.encoding == 0 || record.encoding > kEncodings) {
    return "encoding " + std::to_string(record.encoding) + " is not known";
  }
  const auto encoding = static_cast<ChunkEncoding>(record.encoding);
  const auto count = chunk_sample_count(encoding, record.data);
  if (!count) return count.error().text();
  if (*count == 0) return "it has no samples";
  BlockStats& stats = findings_.stats();
  stats.samples += *count;
  (holds_floats(encoding) ? stats.float_samples : stats.histogram_samples) += *count;
  return findings_.options().depth == VerifyDepth::kFrames ? first_time_problem(chunk, record)
                                                           : content_problem(chunk, record);
}

std::optional<std::string> ChunkCheck::first_time_problem(const ChunkMeta& chunk, const WalkedRecord& record) {
  const Result<Timestamp> first = first_time(static_cast<ChunkEncoding>(record.encoding), record.data);
  if (!first) return first.error().message;
  if (*first == chunk.mint) return std::nullopt;
  return "the index says it begins at " + std::to_string(chunk.mint.ms) + ", its first sample is at " +
         std::to_string(first->ms);
}

std::optional<std::string> ChunkCheck::content_problem(const ChunkMeta& chunk, const WalkedRecord& record) {
  const Result<ChunkEnds> ends = check_chunk(static_cast<ChunkEncoding>(record.encoding), record.data);
  if (!ends) return ends.error().text();
  if (ends->first == chunk.mint && ends->last == chunk.maxt) return std::nullopt;
  return "the index says " + range_text(chunk.mint, chunk.maxt) + ", the samples are " +
         range_text(ends->first, ends->last);
}

void ChunkCheck::check_rest() {
  // Where the index could not be walked to its end, records that it does not name are no news.
  for (pass_taken(); ahead_; ahead_ = walk_.next()) {
    if (index_.complete()) findings_.problem(place_text(ahead_->ref) + ": the index does not name this record");
  }
}

}  // namespace

std::optional<ChunkMeta> verify_chunks(FileSystem& fs, const std::string& block, const WalkedIndex& index,
                                       const BlockMeta* meta, Findings& findings) {
  SegmentWalk walk(fs, join_path(block, kChunksDirectory), findings);
  return ChunkCheck(index, meta, walk, findings).run();
}

}  // namespace promfill
