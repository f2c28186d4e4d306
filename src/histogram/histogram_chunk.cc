// See histogram_chunk.h.
#include "histogram/histogram_chunk.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "encoding/big_endian.h"
#include "histogram/bucket_numbers.h"

namespace promfill {
namespace {

constexpr unsigned kHeaderBytes = 3;
constexpr std::int32_t kExponentMin = -242;
constexpr std::int32_t kExponentMax = 11;
constexpr std::int32_t kExponentBias = 243;
constexpr std::uint8_t kWholeThreshold = 255;
constexpr double kBoundsUnit = 1000;            // bounds are mostly whole thousandths
constexpr double kBoundsUnitsMax = 33'554'430;  // what 25 bits hold, less the one that is added

void write_zero_threshold(BitWriter& out, double threshold) {
  int exponent = 0;
  if (threshold == 0) {
    out.bits(0, 8);
  } else if (std::frexp(threshold, &exponent) == 0.5 && exponent >= kExponentMin && exponent <= kExponentMax) {
    out.bits(static_cast<std::uint64_t>(exponent + kExponentBias), 8);
  } else {
    out.bits(kWholeThreshold, 8);
    out.bits(std::bit_cast<std::uint64_t>(threshold), 64);
  }
}

double read_zero_threshold(BitReader& in) {
  const auto byte = static_cast<std::uint8_t>(in.bits(8));
  if (byte == 0) return 0;
  if (byte == kWholeThreshold) return std::bit_cast<double>(in.bits(64));
  return std::ldexp(0.5, byte - kExponentBias);
}

void write_bound(BitWriter& out, double bound) {
  const double units = bound * kBoundsUnit;
  if (units >= 0 && units <= kBoundsUnitsMax) {
    const auto whole = static_cast<std::uint64_t>(std::round(units));
    if (static_cast<double>(whole) / kBoundsUnit == bound) return put_uvarbit(out, whole + 1);
  }
  out.bits(0, 1);
  out.bits(std::bit_cast<std::uint64_t>(bound), 64);
}

double read_bound(BitReader& in) {
  const std::uint64_t units = read_uvarbit(in);
  if (units == 0) return std::bit_cast<double>(in.bits(64));
  return static_cast<double>(units - 1) / kBoundsUnit;
}

void write_spans(BitWriter& out, HistogramSpans spans) {
  put_uvarbit(out, spans.size());
  for (const HistogramSpan& span : spans) {
    put_uvarbit(out, span.length);
    put_varbit(out, span.offset);
  }
}

/// @param buckets_left  of the chunk, so that damage does not ask for more memory than the chunk could fill.
bool read_spans(BitReader& in, std::vector<HistogramSpan>& spans, std::uint64_t& buckets_left,
                std::uint64_t bits_left) {
  const std::uint64_t count = read_uvarbit(in);
  if (!in.ok() || count > bits_left) return false;  // a span has two bits at least
  spans.clear();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t length = read_uvarbit(in);
    const std::int64_t offset = read_varbit(in);
    if (length > buckets_left || !std::in_range<std::int32_t>(offset)) return false;
    buckets_left -= length;
    spans.push_back({static_cast<std::int32_t>(offset), static_cast<std::uint32_t>(length)});
  }
  return in.ok();
}

void write_layout(BitWriter& out, const HistogramLayout& layout) {
  write_zero_threshold(out, layout.zero_threshold);
  put_varbit(out, layout.schema);
  write_spans(out, layout.positive_spans);
  write_spans(out, layout.negative_spans);
  if (layout.schema != kCustomBoundsSchema) return;
  put_uvarbit(out, layout.custom_bounds.size());
  for (const double bound : layout.custom_bounds) write_bound(out, bound);
}

bool read_layout(BitReader& in, HistogramLayout& layout, std::uint64_t bits_left) {
  layout.zero_threshold = read_zero_threshold(in);
  const std::int64_t schema = read_varbit(in);
  if (!std::in_range<std::int32_t>(schema)) return false;
  layout.schema = static_cast<std::int32_t>(schema);
  std::uint64_t buckets_left = bits_left;  // a bucket has one bit at least
  if (!read_spans(in, layout.positive_spans, buckets_left, bits_left)) return false;
  if (!read_spans(in, layout.negative_spans, buckets_left, bits_left)) return false;
  layout.custom_bounds.clear();
  if (layout.schema != kCustomBoundsSchema) return in.ok();
  const std::uint64_t bounds = read_uvarbit(in);
  if (!in.ok() || bounds > bits_left) return false;
  for (std::uint64_t i = 0; i < bounds && in.ok(); ++i) layout.custom_bounds.push_back(read_bound(in));
  return in.ok();
}

bool has_start_times(ChunkEncoding encoding) {
  return encoding == ChunkEncoding::kHistogramSt || encoding == ChunkEncoding::kFloatHistogramSt;
}

std::uint64_t float_bits(double value) { return std::bit_cast<std::uint64_t>(value); }

// The first of a number is written whole, by kind; later ones by their state.
void write_whole_count(BitWriter& out, CountState& state, std::uint64_t count) {
  put_uvarbit(out, count);
  state = {static_cast<std::int64_t>(count), 0};
}
void write_whole_count(BitWriter& out, XoredValue& state, double count) {
  out.bits(float_bits(count), 64);
  state = {.value_bits = float_bits(count)};
}
void write_whole_bucket(BitWriter& out, CountState& state, std::int64_t bucket) {
  put_varbit(out, bucket);
  state = {bucket, 0};
}
void write_whole_bucket(BitWriter& out, XoredValue& state, double bucket) { write_whole_count(out, state, bucket); }

void write_number(BitWriter& out, CountState& state, std::uint64_t count) {
  state.write(out, static_cast<std::int64_t>(count));
}
void write_number(BitWriter& out, CountState& state, std::int64_t bucket) { state.write(out, bucket); }
void write_number(BitWriter& out, XoredValue& state, double count) { state.write(out, float_bits(count)); }

/// A stale sample has no counts: the fields say "no change of change" whatever came before.
void write_no_count(BitWriter& out, CountState& state) {
  out.bits(0, 1);
  state = {};
}
void write_no_count(BitWriter& out, XoredValue& state) { state.write(out, 0); }

void read_whole_count(BitReader& in, CountState& state) { state = {static_cast<std::int64_t>(read_uvarbit(in)), 0}; }
void read_whole_count(BitReader& in, XoredValue& state) { state = {.value_bits = in.bits(64)}; }
void read_whole_bucket(BitReader& in, CountState& state) { state = {read_varbit(in), 0}; }
void read_whole_bucket(BitReader& in, XoredValue& state) { read_whole_count(in, state); }
bool read_number(BitReader& in, CountState& state) {
  state.read(in);
  return true;
}
bool read_number(BitReader& in, XoredValue& state) { return state.read(in); }

std::uint64_t count_of(const CountState& state) { return static_cast<std::uint64_t>(state.value); }
double count_of(const XoredValue& state) { return std::bit_cast<double>(state.value_bits); }
std::int64_t bucket_of(const CountState& state) { return state.value; }
double bucket_of(const XoredValue& state) { return count_of(state); }

}  // namespace

