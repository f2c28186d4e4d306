// See xor2_chunk.h.
#include "chunk/xor2_chunk.h"

#include <string>

#include "chunk/xor_chunk.h"
#include "encoding/big_endian.h"
#include "encoding/bit_writer.h"
#include "encoding/varint.h"

namespace promfill {
namespace {

constexpr unsigned kHeaderBytes = 3;

/// Writes one chunk, bit by bit as the format has it.
class Xor2Writer {
 public:
  Xor2Writer() { out_.bits(0, kHeaderBytes * 8); }

  void add(const StartedSample& sample) {
    const std::int64_t time_ms = sample.sample.time.ms;
    const std::uint64_t bits = sample.sample.bits();
    const std::int64_t before_ms = time_ms_;
    const auto delta = static_cast<std::uint64_t>(wrapping_sub(time_ms, time_ms_));
    if (samples_ == 0) {
      out_.varint(time_ms);
      out_.bits(bits, 64);
      if (bits != kStaleNanBits) value_.value_bits = bits;
    } else if (samples_ == 1) {
      out_.uvarint(delta);
      write_value(bits);
    } else {
      write_later(static_cast<std::int64_t>(delta - delta_), bits);
    }
    starts_.write(out_, samples_, time_ms, before_ms, sample.start.ms);
    delta_ = samples_ == 0 ? 0 : delta;
    time_ms_ = time_ms;
    ++samples_;
  }

  [[nodiscard]] std::size_t bytes() const { return out_.view().size(); }

  [[nodiscard]] Bytes take() {
    store_be16(out_.at(0), static_cast<std::uint16_t>(samples_));
    *out_.at(2) = starts_.header();
    const ByteView bytes = out_.view();
    return {bytes.begin(), bytes.end()};
  }

 private:
  void write_later(std::int64_t dod, std::uint64_t bits) {
    if (dod == 0) {
      if (bits == kStaleNanBits) {
        out_.bits(0b11111, 5);
      } else if (bits == value_.value_bits) {
        out_.bits(0, 1);
      } else {
        out_.bits(0b10, 2);
        value_.write_change(out_, bits);
      }
      return;
    }
    if (dod >= -(1 << 12) && dod < 1 << 12) {
      out_.bits(0b110, 3);
      out_.bits(static_cast<std::uint64_t>(dod) & 0x1fff, 13);
    } else if (dod >= -(1 << 19) && dod < 1 << 19) {
      out_.bits(0b1110, 4);
      out_.bits(static_cast<std::uint64_t>(dod) & 0xfffff, 20);
    } else {
      out_.bits(0b11110, 5);
      out_.bits(static_cast<std::uint64_t>(dod), 64);
    }
    write_value(bits);
  }
  void write_value(std::uint64_t bits) {
    if (bits == kStaleNanBits) {
      out_.bits(0b111, 3);
    } else if (bits == value_.value_bits) {
      out_.bits(0, 1);
    } else {
      out_.bits(1, 1);
      value_.write_change(out_, bits, 0b10, 2);  // 11 would be a stale marker
    }
  }

