// Chunks of every encoding. Any bytes are judged without harm; and whatever samples come, of all kinds in one series,
// end up in chunks that hold them all and are found to be Prometheus's.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <variant>
#include <vector>

#include "chunk/xor2_chunk.h"
#include "histogram/chunk_check.h"
#include "histogram/histogram_chunk.h"
#include "histogram/series_encoder.h"
#include "target.h"

namespace promfill {
namespace {

constexpr std::size_t kSamplesMax = 2000;

/// The bytes as a row of choices; 0 when they are used up.
class Choices {
 public:
  explicit Choices(ByteView data) : data_(data) {}
  [[nodiscard]] bool left() const { return !data_.empty(); }
  std::uint32_t below(std::uint32_t end) {
    if (data_.empty()) return 0;
    const std::uint32_t byte = data_.front();
    data_ = data_.subspan(1);
    return byte % end;
  }

 private:
  ByteView data_;
};

template <typename H>
void fill_side(Choices& choices, std::vector<HistogramSpan>& spans, decltype(H::positive)& buckets, H& h) {
  using Bucket = typename decltype(H::positive)::value_type;
  Bucket before{};
  for (std::uint32_t n = choices.below(4); n > 0; --n) {
    spans.push_back({static_cast<std::int32_t>(choices.below(4)), choices.below(3)});
    for (std::uint32_t i = 0; i < spans.back().length; ++i) {
      const auto bucket = static_cast<Bucket>(choices.below(200));
      buckets.push_back(kIsInteger<H> ? bucket - before : bucket);
      h.count += static_cast<decltype(h.count)>(bucket);
      before = bucket;
    }
  }
}

template <typename H>
HistogramSample<H> histogram(Choices& choices, Timestamp time, bool with_start_times) {
  HistogramSample<H> sample;
  sample.time = time;
  if (with_start_times && choices.below(2) == 1) sample.start = {time.ms - choices.below(100)};
  H& h = sample.histogram;
  const std::uint32_t kind = choices.below(16);
  if (kind == 15) {
    h.sum = std::bit_cast<double>(kStaleNanBits);
    return sample;
  }
  h.counter_reset = static_cast<CounterReset>(choices.below(4));
  h.sum = choices.below(256) * 0.25;
  if (kind == 14) {
    h.layout.schema = kCustomBoundsSchema;
    for (std::uint32_t i = 0; i < 24; ++i) h.layout.custom_bounds.push_back(i * 0.5);
  } else {
    h.layout.schema = static_cast<std::int32_t>(kind < 12 ? 7 : kind % 13) - 4;
    h.layout.zero_threshold = choices.below(3) * 0.001;
    h.zero_count = static_cast<decltype(h.zero_count)>(choices.below(8));
    h.count = h.zero_count;
    fill_side(choices, h.layout.negative_spans, h.negative, h);
  }
  fill_side(choices, h.layout.positive_spans, h.positive, h);
  return sample;
}

std::vector<AnySample> series(Choices& choices, bool with_start_times) {
  std::vector<AnySample> samples;
  Timestamp time{-1000};
  std::uint32_t kind = 0;
  while (choices.left() && samples.size() < kSamplesMax) {
    time.ms += 1 + choices.below(100) * (choices.below(16) == 0 ? 10'000 : 10);
    if (choices.below(8) == 0) kind = choices.below(3);
    AnySample sample =
        Sample{time, choices.below(9) == 0 ? std::bit_cast<double>(kStaleNanBits) : choices.below(99) / 7.0};
    if (kind == 1) sample = histogram<Histogram>(choices, time, with_start_times);
    if (kind == 2) sample = histogram<FloatHistogram>(choices, time, with_start_times);
    const auto* integers = std::get_if<HistogramSample<Histogram>>(&sample);
    const auto* floats = std::get_if<HistogramSample<FloatHistogram>>(&sample);
    FUZZ_EXPECT(integers == nullptr || validate(integers->histogram));
    FUZZ_EXPECT(floats == nullptr || validate(floats->histogram));
    samples.push_back(std::move(sample));
  }
  return samples;
}

template <typename H>
void decode_histograms(const EncodedChunk& chunk, std::vector<AnySample>& out) {
  std::vector<HistogramSample<H>> samples;
  FUZZ_EXPECT(decode_histogram_chunk<H>(chunk.encoding, chunk.data, samples));
  for (auto& sample : samples) out.emplace_back(std::move(sample));
}

void decode(const EncodedChunk& chunk, std::vector<AnySample>& out) {
  if (holds_floats(chunk.encoding)) {
    std::vector<Sample> samples;
    FUZZ_EXPECT(decode_float_chunk(chunk.encoding, chunk.data, samples));
    out.insert(out.end(), samples.begin(), samples.end());
  } else if (chunk.encoding == ChunkEncoding::kHistogram || chunk.encoding == ChunkEncoding::kHistogramSt) {
    decode_histograms<Histogram>(chunk, out);
  } else {
    decode_histograms<FloatHistogram>(chunk, out);
  }
}

Timestamp time_of(const AnySample& sample) {
  return std::visit([](const auto& one) { return one.time; }, sample);
}

bool is_stale(const AnySample& sample) {
  if (const auto* h = std::get_if<HistogramSample<Histogram>>(&sample)) return h->histogram.is_stale();
  if (const auto* h = std::get_if<HistogramSample<FloatHistogram>>(&sample)) return h->histogram.is_stale();
  return std::bit_cast<std::uint64_t>(std::get<Sample>(sample).value) == kStaleNanBits;
}

/// Buckets that are empty may have come or gone: counts and sums say whether it is the same sample.
template <typename H>
bool same_numbers(const HistogramSample<H>& a, const HistogramSample<H>& b) {
  return a.start == b.start && a.histogram.count == b.histogram.count && a.histogram.sum == b.histogram.sum &&
         a.histogram.zero_count == b.histogram.zero_count;
}

bool same(const AnySample& a, const AnySample& b) {
  if (time_of(a) != time_of(b) || is_stale(a) != is_stale(b)) return false;
  if (is_stale(a)) return true;  // one among floats may have become one of histograms
  if (a.index() != b.index()) return false;
  if (const auto* h = std::get_if<HistogramSample<Histogram>>(&a)) {
    return same_numbers(*h, std::get<HistogramSample<Histogram>>(b));
  }
  if (const auto* h = std::get_if<HistogramSample<FloatHistogram>>(&a)) {
    return same_numbers(*h, std::get<HistogramSample<FloatHistogram>>(b));
  }
  return std::get<Sample>(a) == std::get<Sample>(b);
}

void encode_any(ByteView data) {
  Choices choices(data);
  const bool with_start_times = choices.below(2) == 1;
  const ChunkEncoding floats = choices.below(2) == 1 ? ChunkEncoding::kXor2 : ChunkEncoding::kXor;
  const std::vector<AnySample> samples = series(choices, with_start_times);
  if (samples.empty()) return;
  std::vector<AnySample> decoded;
  for (const EncodedChunk& chunk :
       encode_mixed_series(samples, {std::int64_t{4} * 3600 * 1000, floats, with_start_times})) {
    const Result<ChunkEnds> ends = check_chunk(chunk.encoding, chunk.data);
    FUZZ_EXPECT(ends && ends->first == chunk.mint && ends->last == chunk.maxt);
    const Result<Timestamp> first = first_time(chunk.encoding, chunk.data);
    FUZZ_EXPECT(first && *first == chunk.mint);
    decode(chunk, decoded);
  }
  FUZZ_EXPECT(std::ranges::equal(samples, decoded, same));
}

/// @param data  the encoding and a chunk's bytes.
void judge_any(ByteView data) {
  if (data.empty()) return;
  const auto encoding = static_cast<ChunkEncoding>(data.front());
  const Result<ChunkEnds> ends = check_chunk(encoding, data.subspan(1));
  const Result<Timestamp> first = first_time(encoding, data.subspan(1));
  FUZZ_EXPECT(!ends || (first && *first == ends->first && ends->first <= ends->last));
}

}  // namespace
}  // namespace promfill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  promfill::judge_any({data, size});
  promfill::encode_any({data, size});
  return 0;
}
