// Block reader; see block_reader.h.
#include "block/block_reader.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "chunk/xor2_chunk.h"
#include "histogram/fingerprint.h"
#include "histogram/histogram_chunk.h"

namespace promfill {
namespace {

Error histograms_unread(ChunkEncoding encoding) {
  return {ErrorCode::kData,
          "read samples: the chunk holds native histograms (encoding " +
              std::to_string(static_cast<unsigned>(encoding)) + "), which this form can't tell",
          "", "leave the series out with a selector"};
}

/// Damage with the block's directory before its place.
Error in_block(Error error, const std::string& directory) {
  if (!error.where.starts_with(directory))
    error.where = error.where.empty() ? directory : directory + ": " + error.where;
  return error;
}

}  // namespace

Result<std::vector<std::string>> find_blocks(FileSystem& fs, const std::string& directory) {
  if (exists(fs, join_path(directory, kMetaFile))) return std::vector<std::string>{directory};
  PROMFILL_TRY(const auto entries, fs.list(directory));
  std::vector<std::string> blocks;
  for (const DirectoryEntry& entry : entries) {
    if (entry.kind != FileKind::kDirectory || !Ulid::parse(entry.name)) continue;
    std::string block = join_path(directory, entry.name);
    if (exists(fs, join_path(block, kMetaFile))) blocks.push_back(std::move(block));
  }
  if (blocks.empty()) {
    return Error{ErrorCode::kNotFound, "no blocks found", directory, "name a block, or a directory that holds blocks"};
  }
  return blocks;  // sorted, as the listing is
}

Result<BlockMeta> read_block_meta(FileSystem& fs, const std::string& block) {
  const std::string path = join_path(block, kMetaFile);
  PROMFILL_TRY(const Bytes text, read_file(fs, path, kMetaBytesMax));
  Result<BlockMeta> meta = parse_meta_json(as_text(text));
  if (!meta) meta.error().where = path;
  return meta;
}

Result<std::uint64_t> block_bytes(FileSystem& fs, const std::string& block) {
  std::uint64_t sum = 0;
  for (const std::string& directory : {block, join_path(block, kChunksDirectory)}) {
    PROMFILL_TRY(const auto entries, fs.list(directory));
    for (const DirectoryEntry& entry : entries) {
      if (entry.kind != FileKind::kFile) continue;
      PROMFILL_TRY(const FileInfo info, fs.info(join_path(directory, entry.name)));
      sum += info.size_bytes;
    }
  }
  return sum;
}

BlockReader::BlockReader(std::string directory, BlockMeta meta, IndexReader index, SegmentReader segments)
    : directory_(std::move(directory)),
      meta_(std::move(meta)),
      index_(std::move(index)),
      segments_(std::move(segments)) {}

Result<BlockReader> BlockReader::open(FileSystem& fs, const std::string& directory) {
  PROMFILL_TRY(auto meta, read_block_meta(fs, directory));
  PROMFILL_TRY(auto index, IndexReader::open(fs, join_path(directory, kIndexFile)));
  PROMFILL_TRY(auto segments, SegmentReader::open(fs, join_path(directory, kChunksDirectory)));
  return BlockReader(directory, std::move(meta), std::move(index), std::move(segments));
}

/// @param decode  appends the samples of a chunk to a vector.
template <typename Decode>
Status BlockReader::read(std::span<const ChunkMeta> chunks, Timestamp mint, Timestamp maxt, Decode decode,
                         std::vector<Sample>& out) const {
  std::optional<Timestamp> last;
  std::vector<Sample> decoded_samples;
  for (const ChunkMeta& chunk : chunks) {
    if (chunk.maxt < mint || chunk.mint > maxt) continue;
    auto record = segments_.read(chunk.ref);
    if (!record) return in_block(std::move(record).error(), directory_);
    decoded_samples.clear();
    Status status = decode(record->encoding, record->data, decoded_samples);
    for (const Sample& sample : decoded_samples) {
      if (last && sample.time <= *last) {
        return Error{ErrorCode::kCorrupt, "read samples: times do not rise at " + std::to_string(sample.time.ms),
                     directory_, "run promfill verify"};
      }
      last = sample.time;
      if (sample.time >= mint && sample.time <= maxt) out.push_back(sample);
    }
    if (!status) return in_block(std::move(status).error(), directory_);
  }
  return {};
}

Status BlockReader::read_samples(std::span<const ChunkMeta> chunks, Timestamp mint, Timestamp maxt,
                                 std::vector<Sample>& out) const {
  const auto decode = [](ChunkEncoding encoding, ByteView data, std::vector<Sample>& samples) -> Status {
    if (!holds_floats(encoding)) return histograms_unread(encoding);
    return decode_float_chunk(encoding, data, samples);
  };
  return read(chunks, mint, maxt, decode, out);
}

Status BlockReader::read_fingerprints(std::span<const ChunkMeta> chunks, Timestamp mint, Timestamp maxt,
                                      std::vector<Sample>& out) const {
  const auto decode_histograms = []<typename H>(ChunkEncoding encoding, ByteView data, std::vector<Sample>& samples) {
    HistogramChunkDecoder<H> decoder(encoding, data);
    for (HistogramSample<H> sample; decoder.next(sample);) {
      samples.push_back({sample.time, std::bit_cast<double>(fingerprint(sample.histogram))});
    }
    return decoder.status();
  };
  const auto decode = [&](ChunkEncoding encoding, ByteView data, std::vector<Sample>& samples) -> Status {
    switch (encoding) {
      case ChunkEncoding::kHistogram:
      case ChunkEncoding::kHistogramSt:
        return decode_histograms.template operator()<Histogram>(encoding, data, samples);
      case ChunkEncoding::kFloatHistogram:
      case ChunkEncoding::kFloatHistogramSt:
        return decode_histograms.template operator()<FloatHistogram>(encoding, data, samples);
      default:
        return decode_float_chunk(encoding, data, samples);
    }
  };
  return read(chunks, mint, maxt, decode, out);
}

}  // namespace promfill
