// The encode loop: appends runs of samples to a series' open float chunk and cuts where Prometheus cuts. How a sample
// becomes bits is the codec's: XOR below, XOR2 in xor2_codec.h.
// Bytes: docs/format/chunks.md; source: tsdb/chunkenc/xor.go (Append, xorWrite), tsdb/head_append.go
// (appendPreprocessor).
//
// An XorAppender is plain data, so that ingest can keep millions of them; while a run is appended its fields live in
// registers. Every write stores eight bytes at the current place and advances by whole bytes, which leaves the bits of
// the unfinished byte in memory: there is no flush, and the buffer always holds the chunk. The price is kSlackBytes of
// room.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

#include "chunk/chunk_meta.h"
#include "chunk/cut_rule.h"
#include "chunk/start_times.h"
#include "encoding/byte_writer.h"
#include "encoding/varint.h"
#include "promfill/result.h"

namespace promfill {

/// 56 bytes, so that with a link to its closed chunks a series fills one cache line.
struct XorAppender {
  std::uint8_t* buffer = nullptr;    ///< of the open chunk; null before the first sample
  std::int64_t first_ms = 0;         ///< of the open chunk
  std::int64_t last_ms = 0;          ///< of the series; only later samples can be appended
  std::int64_t cut_at_ms = 0;        ///< a sample from here on starts a new chunk
  std::uint64_t delta = 0;           ///< last difference of times
  std::uint64_t value_bits = 0;      ///< last value
  std::uint16_t used = 0;            ///< whole bytes in buffer; the byte being filled comes after them
  std::uint16_t capacity = 0;        ///< of buffer
  std::uint8_t samples = 0;          ///< in the open chunk, at most kChunkSamplesMax
  std::uint8_t pending_bits = 0;     ///< filled bits of the byte after the used ones, 0 … 7
  std::uint8_t leading = kNoWindow;  ///< zero bits left and right of the window that XORed values are written through
  std::uint8_t trailing = 0;

  /// Greater than any count of leading zeros (which are clamped to 31): no value fits a window that isn't there.
  static constexpr std::uint8_t kNoWindow = 64;

  /// Length of the open chunk as Prometheus counts it, header and unfinished byte included.
  [[nodiscard]] std::uint32_t bytes() const { return std::uint32_t{used} + (pending_bits != 0 ? 1 : 0); }
  /// The open chunk, with the sample count put into its header. Call only with samples > 0.
  /// @param encoding  that of the codec it was appended with.
  [[nodiscard]] ChunkView view(ChunkEncoding encoding) {
    store_be16(buffer, samples);
    if (encoding == ChunkEncoding::kXor2) buffer[2] = samples > kStartFieldsAtLatest ? kStartFieldsAtLatest : 0;
    return {encoding, {first_ms}, {last_ms}, {buffer, bytes()}};
  }
};
static_assert(sizeof(XorAppender) == 56 && kChunkSamplesMax <= 255);

/// One sample takes at most 19 bytes; a store may touch 8 more.
inline constexpr std::uint32_t kSlackBytes = 32;
/// XOR2 may add a start time of 9 bytes.
inline constexpr std::uint32_t kXor2SlackBytes = 40;
/// A buffer of this size never has to grow.
inline constexpr std::uint32_t kXorBufferBytesMax = kXorChunkBytesMax + 1 + kXor2SlackBytes;

/// Where buffers come from and closed chunks go.
template <typename S>
concept XorChunkStore = requires(S& store, XorAppender& appender) {
  /// Give `appender` a buffer (its first, or a larger one holding the same bytes) with room for at least
  /// kXor2SlackBytes after the used ones, at most kXorBufferBytesMax in all.
  { store.grow(appender) } -> std::same_as<void>;
  /// The open chunk is final: keep appender.view(…). The buffer stays with the appender for its next chunk.
  { store.close(appender) } -> std::same_as<void>;
};

namespace xor_detail {

/// The part of an appender that the inner loop keeps in registers: a local of this type is never passed by address.
struct Stream {
  std::uint8_t* out;
  std::uint64_t pending;  // bits of *out, at the top of the word
  std::uint64_t value_bits;
  unsigned pending_bits;
  unsigned leading;
  unsigned trailing;