  BitWriter out_;
  std::uint32_t samples_ = 0;
  std::int64_t time_ms_ = 0;
  std::uint64_t delta_ = 0;
  XoredValue value_;
  StartTimeWriter starts_;
};

}  // namespace

Bytes encode_xor2_chunk(std::span<const StartedSample> samples) {
  PROMFILL_ASSERT(!samples.empty() && samples.size() <= 0xffff);
  Xor2Writer writer;
  for (const StartedSample& sample : samples) writer.add(sample);
  return writer.take();
}

std::vector<EncodedChunk> encode_started_chunks(std::span<const StartedSample> samples, std::int64_t chunk_range_ms) {
  PROMFILL_ASSERT(!samples.empty());
  std::vector<EncodedChunk> chunks;
  for (std::size_t begin = 0; begin < samples.size();) {
    Xor2Writer writer;
    const std::int64_t first_ms = samples[begin].sample.time.ms;
    std::int64_t cut_at_ms = chunk_range_end(first_ms, chunk_range_ms);
    std::size_t end = begin;
    for (; end < samples.size(); ++end) {
      const std::size_t n = end - begin;
      const std::int64_t time_ms = samples[end].sample.time.ms;
      PROMFILL_ASSERT(n == 0 || time_ms > samples[end - 1].sample.time.ms);
      // A full chunk, the prediction, and the time limit, in Prometheus's order; as append_run.
      if (n > 0 && writer.bytes() > kXorChunkBytesMax) break;
      if (n == kPredictAtSamples) {
        cut_at_ms = predicted_chunk_end(first_ms, samples[end - 1].sample.time.ms, cut_at_ms);
      }
      if (n > 0 && (time_ms >= cut_at_ms || n >= kChunkSamplesMax)) break;
      writer.add(samples[end]);
    }
    chunks.push_back({ChunkEncoding::kXor2, {first_ms}, samples[end - 1].sample.time, writer.take()});
    begin = end;
  }
  return chunks;
}

Xor2ChunkDecoder::Xor2ChunkDecoder(ByteView data) : bits_(data) {
  total_ = static_cast<std::uint32_t>(bits_.bits(16));
  starts_ = StartTimeReader(static_cast<std::uint8_t>(bits_.bits(8)));
}

bool Xor2ChunkDecoder::next(StartedSample& out) {
  if (read_ == total_ || damaged_) return false;
  const std::int64_t before_ms = time_ms_;
  const std::uint64_t bits = read_sample();
  const std::int64_t start_ms = starts_.read(bits_, read_, time_ms_, before_ms);
  damaged_ = damaged_ || !bits_.ok();
  if (damaged_) return false;
  ++read_;
  out = {{{time_ms_}, std::bit_cast<double>(bits)}, {start_ms}};
  return true;
}

/// Time, and the value's bits.
std::uint64_t Xor2ChunkDecoder::read_sample() {
  if (read_ == 0) {
    time_ms_ = bits_.varint();
    const std::uint64_t bits = bits_.bits(64);
    if (bits != kStaleNanBits) value_.value_bits = bits;
    return bits;
  }
  if (read_ == 1) {
    delta_ = bits_.uvarint();
    time_ms_ = wrapping_add(time_ms_, static_cast<std::int64_t>(delta_));
    return read_value();
  }
  unsigned ones = 0;
  while (ones < 5 && bits_.bit()) ++ones;
  if (ones == 2 || ones == 3 || ones == 4) {
    const unsigned size = ones == 2 ? 13 : ones == 3 ? 20 : 64;
    std::uint64_t dod = bits_.bits(size);
    if (size < 64 && (dod >> (size - 1)) != 0) dod -= std::uint64_t{1} << size;
    delta_ += dod;
  }
  time_ms_ = wrapping_add(time_ms_, static_cast<std::int64_t>(delta_));
  switch (ones) {
    case 0:
      return value_.value_bits;
    case 1:
      damaged_ = !value_.read_change(bits_);
      return value_.value_bits;
    case 5:
      return kStaleNanBits;
    default:
      return read_value();
  }
}

std::uint64_t Xor2ChunkDecoder::read_value() {
  if (!bits_.bit()) return value_.value_bits;
  if (!bits_.bit()) {
    damaged_ = !value_.read_through_window(bits_);
    return value_.value_bits;
  }
  if (bits_.bit()) return kStaleNanBits;
  damaged_ = !value_.read_new_window(bits_);
  return value_.value_bits;
}

Status Xor2ChunkDecoder::status() const {
  const char* const hint = "the block is damaged; restore it from a copy";
  if (!bits_.ok()) {
    return Error{ErrorCode::kCorrupt, "XOR2 chunk ends before its " + std::to_string(total_) + " samples do", "", hint};
  }
  if (damaged_) {
    return Error{ErrorCode::kCorrupt, "XOR2 chunk has an impossible value code at sample " + std::to_string(read_), "",
                 hint};
  }
  return {};
}

Status decode_float_chunk(ChunkEncoding encoding, ByteView data, std::vector<Sample>& out) {
  PROMFILL_ASSERT(holds_floats(encoding));
  if (encoding == ChunkEncoding::kXor) return decode_xor_chunk(data, out);
  Xor2ChunkDecoder decoder(data);
  for (StartedSample one; decoder.next(one);) out.push_back(one.sample);
  return decoder.status();
}

}  // namespace promfill
