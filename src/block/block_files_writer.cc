// Block writer: joins segments, index, tombstones and meta.json, and counts what meta.json says; see
// block_files_writer.h.
#include "block/block_files_writer.h"

#include <algorithm>
#include <utility>

#include "block/block_reader.h"
#include "block/tombstones.h"
#include "chunk/xor_chunk.h"

namespace promfill {
namespace {

constexpr TimeRange kNothing{kTimestampMax, kTimestampMin};  // what min and max are taken against

}  // namespace

BlockFilesWriter::BlockFilesWriter(FileSystem& fs, std::string directory, Ulid ulid, SegmentWriter segments,
                                   IndexWriter index)
    : fs_(&fs), directory_(std::move(directory)), segments_(std::move(segments)), index_(std::move(index)) {
  meta_.ulid = ulid;
  meta_.sources = {ulid};
  meta_.range = kNothing;
}

Result<BlockFilesWriter> BlockFilesWriter::create(FileSystem& fs, std::string directory, Ulid ulid,
                                                  BlockFilesOptions options) {
  const std::string chunks = join_path(directory, kChunksDirectory);
  PROMFILL_TRY_STATUS(fs.create_directory(directory));
  PROMFILL_TRY_STATUS(fs.create_directory(chunks));
  SegmentWriter segments(fs, chunks, options.segment_bytes_max);
  PROMFILL_TRY(auto index,
               IndexWriter::create(fs, join_path(directory, kIndexFile),
                                   {.memory_bytes = options.memory_bytes, .scratch = std::move(options.scratch)}));
  BlockFilesWriter writer(fs, std::move(directory), ulid, std::move(segments), std::move(index));
  writer.meta_.external_labels = std::move(options.external_labels);
  return writer;
}

Status BlockFilesWriter::keep(Status status) {
  if (!status && !failed_) failed_ = status.error();
  return status;
}

Status BlockFilesWriter::add_symbol(std::string_view symbol) {
  if (failed_) return *failed_;
  return keep(index_.add_symbol(symbol));
}

Status BlockFilesWriter::add_series(std::span<const SymbolPair> labels, std::span<const ChunkView> chunks) {
  metas_.clear();
  PROMFILL_TRY_STATUS(add_chunks(chunks, metas_));
  return add_to_index(labels, metas_);
}

Status BlockFilesWriter::add_chunks(std::span<const ChunkView> chunks, std::vector<ChunkMeta>& metas) {
  if (failed_) return *failed_;
  return keep(write_chunks(chunks, metas));
}

Status BlockFilesWriter::add_to_index(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks) {
  if (failed_) return *failed_;
  PROMFILL_TRY_STATUS(keep(index_.add_series(labels, chunks)));
  ++meta_.stats.series;
  return {};
}

Status BlockFilesWriter::write_chunks(std::span<const ChunkView> chunks, std::vector<ChunkMeta>& metas) {
  if (chunks.empty()) return Error{ErrorCode::kUsage, "write block: a series has no chunks", directory_, ""};
  for (const ChunkView& chunk : chunks) PROMFILL_TRY_STATUS(count(chunk));
  return segments_.write_series(chunks, metas);
}

Status BlockFilesWriter::count(const ChunkView& chunk) {
  PROMFILL_TRY(const std::uint32_t samples, chunk_sample_count(chunk.encoding, chunk.data));
  if (samples == 0) return Error{ErrorCode::kUsage, "write block: a chunk has no samples", directory_, ""};
  if (chunk.maxt == kTimestampMax) {
    return Error{ErrorCode::kLimit, "write block: a sample lies at the largest time there is", directory_,
                 "the end of a block's range must be above it"};
  }
  meta_.stats.samples += samples;
  (holds_floats(chunk.encoding) ? meta_.stats.float_samples : meta_.stats.histogram_samples) += samples;
  ++meta_.stats.chunks;
  meta_.range.min = std::min(meta_.range.min, chunk.mint);
  meta_.range.max = std::max(meta_.range.max, Timestamp{chunk.maxt.ms + 1});
  return {};
}

Result<WrittenBlock> BlockFilesWriter::finish() && {
  if (failed_) return *failed_;
  if (meta_.stats.series == 0) {
    return Error{ErrorCode::kUsage, "write block: no series; a block without samples is not written", directory_, ""};
  }
  const std::uint64_t chunk_bytes = segments_.bytes_written();
  PROMFILL_TRY_STATUS(std::move(segments_).finish());
  PROMFILL_TRY_STATUS(std::move(index_).finish());
  PROMFILL_TRY_STATUS(write_file(*fs_, join_path(directory_, kTombstonesFile), encode_empty_tombstones()));
  PROMFILL_TRY_STATUS(write_file(*fs_, join_path(directory_, kMetaFile), as_bytes(encode_meta_json(meta_))));
  PROMFILL_TRY_STATUS(fs_->sync_directory(directory_));
  PROMFILL_TRY(const std::uint64_t bytes, block_bytes(*fs_, directory_));
  return WrittenBlock{std::move(meta_), bytes, chunk_bytes};
}

}  // namespace promfill
