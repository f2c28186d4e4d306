// See series_encoder.h.
#include "histogram/series_encoder.h"

#include <utility>

#include "chunk/xor_chunk.h"

namespace promfill {
namespace {

template <typename H>
HistogramSample<H> stale(const Sample& sample) {
  HistogramSample<H> made;
  made.time = sample.time;
  made.histogram.sum = sample.value;
  return made;
}

}  // namespace

MixedSeriesEncoder::MixedSeriesEncoder(const SeriesEncoding& encoding)
    : range_ms_(encoding.chunk_range_ms),
      float_encoding_(encoding.floats),
      integers_(encoding.chunk_range_ms, encoding.histogram_start_times),
      floats_(encoding.chunk_range_ms, encoding.histogram_start_times) {}

void MixedSeriesEncoder::add(const Sample& sample) {
  if (sample.bits() == kStaleNanBits && last_ == Kind::kIntegers) return add(stale<Histogram>(sample));
  if (sample.bits() == kStaleNanBits && last_ == Kind::kFloatHistograms) return add(stale<FloatHistogram>(sample));
  turn_to(Kind::kFloats);
  run_.push_back(sample);
}

void MixedSeriesEncoder::add(const HistogramSample<Histogram>& sample) {
  turn_to(Kind::kIntegers);
  integers_.append(sample, chunks_);
}

void MixedSeriesEncoder::add(const HistogramSample<FloatHistogram>& sample) {
  turn_to(Kind::kFloatHistograms);
  floats_.append(sample, chunks_);
}

std::vector<EncodedChunk> MixedSeriesEncoder::finish() && {
  if (last_ == Kind::kIntegers) integers_.finish(chunks_);
  if (last_ == Kind::kFloatHistograms) floats_.finish(chunks_);
  turn_to(Kind::kNone);
  return std::move(chunks_);
}

void MixedSeriesEncoder::turn_to(Kind kind) {
  if (kind == last_) return;
  integers_.close(chunks_);
  floats_.close(chunks_);
  if (!run_.empty()) {
    for (EncodedChunk& chunk : encode_series_chunks(run_, range_ms_, float_encoding_)) {
      chunks_.push_back(std::move(chunk));
    }
    run_.clear();
  }
  last_ = kind;
}

std::vector<EncodedChunk> encode_mixed_series(std::span<const AnySample> samples, const SeriesEncoding& encoding) {
  PROMFILL_ASSERT(!samples.empty());
  MixedSeriesEncoder encoder(encoding);
  for (const AnySample& sample : samples) {
    std::visit([&encoder](const auto& one) { encoder.add(one); }, sample);
  }
  return std::move(encoder).finish();
}

}  // namespace promfill