  explicit Stream(const XorAppender& a)
      : out(a.buffer + a.used),
        pending(a.pending_bits == 0 ? 0 : std::uint64_t{*out} << 56),
        value_bits(a.value_bits),
        pending_bits(a.pending_bits),
        leading(a.leading),
        trailing(a.trailing) {}

  void store_to(XorAppender& a) const {
    a.used = static_cast<std::uint16_t>(out - a.buffer);
    a.value_bits = value_bits;
    a.pending_bits = static_cast<std::uint8_t>(pending_bits);
    a.leading = static_cast<std::uint8_t>(leading);
    a.trailing = static_cast<std::uint8_t>(trailing);
  }

  /// Write the low `count` ≤ 56 bits of `bits`; the bits above them are zero.
  void put(std::uint64_t bits, unsigned count) {
    pending |= bits << (64 - pending_bits - count);
    pending_bits += count;
    store_be64(out, pending);
    const unsigned whole = pending_bits >> 3;  // ≤ 7, since 7 + 56 < 64
    out += whole;
    pending <<= whole * 8;
    pending_bits &= 7;
  }
  void put64(std::uint64_t bits) {
    put(bits >> 32, 32);
    put(bits & 0xffffffff, 32);
  }
};

/// Codes of a delta of deltas other than 0. n bits hold -(2^(n-1)-1) … 2^(n-1); `magnitude` maps both ends of that
/// range below 2^(n-1). Returns false for the 68-bit code, which does not fit one put().
inline bool time_code(std::int64_t dod, std::uint64_t& code, unsigned& count) {
  const std::int64_t below = wrapping_sub(dod, 1);
  const auto magnitude = static_cast<std::uint64_t>(below ^ (below >> 63));
  const auto low_bits = [&](unsigned n) { return static_cast<std::uint64_t>(dod) & ((std::uint64_t{1} << n) - 1); };
  if (magnitude < (1U << 13)) {
    code = (std::uint64_t{0b10} << 14) | low_bits(14);
    count = 2 + 14;
  } else if (magnitude < (1U << 16)) {
    code = (std::uint64_t{0b110} << 17) | low_bits(17);
    count = 3 + 17;
  } else if (magnitude < (1U << 19)) {
    code = (std::uint64_t{0b1110} << 20) | low_bits(20);
    count = 4 + 20;
  } else {
    return false;
  }
  return true;
}

/// Write `code` (`count` ≤ 24 bits) and then the value, in one store where they fit one.
/// A value that comes again takes a branch of its own, as there is least to do for it, and most series have many. The
/// other two shapes (through the window, new window) are told apart by selection: which one comes next is what the data
/// does not tell, and a wrong guess costs more than computing both.
inline void put_value(Stream& stream, std::uint64_t code, unsigned count, std::uint64_t bits) {
  const std::uint64_t x = bits ^ stream.value_bits;
  if (x == 0) {
    stream.put(code << 1, count + 1);
    return;
  }
  stream.value_bits = bits;
  const unsigned zeros_left = std::min(static_cast<unsigned>(std::countl_zero(x)), 31U);
  const auto zeros_right = static_cast<unsigned>(std::countr_zero(x));
  const bool fits = (zeros_left >= stream.leading) & (zeros_right >= stream.trailing);
  const unsigned leading = fits ? stream.leading : zeros_left;
  const unsigned trailing = fits ? stream.trailing : zeros_right;
  stream.leading = leading;
  stream.trailing = trailing;
  const unsigned window = 64 - leading - trailing;
  const std::uint64_t new_window = (std::uint64_t{0b11} << 11) | (leading << 6) | (window & 63);
  const std::uint64_t prefix = fits ? 0b10 : new_window;
  const unsigned prefix_bits = fits ? 2 : 2 + 5 + 6;
  const std::uint64_t payload = x >> trailing;
  code = (code << prefix_bits) | prefix;
  count += prefix_bits;
  if (count + window <= 56) [[likely]] {
    stream.put((code << window) | payload, count + window);
    return;
  }
  stream.put(code, count);
  if (window > 56) {
    stream.put(payload >> 32, window - 32);
    stream.put(payload & 0xffffffff, 32);
  } else {
    stream.put(payload, window);
  }
}

/// Write a sample other than the first two, given its delta of deltas.
inline void put_sample(Stream& stream, std::int64_t dod, std::uint64_t bits) {
  if (dod == 0) {  // most series take this branch always, or hardly ever
    put_value(stream, 0, 1, bits);
    return;
  }
  std::uint64_t code = 0;
  unsigned count = 0;
  if (!time_code(dod, code, count)) [[unlikely]] {
    stream.put(0b1111, 4);
    stream.put64(static_cast<std::uint64_t>(dod));
  }
  put_value(stream, code, count, bits);
}

/// Sample 0 of a chunk: its time and value whole, after a header of so many bytes.
void append_first(XorAppender& a, std::uint32_t header_bytes, std::int64_t t_ms, std::uint64_t bits);
/// The time of sample 1: the whole delta. Its value is the codec's.
void append_second_time(XorAppender& a, std::int64_t t_ms);

}  // namespace xor_detail

/// XOR (encoding 1): Prometheus's own, which all its versions and relatives read.
struct XorCodec {
  static constexpr ChunkEncoding kEncoding = ChunkEncoding::kXor;
  static constexpr std::uint32_t kHeaderBytes = 2;
  static constexpr std::uint32_t kSlackBytes = promfill::kSlackBytes;
  static constexpr bool kHasStartFields = false;

