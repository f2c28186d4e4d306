// See block_checks.h.
#include "publish/block_checks.h"

#include <chrono>

#include "block/block_reader.h"
#include "histogram/histogram_chunk.h"

namespace promfill {
namespace {

using std::chrono_literals::operator""h;

/// The first version that reads each. Start times and XOR2: as 3.14 writes them (docs/format/chunks.md).
constexpr ServerVersion kReadsAll{3, 14};
constexpr ServerVersion kReadsCustomBounds{3, 0};

template <typename H>
bool has_custom_bounds(const ChunkRecord& record) {
  HistogramChunkDecoder<H> decoder(record.encoding, record.data);
  for (HistogramSample<H> sample; decoder.next(sample);) {
    if (!sample.histogram.is_stale()) return sample.histogram.layout.schema == kCustomBoundsSchema;
  }
  return false;
}

std::optional<std::string> why_unreadable(const ChunkRecord& record, ServerVersion version) {
  const std::string text = std::to_string(version.major) + "." + std::to_string(version.minor);
  switch (record.encoding) {
    case ChunkEncoding::kXor:
      return {};
    case ChunkEncoding::kHistogram:
    case ChunkEncoding::kFloatHistogram:
      if (version >= kReadsCustomBounds) return {};
      if (record.encoding == ChunkEncoding::kHistogram ? !has_custom_bounds<Histogram>(record)
                                                       : !has_custom_bounds<FloatHistogram>(record)) {
        return {};
      }
      return "has native histograms with custom bounds, which Prometheus " + text + " can't read";
    case ChunkEncoding::kXor2:
      return "has chunks in XOR2, which Prometheus " + text + " can't read";
    default:
      return "has chunks with start times, which Prometheus " + text + " can't read";
  }
}

}  // namespace

Result<std::optional<std::string>> unreadable_by(FileSystem& fs, const std::string& block, ServerVersion version) {
  if (version >= kReadsAll) return std::optional<std::string>();
  PROMFILL_TRY(const BlockReader reader, BlockReader::open(fs, block));
  PROMFILL_TRY(const auto refs, reader.index().select({}));
  for (const SeriesRef ref : refs) {
    PROMFILL_TRY(const SeriesEntry entry, reader.index().entry(ref));
    for (const ChunkMeta& chunk : entry.chunks) {
      PROMFILL_TRY(const ChunkRecord record, reader.segments().read(chunk.ref));
      if (auto why = why_unreadable(record, version)) return why;
    }
  }
  return std::optional<std::string>();
}

std::optional<std::string> compaction_note(TimeRange range, std::optional<Duration> max) {
  const std::int64_t length_ms = range.max.ms - range.min.ms;
  if (max && length_ms > max->ms) {
    return "is longer than the server's longest block, " + to_string(*max) + ": it is never merged with others";
  }
  // Ranges are 2 h·3ⁿ (tsdb.ExponentialBlockRanges); ten of them are more than four years.
  const auto floor_div = [](std::int64_t a, std::int64_t b) { return a / b - (a % b != 0 && a < 0 ? 1 : 0); };
  std::int64_t step_ms = Duration(2h).ms;
  for (int n = 0; n < 10; ++n, step_ms *= 3) {
    if (floor_div(range.min.ms, step_ms) == floor_div(range.max.ms - 1, step_ms)) return {};
  }
  return "crosses the ends of all ranges of compaction: it is never merged with others";
}

}  // namespace promfill
