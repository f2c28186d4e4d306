// XOR chunks as a whole: encode, decode. The encode loop itself is in xor_appender.h.
#include "chunk/xor_chunk.h"

#include <array>

#include "chunk/xor2_codec.h"

namespace promfill {
namespace {

Error corrupt_chunk(std::string message) {
  return {ErrorCode::kCorrupt, std::move(message), "", "the block is damaged; restore it from a copy"};
}

/// One buffer of full size on the stack; closed chunks are copied out.
class ChunkCollector {
 public:
  explicit ChunkCollector(ChunkEncoding encoding) : encoding_(encoding) {}
  void grow(XorAppender& appender) {
    PROMFILL_ASSERT(appender.buffer == nullptr);
    appender.buffer = buffer_.data();
    appender.capacity = kXorBufferBytesMax;
  }
  void close(XorAppender& appender) {
    const ChunkView chunk = appender.view(encoding_);
    chunks_.push_back({chunk.encoding, chunk.mint, chunk.maxt, Bytes(chunk.data.begin(), chunk.data.end())});
  }
  std::vector<EncodedChunk> take() && { return std::move(chunks_); }

 private:
  ChunkEncoding encoding_;
  std::array<std::uint8_t, kXorBufferBytesMax> buffer_;
  std::vector<EncodedChunk> chunks_;
};

}  // namespace

Bytes encode_xor_chunk(std::span<const Sample> samples) {
  PROMFILL_ASSERT(!samples.empty() && samples.size() <= 0xffff);
  // Room for the worst case: a header, a first sample of 18 bytes, and at most 19 bytes for each of the others.
  Bytes buffer(2 + samples.size() * 19 + kSlackBytes);
  XorAppender appender;
  appender.buffer = buffer.data();
  appender.capacity = kXorBufferBytesMax;
  xor_detail::append_first(appender, XorCodec::kHeaderBytes, samples[0].time.ms, samples[0].bits());
  if (samples.size() > 1) xor_detail::append_second_time(appender, samples[1].time.ms);
  // The rest past the appender, which counts no more samples than the cut rule lets into a chunk.
  xor_detail::Stream stream(appender);
  if (samples.size() > 1) XorCodec::put_second(stream, samples[1].bits());
  std::uint64_t last_delta = appender.delta;
  for (std::size_t i = 2; i < samples.size(); ++i) {
    PROMFILL_ASSERT(samples[i].time > samples[i - 1].time);
    const auto delta = static_cast<std::uint64_t>(wrapping_sub(samples[i].time.ms, samples[i - 1].time.ms));
    xor_detail::put_sample(stream, static_cast<std::int64_t>(delta - last_delta), samples[i].bits());
    last_delta = delta;
  }
  store_be16(buffer.data(), static_cast<std::uint16_t>(samples.size()));
  buffer.resize(static_cast<std::size_t>(stream.out - buffer.data()) + (stream.pending_bits != 0 ? 1 : 0));
  return buffer;
}

std::vector<EncodedChunk> encode_series_chunks(std::span<const Sample> samples, std::int64_t chunk_range_ms,
                                               ChunkEncoding encoding) {
  PROMFILL_ASSERT(!samples.empty());
  ChunkCollector collector(encoding);
  XorAppender appender;
  std::array<std::int64_t, 256> times;
  std::array<double, 256> values;
  for (std::size_t from = 0; from < samples.size(); from += times.size()) {
    const std::size_t n = std::min(times.size(), samples.size() - from);
    for (std::size_t i = 0; i < n; ++i) {
      times[i] = samples[from + i].time.ms;
      values[i] = samples[from + i].value;
    }
    const std::size_t appended = append_floats(encoding, appender, std::span(times).first(n), values.data(),
                                               kTimestampMax.ms, chunk_range_ms, collector);
    PROMFILL_ASSERT(appended == n);
  }
  collector.close(appender);
  return std::move(collector).take();
}

XorChunkDecoder::XorChunkDecoder(ByteView data) : bits_(data) { total_ = static_cast<std::uint32_t>(bits_.bits(16)); }

bool XorChunkDecoder::next(Sample& out) {
  if (read_ == total_ || damaged_) return false;
  if (read_ == 0) {
    time_ = bits_.varint();
    value_ = bits_.bits(64);
  } else if (read_ == 1) {
    delta_ = bits_.uvarint();
    time_ = wrapping_add(time_, static_cast<std::int64_t>(delta_));
    read_value();
  } else {
    unsigned ones = 0;
    while (ones < 4 && bits_.bit()) ++ones;
    constexpr std::array<unsigned, 5> kBits{0, 14, 17, 20, 64};
    const unsigned n = kBits[ones];
    std::uint64_t dod = bits_.bits(n);
    // The upper half but its lowest value is negative: 2^(n-1) itself stands for +2^(n-1).
    if (n > 0 && n < 64 && dod > (std::uint64_t{1} << (n - 1))) dod -= std::uint64_t{1} << n;
    delta_ += dod;
    time_ = wrapping_add(time_, static_cast<std::int64_t>(delta_));
    read_value();
  }
  if (!bits_.ok()) damaged_ = true;
  if (damaged_) return false;
  ++read_;
  out = {{time_}, std::bit_cast<double>(value_)};
  return true;
}

void XorChunkDecoder::read_value() {
  if (!bits_.bit()) return;
  if (bits_.bit()) {
    const auto leading = static_cast<unsigned>(bits_.bits(5));
    significant_ = static_cast<unsigned>(bits_.bits(6));
    if (significant_ == 0) significant_ = 64;
    if (leading + significant_ > 64) {
      damaged_ = true;
      return;
    }
    trailing_ = 64 - leading - significant_;
  } else if (significant_ == 0) {
    damaged_ = true;  // through the window of a value before, where there was none
    return;
  }
  value_ ^= bits_.bits(significant_) << trailing_;
}

Status XorChunkDecoder::status() const {
  if (!bits_.ok()) return corrupt_chunk("XOR chunk ends before its " + std::to_string(total_) + " samples do");
  if (damaged_) return corrupt_chunk("XOR chunk has an impossible value code at sample " + std::to_string(read_));
  return {};
}

Status decode_xor_chunk(ByteView data, std::vector<Sample>& out) {
  XorChunkDecoder decoder(data);
  for (Sample sample; decoder.next(sample);) out.push_back(sample);
  return decoder.status();
}

Result<std::uint32_t> chunk_sample_count(ChunkEncoding encoding, ByteView data) {
  const bool st = encoding == ChunkEncoding::kHistogramSt || encoding == ChunkEncoding::kFloatHistogramSt;
  const std::size_t header_bytes = encoding == ChunkEncoding::kXor ? 2 : 3;  // a byte of flags
  if (data.size() < header_bytes) return corrupt_chunk("chunk is shorter than its header");
  const std::uint32_t count = load_be16(data.data());
  return st ? count & 0x3fff : count;
}

}  // namespace promfill