// ---- writer

template <typename H>
void HistogramChunkWriter<H>::begin(CounterResetHeader header, const HistogramSample<H>& sample) {
  out_.clear();
  out_.bits(0, kHeaderBytes * 8);  // written by chunk()
  samples_ = 0;
  header_ = header;
  first_ = sample.time;
  state_ = {};
  starts_ = {};
  const bool stale = sample.histogram.is_stale();
  layout_ = stale ? HistogramLayout{} : sample.histogram.layout;
  write_layout(out_, layout_);
  write_first(sample, stale);
  starts_.write(out_, 0, sample.time.ms, 0, with_start_times_ ? sample.start.ms : 0);
  samples_ = 1;
}

template <typename H>
void HistogramChunkWriter<H>::write_first(const HistogramSample<H>& sample, bool stale) {
  const H& h = sample.histogram;
  put_varbit(out_, sample.time.ms);
  state_.time = {sample.time.ms, 0};
  write_whole_count(out_, state_.count, stale ? 0 : h.count);
  write_whole_count(out_, state_.zero_count, stale ? 0 : h.zero_count);
  out_.bits(float_bits(h.sum), 64);
  state_.sum = {.value_bits = float_bits(h.sum)};
  if (stale) return;
  PROMFILL_ASSERT(h.positive.size() == count_buckets(layout_.positive_spans));
  PROMFILL_ASSERT(h.negative.size() == count_buckets(layout_.negative_spans));
  state_.positive = h.positive.size();
  state_.buckets.resize(h.positive.size() + h.negative.size());
  auto* state = state_.buckets.data();
  for (const auto bucket : h.positive) write_whole_bucket(out_, *state++, bucket);
  for (const auto bucket : h.negative) write_whole_bucket(out_, *state++, bucket);
}

