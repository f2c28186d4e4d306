// See chunk_check.h.
#include "histogram/chunk_check.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "chunk/xor2_chunk.h"
#include "chunk/xor_chunk.h"
#include "histogram/histogram_chunk.h"

namespace promfill {
namespace {

constexpr const char* kOtherBytes = "Prometheus encodes these samples as other bytes";

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message), "", ""}; }

Timestamp time_of(const Sample& sample) { return sample.time; }
Timestamp time_of(const StartedSample& sample) { return sample.sample.time; }

/// @param encode  samples to the bytes that they should have.
template <typename S, typename Encode>
Result<ChunkEnds> compare(const std::vector<S>& samples, ByteView data, Encode encode) {
  if (samples.empty()) return corrupt("it has no samples");
  const auto fall =
      std::ranges::adjacent_find(samples, [](const S& a, const S& b) { return time_of(a) >= time_of(b); });
  if (fall != samples.end()) return corrupt("times do not rise after " + std::to_string(time_of(*fall).ms));
  if (!std::ranges::equal(encode(), data)) return corrupt(kOtherBytes);
  return ChunkEnds{time_of(samples.front()), time_of(samples.back())};
}

Result<ChunkEnds> check_xor(ByteView data) {
  std::vector<Sample> samples;
  PROMFILL_TRY_STATUS(decode_xor_chunk(data, samples));
  return compare(samples, data, [&samples] { return encode_xor_chunk(samples); });
}

Result<ChunkEnds> check_xor2(ByteView data) {
  std::vector<StartedSample> samples;
  Xor2ChunkDecoder decoder(data);
  for (StartedSample sample; decoder.next(sample);) samples.push_back(sample);
  PROMFILL_TRY_STATUS(decoder.status());
  return compare(samples, data, [&samples] { return encode_xor2_chunk(samples); });
}

template <typename H>
Result<ChunkEnds> check_histograms(ChunkEncoding encoding, ByteView data) {
  HistogramChunkDecoder<H> decoder(encoding, data);
  HistogramChunkWriter<H> writer(encoding == kHistogramStEncoding<H>);
  bool stale_first = false;
  for (HistogramSample<H> sample; decoder.next(sample);) {
    if (const Status valid = validate(sample.histogram); !valid) return corrupt(valid.error().message);
    if (writer.samples() == 0) {
      stale_first = sample.histogram.is_stale();
      writer.begin(decoder.header(), sample);
    } else if (stale_first && !sample.histogram.is_stale()) {
      return corrupt("a histogram follows a stale marker, which begins no chunk that has others");
    } else {
      writer.append(sample);
    }
  }
  PROMFILL_TRY_STATUS(decoder.status());
  if (writer.samples() == 0) return corrupt("it has no samples");
  if (writer.chunk(decoder.header()).data != Bytes(data.begin(), data.end())) return corrupt(kOtherBytes);
  return ChunkEnds{writer.first_time(), writer.last_time()};
}

template <typename H>
Result<Timestamp> first_histogram_time(ChunkEncoding encoding, ByteView data) {
  HistogramChunkDecoder<H> decoder(encoding, data);
  HistogramSample<H> first;
  if (!decoder.next(first)) return corrupt("its first sample can't be decoded");
  return first.time;
}

}  // namespace

Result<ChunkEnds> check_chunk(ChunkEncoding encoding, ByteView data) {
  switch (encoding) {
    case ChunkEncoding::kXor:
      return check_xor(data);
    case ChunkEncoding::kXor2:
      return check_xor2(data);
    case ChunkEncoding::kHistogram:
    case ChunkEncoding::kHistogramSt:
      return check_histograms<Histogram>(encoding, data);
    case ChunkEncoding::kFloatHistogram:
    case ChunkEncoding::kFloatHistogramSt:
      return check_histograms<FloatHistogram>(encoding, data);
    case ChunkEncoding::kRecords:
      break;  // never in a block
  }
  return corrupt("encoding " + std::to_string(static_cast<unsigned>(encoding)) + " is not known");
}

Result<Timestamp> first_time(ChunkEncoding encoding, ByteView data) {
  switch (encoding) {
    case ChunkEncoding::kXor:
    case ChunkEncoding::kXor2: {
      // Both begin with their header, the time and the value.
      BitReader bits(data.subspan(std::min<std::size_t>(data.size(), encoding == ChunkEncoding::kXor ? 2 : 3)));
      const std::int64_t time_ms = bits.varint();
      bits.bits(64);
      if (!bits.ok()) return corrupt("its first sample can't be decoded");
      return Timestamp{time_ms};
    }
    case ChunkEncoding::kHistogram:
    case ChunkEncoding::kHistogramSt:
      return first_histogram_time<Histogram>(encoding, data);
    case ChunkEncoding::kFloatHistogram:
    case ChunkEncoding::kFloatHistogramSt:
      return first_histogram_time<FloatHistogram>(encoding, data);
    case ChunkEncoding::kRecords:
      break;
  }
  return corrupt("encoding " + std::to_string(static_cast<unsigned>(encoding)) + " is not known");
}

}  // namespace promfill
