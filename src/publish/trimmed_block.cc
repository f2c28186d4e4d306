// See trimmed_block.h. An index begins with its symbols, and which are used is known only at the end: chunks are
// written first, then symbols, then series.
#include "publish/trimmed_block.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "chunk/xor2_chunk.h"
#include "chunk/xor_chunk.h"
#include "histogram/histogram_chunk.h"
#include "histogram/series_encoder.h"

namespace promfill {
namespace {

/// What of a series stays.
class Keeping {
 public:
  Keeping(TimeRange range, const std::vector<Sample>* served) : range_(range), served_(served) {}

  [[nodiscard]] bool is_inside(Timestamp time) const { return range_.contains(time); }
  [[nodiscard]] bool is_served(Timestamp time) const {
    return served_ != nullptr && std::ranges::binary_search(*served_, time, {}, &Sample::time);
  }
  [[nodiscard]] bool keeps_all(const ChunkMeta& chunk) const {
    if (!is_inside(chunk.mint) || !is_inside(chunk.maxt)) return false;
    if (served_ == nullptr) return true;
    const auto at = std::ranges::lower_bound(*served_, chunk.mint, {}, &Sample::time);
    return at == served_->end() || at->time > chunk.maxt;
  }

 private:
  TimeRange range_;
  const std::vector<Sample>* served_;
};

class Trimming {
 public:
  Trimming(const BlockReader& source, BlockFilesWriter& out, TrimmedBlock& result)
      : source_(&source), out_(&out), result_(&result) {}

  Status add_series(const SeriesEntry& entry, const Keeping& keeping);
  Status write_index();
  [[nodiscard]] bool empty() const { return series_.empty(); }

 private:
  struct Series {
    std::vector<SymbolPair> labels;  // by the source's symbols
    std::vector<ChunkMeta> chunks;
  };

  Status trim(const ChunkRecord& record, const Keeping& keeping, std::vector<EncodedChunk>& kept);
  Status trim_floats(const ChunkRecord& record, const Keeping& keeping, std::vector<EncodedChunk>& kept);
  template <typename H>
  Status trim_histograms(const ChunkRecord& record, const Keeping& keeping, std::vector<EncodedChunk>& kept);
  /// Whether it stays; counts it if it doesn't.
  bool take(Timestamp time, const Keeping& keeping);