template <typename H>
void HistogramChunkWriter<H>::append(const HistogramSample<H>& sample) {
  PROMFILL_ASSERT(samples_ > 0 && samples_ < samples_max() && sample.time.ms > state_.time.value);
  const std::int64_t before_ms = state_.time.value;
  write_later(sample, sample.histogram.is_stale());
  if (with_start_times_) starts_.write(out_, samples_, sample.time.ms, before_ms, sample.start.ms);
  ++samples_;
}

template <typename H>
void HistogramChunkWriter<H>::write_later(const HistogramSample<H>& sample, bool stale) {
  const H& h = sample.histogram;
  state_.time.write(out_, sample.time.ms);
  if (stale) {
    write_no_count(out_, state_.count);
    write_no_count(out_, state_.zero_count);
    state_.sum.write(out_, float_bits(h.sum));
    return;
  }
  write_number(out_, state_.count, h.count);
  write_number(out_, state_.zero_count, h.zero_count);
  state_.sum.write(out_, float_bits(h.sum));
  PROMFILL_ASSERT(h.positive.size() == state_.positive);
  PROMFILL_ASSERT(h.positive.size() + h.negative.size() == state_.buckets.size());
  auto* state = state_.buckets.data();
  for (const auto bucket : h.positive) write_number(out_, *state++, bucket);
  for (const auto bucket : h.negative) write_number(out_, *state++, bucket);
}

template <typename H>
void HistogramChunkWriter<H>::lay_out(const HistogramLayout& layout, std::span<const std::uint32_t> positive,
                                      std::span<const std::uint32_t> negative) {
  const EncodedChunk old = chunk(header_);
  HistogramChunkDecoder<H> decoder(old.encoding, old.data);
  HistogramChunkWriter<H> written(with_start_times_);
  const std::uint64_t positive_total = count_buckets(layout.positive_spans);
  const std::uint64_t negative_total = count_buckets(layout.negative_spans);
  for (HistogramSample<H> sample; decoder.next(sample);) {
    sample.histogram.layout = layout;
    sample.histogram.positive = spread_buckets(sample.histogram.positive, positive, positive_total);
    sample.histogram.negative = spread_buckets(sample.histogram.negative, negative, negative_total);
    if (written.samples_ == 0) {
      written.begin(header_, sample);
    } else {
      written.append(sample);
    }
  }
  PROMFILL_ASSERT(written.samples_ == samples_);
  *this = std::move(written);
}

template <typename H>
EncodedChunk HistogramChunkWriter<H>::chunk(CounterResetHeader header) const {
  EncodedChunk made;
  made.encoding = with_start_times_ ? kHistogramStEncoding<H> : kHistogramEncoding<H>;
  made.mint = first_;
  made.maxt = last_time();
  const ByteView bytes = out_.view();
  made.data.assign(bytes.begin(), bytes.end());
  const auto flags = static_cast<std::uint32_t>(header);
  store_be16(made.data.data(), static_cast<std::uint16_t>(samples_ | (with_start_times_ ? flags << 14 : 0)));
  made.data[2] = with_start_times_ ? starts_.header() : static_cast<std::uint8_t>(flags << 6);
  return made;
}

// ---- decoder