  /// The value that the next one is held against after a first one.
  static std::uint64_t base(std::uint64_t first_bits) { return first_bits; }
  /// The value of sample 1.
  static void put_second(xor_detail::Stream& stream, std::uint64_t bits) { xor_detail::put_value(stream, 0, 0, bits); }
  /// A sample other than the first two, given its delta of deltas.
  struct NoField {};
  static void put(xor_detail::Stream& stream, std::int64_t dod, std::uint64_t bits, NoField) {
    xor_detail::put_sample(stream, dod, bits);
  }
};

namespace xor_detail {

/// Samples between two of those at which more is to be done than to write them; the first one belongs to the chunk.
struct Stretch {
  std::span<const std::int64_t> times_ms;
  const double* values;
  std::int64_t time_end_ms;
};

/// The inner loop: one compare each for time, room and the input's end.
/// @param field_of  what comes behind a sample, of the delta before it. @return how many were appended, at least 1.
template <typename Codec, typename FieldOf>
[[gnu::always_inline]] inline std::size_t append_stretch(XorAppender& a, const Stretch& stretch, FieldOf field_of) {
  const std::int64_t* const times_ms = stretch.times_ms.data();
  const std::size_t n = stretch.times_ms.size();
  const std::uint8_t* const room_end =
      a.buffer + std::min<std::size_t>(a.capacity - Codec::kSlackBytes, kXorChunkBytesMax);
  Stream stream(a);
  auto delta = static_cast<std::uint64_t>(wrapping_sub(times_ms[0], a.last_ms));
  std::uint64_t last_delta = a.delta;
  // How far times may rise yet: one compare of unsigned numbers tells both that a time rises and that it's in time.
  std::uint64_t rise = static_cast<std::uint64_t>(wrapping_sub(stretch.time_end_ms, a.last_ms)) - 1;
  std::size_t i = 0;
  for (;;) {
    const auto dod = static_cast<std::int64_t>(delta - last_delta);
    Codec::put(stream, dod, std::bit_cast<std::uint64_t>(stretch.values[i]), field_of(last_delta));
    last_delta = delta;
    rise -= delta;
    ++i;
    if (i == n || stream.out >= room_end) break;
    delta = static_cast<std::uint64_t>(wrapping_sub(times_ms[i], times_ms[i - 1]));
    if (delta - 1 >= rise) break;
  }
  a.samples = static_cast<std::uint8_t>(a.samples + i);
  a.last_ms = times_ms[i - 1];
  a.delta = last_delta;
  stream.store_to(a);
  return i;
}

/// A field holds how far the start lies before the sample before, and no sample has a start time, which is 0: at first
/// that sample's whole time is written, and then by how much it grew. Not inlined: with registers for this loop, the
/// one without fields is a sixth slower.
template <typename Codec>
[[gnu::noinline]] std::size_t append_with_start_fields(XorAppender& a, Stretch stretch) {
  if (a.samples > kStartFieldsAtLatest) {
    return append_stretch<Codec>(a, stretch, [](std::uint64_t delta) { return typename Codec::StartField(delta); });
  }
  stretch.times_ms = stretch.times_ms.first(1);
  return append_stretch<Codec>(a, stretch,
                               [before_ms = a.last_ms](auto) { return typename Codec::FirstStartField(before_ms); });
}

}  // namespace xor_detail

/// Append samples as long as they rise and stay below `end_ms`.
/// @param range_ms  R = 2 × block duration, of the cut rule.
/// @return how many were appended; the next one is late, a duplicate, or of another window.
template <typename Codec = XorCodec, XorChunkStore Store>
std::size_t append_run(XorAppender& appender, std::span<const std::int64_t> times_ms, const double* values,
                       std::int64_t end_ms, std::int64_t range_ms, Store& store) {
  const std::size_t n = times_ms.size();
  std::size_t i = 0;
  XorAppender a = appender;
  if (a.buffer == nullptr) {
    if (n == 0 || times_ms[0] >= end_ms) return 0;
    store.grow(a);
  }
  while (i < n) {
    const std::int64_t t = times_ms[i];
    if (a.samples != 0 && t <= a.last_ms) break;
    if (t >= end_ms) break;
    // A full chunk, the prediction, and the time limit, in Prometheus's order.
    bool cut = a.samples != 0 && a.bytes() > kXorChunkBytesMax;
    if (!cut && a.samples == kPredictAtSamples) a.cut_at_ms = predicted_chunk_end(a.first_ms, a.last_ms, a.cut_at_ms);
    cut = cut || (a.samples != 0 && (t >= a.cut_at_ms || a.samples >= kChunkSamplesMax));
    if (cut) {
      store.close(a);
      a.samples = 0;
    }
    const auto bits = std::bit_cast<std::uint64_t>(values[i]);
    if (a.samples == 0) {
      a.cut_at_ms = chunk_range_end(t, range_ms);
      xor_detail::append_first(a, Codec::kHeaderBytes, t, bits);
      a.value_bits = Codec::base(bits);
      ++i;
      continue;
    }
    if (a.used + Codec::kSlackBytes > a.capacity) store.grow(a);
    if (a.samples == 1) {
      xor_detail::append_second_time(a, t);
      xor_detail::Stream stream(a);
      Codec::put_second(stream, bits);
      stream.store_to(a);
      ++i;
      continue;
    }
    // The stretch in which only time, room and the input's end have to be watched.
    std::uint32_t samples_end = a.samples < kPredictAtSamples ? kPredictAtSamples : kChunkSamplesMax;
    if (Codec::kHasStartFields && a.samples < kStartFieldsAtLatest) {
      samples_end = std::min<std::uint32_t>(samples_end, kStartFieldsAtLatest);
    }
    const std::size_t stop = std::min(n, i + (samples_end - a.samples));
    const xor_detail::Stretch stretch{
        .times_ms = times_ms.subspan(i, stop - i), .values = values + i, .time_end_ms = std::min(a.cut_at_ms, end_ms)};
    if constexpr (Codec::kHasStartFields) {
      if (a.samples >= kStartFieldsAtLatest) {
        i += xor_detail::append_with_start_fields<Codec>(a, stretch);
        continue;
      }
    }
    i += xor_detail::append_stretch<Codec>(a, stretch, [](auto) { return typename Codec::NoField(); });
  }
  appender = a;
  return i;
}

}  // namespace promfill