  const BlockReader* source_;
  BlockFilesWriter* out_;
  TrimmedBlock* result_;
  std::vector<Series> series_;
};

bool Trimming::take(Timestamp time, const Keeping& keeping) {
  if (!keeping.is_inside(time)) {
    ++result_->outside;
    return false;
  }
  if (keeping.is_served(time)) {
    ++result_->served;
    return false;
  }
  return true;
}

Status Trimming::trim_floats(const ChunkRecord& record, const Keeping& keeping, std::vector<EncodedChunk>& kept) {
  EncodedChunk chunk;
  chunk.encoding = record.encoding;
  if (record.encoding == ChunkEncoding::kXor2) {
    std::vector<StartedSample> samples;
    Xor2ChunkDecoder decoder(record.data);
    for (StartedSample one; decoder.next(one);) {
      if (take(one.sample.time, keeping)) samples.push_back(one);
    }
    PROMFILL_TRY_STATUS(decoder.status());
    if (samples.empty()) return {};
    chunk.mint = samples.front().sample.time;
    chunk.maxt = samples.back().sample.time;
    chunk.data = encode_xor2_chunk(samples);
  } else {
    std::vector<Sample> samples;
    PROMFILL_TRY_STATUS(decode_xor_chunk(record.data, samples));
    std::erase_if(samples, [&](const Sample& sample) { return !take(sample.time, keeping); });
    if (samples.empty()) return {};
    chunk.mint = samples.front().time;
    chunk.maxt = samples.back().time;
    chunk.data = encode_xor_chunk(samples);
  }
  kept.push_back(std::move(chunk));
  return {};
}

template <typename H>
Status Trimming::trim_histograms(const ChunkRecord& record, const Keeping& keeping, std::vector<EncodedChunk>& kept) {
  std::vector<HistogramSample<H>> samples;
  PROMFILL_TRY_STATUS(decode_histogram_chunk<H>(record.encoding, record.data, samples));
  std::erase_if(samples, [&](const HistogramSample<H>& sample) { return !take(sample.time, keeping); });
  if (samples.empty()) return {};
  // One chunk was long enough for all of them: no end by time.
  MixedSeriesEncoder encoder({.chunk_range_ms = std::numeric_limits<std::int64_t>::max() / 4,
                              .histogram_start_times = record.encoding == kHistogramStEncoding<H>});
  for (const HistogramSample<H>& sample : samples) encoder.add(sample);
  std::ranges::move(std::move(encoder).finish(), std::back_inserter(kept));
  return {};
}

Status Trimming::trim(const ChunkRecord& record, const Keeping& keeping, std::vector<EncodedChunk>& kept) {
  if (holds_floats(record.encoding)) return trim_floats(record, keeping, kept);
  if (record.encoding == ChunkEncoding::kHistogram || record.encoding == ChunkEncoding::kHistogramSt) {
    return trim_histograms<Histogram>(record, keeping, kept);
  }
  return trim_histograms<FloatHistogram>(record, keeping, kept);
}

Status Trimming::add_series(const SeriesEntry& entry, const Keeping& keeping) {
  std::vector<EncodedChunk> kept;
  bool lost = false;
  for (const ChunkMeta& meta : entry.chunks) {
    PROMFILL_TRY(ChunkRecord record, source_->segments().read(meta.ref));
    // A histogram's chunk says how its counts follow those before: without these it is written anew.
    if (keeping.keeps_all(meta) && (!lost || holds_floats(record.encoding))) {
      kept.push_back({record.encoding, meta.mint, meta.maxt, std::move(record.data)});
      continue;
    }
    lost = lost || !keeping.keeps_all(meta);
    PROMFILL_TRY_STATUS(trim(record, keeping, kept));
  }
  if (kept.empty()) return {};
  Series series{entry.labels, {}};
  std::vector<ChunkView> views;
  for (const EncodedChunk& chunk : kept) views.push_back(chunk.view());
  PROMFILL_TRY_STATUS(out_->add_chunks(views, series.chunks));
  series_.push_back(std::move(series));
  return {};
}

Status Trimming::write_index() {
  const auto symbols = source_->index().symbols();
  std::vector<std::uint32_t> numbers(symbols.size(), 0);
  for (const Series& series : series_) {
    for (const SymbolPair& pair : series.labels) numbers[pair.name.value] = numbers[pair.value.value] = 1;
  }
  std::uint32_t next = 1;  // 0 is the empty string
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    if (numbers[i] == 0 || symbols[i].empty()) continue;
    PROMFILL_TRY_STATUS(out_->add_symbol(symbols[i]));
    numbers[i] = next++;
  }
  for (Series& series : series_) {
    for (SymbolPair& pair : series.labels) pair = {{numbers[pair.name.value]}, {numbers[pair.value.value]}};
    PROMFILL_TRY_STATUS(out_->add_to_index(series.labels, series.chunks));
  }
  return {};
}

}  // namespace

Result<TrimmedBlock> write_trimmed(FileSystem& fs, const BlockReader& source, TimeRange range, ServedSamples* served,
                                   const std::string& directory, const Ulid& ulid) {
  TrimmedBlock result;
  {
    PROMFILL_TRY(BlockFilesWriter writer, BlockFilesWriter::create(fs, directory, ulid));
    Trimming trimming(source, writer, result);
    PROMFILL_TRY(const auto refs, source.index().select({}));
    for (const SeriesRef ref : refs) {
      PROMFILL_TRY(const SeriesEntry entry, source.index().entry(ref));
      const std::vector<Sample>* theirs = nullptr;
      if (served != nullptr && !served->empty()) {
        PROMFILL_TRY(const IndexedSeries series, source.index().series(ref));
        PROMFILL_TRY(theirs, served->of(series.labels, range.min, {range.max.ms - 1}));
      }
      PROMFILL_TRY_STATUS(trimming.add_series(entry, {range, theirs}));
    }
    if (!trimming.empty()) {
      PROMFILL_TRY_STATUS(trimming.write_index());
      PROMFILL_TRY(result.written, std::move(writer).finish());
      return result;
    }
  }
  PROMFILL_TRY_STATUS(remove_tree(fs, directory));
  return result;
}

}  // namespace promfill
