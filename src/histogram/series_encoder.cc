// See series_encoder.h.
#include "histogram/series_encoder.h"

#include <algorithm>
#include <iterator>
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

void MixedSeriesEncoder::follow(ChunkEncoding before) {
  if (before == ChunkEncoding::kHistogram || before == ChunkEncoding::kHistogramSt) last_ = Kind::kIntegers;
  if (before == ChunkEncoding::kFloatHistogram || before == ChunkEncoding::kFloatHistogramSt) {
    last_ = Kind::kFloatHistograms;
  }
}

void MixedSeriesEncoder::add(const Sample& sample) {
  if (sample.bits() == kStaleNanBits && last_ == Kind::kIntegers) return add(stale<Histogram>(sample));
  if (sample.bits() == kStaleNanBits && last_ == Kind::kFloatHistograms) return add(stale<FloatHistogram>(sample));
  turn_to(Kind::kFloats);
  run_.push_back(sample);
  if (!starts_.empty()) starts_.emplace_back();
}

void MixedSeriesEncoder::add(const StartedSample& sample) {
  add(sample.sample);
  if (sample.start == Timestamp() || float_encoding_ != ChunkEncoding::kXor2 || last_ != Kind::kFloats) return;
  starts_.resize(run_.size());
  starts_.back() = sample.start;
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
  if (!run_.empty()) encode_run();
  last_ = kind;
}

void MixedSeriesEncoder::encode_run() {
  std::vector<EncodedChunk> chunks;
  if (starts_.empty()) {
    chunks = encode_series_chunks(run_, range_ms_, float_encoding_);
  } else {
    std::vector<StartedSample> started;
    for (std::size_t i = 0; i < run_.size(); ++i) started.push_back({run_[i], starts_[i]});
    chunks = encode_started_chunks(started, range_ms_);
  }
  std::move(chunks.begin(), chunks.end(), std::back_inserter(chunks_));
  run_.clear();
  starts_.clear();
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