template <typename H>
HistogramChunkDecoder<H>::HistogramChunkDecoder(ChunkEncoding encoding, ByteView data)
    : bits_(data), with_start_times_(has_start_times(encoding)), buckets_max_(std::uint64_t{data.size()} * 8) {
  PROMFILL_ASSERT(encoding == kHistogramEncoding<H> || encoding == kHistogramStEncoding<H>);
  const auto head = static_cast<std::uint32_t>(bits_.bits(16));
  const auto third = static_cast<std::uint8_t>(bits_.bits(8));
  total_ = with_start_times_ ? head & 0x3fff : head;
  header_ = static_cast<CounterResetHeader>(with_start_times_ ? head >> 14 : third >> 6);
  if (with_start_times_) {
    starts_ = StartTimeReader(third);
  } else if ((third & 0x3f) != 0) {
    damaged_ = true;
  }
}

template <typename H>
bool HistogramChunkDecoder<H>::next(HistogramSample<H>& out) {
  if (read_ == total_ || damaged_) return false;
  const std::int64_t before_ms = state_.time.value;
  damaged_ = !(read_ == 0 ? read_first() : read_later());
  if (!damaged_ && with_start_times_) start_ms_ = starts_.read(bits_, read_, state_.time.value, before_ms);
  damaged_ = damaged_ || !bits_.ok() || (read_ > 0 && state_.time.value <= before_ms);
  if (damaged_) return false;
  ++read_;
  give(out);
  return true;
}

template <typename H>
bool HistogramChunkDecoder<H>::read_first() {
  if (!read_layout(bits_, layout_, buckets_max_)) return false;
  state_.time = {read_varbit(bits_), 0};
  read_whole_count(bits_, state_.count);
  read_whole_count(bits_, state_.zero_count);
  state_.sum = {.value_bits = bits_.bits(64)};
  state_.positive = count_buckets(layout_.positive_spans);
  state_.buckets.resize(state_.positive + count_buckets(layout_.negative_spans));
  for (auto& bucket : state_.buckets) read_whole_bucket(bits_, bucket);
  return bits_.ok();
}

template <typename H>
bool HistogramChunkDecoder<H>::read_later() {
  state_.time.read(bits_);
  if (!read_number(bits_, state_.count) || !read_number(bits_, state_.zero_count) || !state_.sum.read(bits_)) {
    return false;
  }
  if (state_.sum.value_bits == kStaleNanBits) return bits_.ok();
  for (auto& bucket : state_.buckets) {
    if (!read_number(bits_, bucket)) return false;
  }
  return bits_.ok();
}

template <typename H>
void HistogramChunkDecoder<H>::give(HistogramSample<H>& out) const {
  H& h = out.histogram;
  out.time = {state_.time.value};
  out.start = {start_ms_};
  h.sum = std::bit_cast<double>(state_.sum.value_bits);
  if (h.is_stale()) {
    out.histogram = {};
    out.histogram.sum = std::bit_cast<double>(kStaleNanBits);
    return;
  }
  h.counter_reset = header_ == CounterResetHeader::kGauge ? CounterReset::kGauge
                    : read_ > 1                           ? CounterReset::kNotReset
                                                          : CounterReset::kUnknown;
  h.layout = layout_;
  h.count = count_of(state_.count);
  h.zero_count = count_of(state_.zero_count);
  h.positive.clear();
  h.negative.clear();
  for (std::size_t i = 0; i < state_.buckets.size(); ++i) {
    (i < state_.positive ? h.positive : h.negative).push_back(bucket_of(state_.buckets[i]));
  }
}

template <typename H>
Status HistogramChunkDecoder<H>::status() const {
  const char* const hint = "the block is damaged; restore it from a copy";
  if (!bits_.ok()) {
    return Error{ErrorCode::kCorrupt, "histogram chunk ends before its " + std::to_string(total_) + " samples do", "",
                 hint};
  }
  if (damaged_) {
    return Error{ErrorCode::kCorrupt, "histogram chunk has impossible bytes at sample " + std::to_string(read_), "",
                 hint};
  }
  return {};
}

template class HistogramChunkWriter<Histogram>;
template class HistogramChunkWriter<FloatHistogram>;
template class HistogramChunkDecoder<Histogram>;
template class HistogramChunkDecoder<FloatHistogram>;

}  // namespace promfill
