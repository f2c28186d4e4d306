// XOR2 (encoding 4): codes that cost less where time is regular and values repeat, a code for stale markers, and start
// times. Written by Prometheus 3.14 only when it is asked to; read by it, but not by older ones nor by Thanos or Mimir.
// Bytes: docs/format/chunks.md; source: tsdb/chunkenc/xor2.go (Append, encodeJoint, writeVDelta).
#pragma once

#include "chunk/varbit.h"
#include "chunk/xor_appender.h"
#include "promfill/sample.h"

namespace promfill {

/// For append_run; samples without start times.
struct Xor2Codec {
  static constexpr ChunkEncoding kEncoding = ChunkEncoding::kXor2;
  static constexpr std::uint32_t kHeaderBytes = 3;
  static constexpr std::uint32_t kSlackBytes = kXor2SlackBytes;
  static constexpr bool kHasStartFields = true;

  /// A stale marker is no value: the next one is held against the last one before it, at first against 0.
  static std::uint64_t base(std::uint64_t first_bits) { return first_bits == kStaleNanBits ? 0 : first_bits; }

  static void put_second(xor_detail::Stream& stream, std::uint64_t bits) {
    if (bits == kStaleNanBits) [[unlikely]] {
      stream.put(0b111, 3);
    } else {
      put_value(stream, 0, 0, false, bits);
    }
  }

  static void put(xor_detail::Stream& stream, std::int64_t dod, std::uint64_t bits) {
    std::uint64_t code = 0;
    unsigned count = 0;
    if (dod != 0) {
      const auto magnitude = static_cast<std::uint64_t>(dod ^ (dod >> 63));
      if (magnitude < (1U << 12)) {
        code = (std::uint64_t{0b110} << 13) | (static_cast<std::uint64_t>(dod) & 0x1fff);
        count = 3 + 13;
      } else if (magnitude < (1U << 19)) {
        code = (std::uint64_t{0b1110} << 20) | (static_cast<std::uint64_t>(dod) & 0xfffff);
        count = 4 + 20;
      } else {
        stream.put(0b11110, 5);
        stream.put64(static_cast<std::uint64_t>(dod));
      }
    }
    if (bits == kStaleNanBits) [[unlikely]] {
      if (dod == 0) {
        stream.put(0b11111, 5);
      } else {
        stream.put((code << 3) | 0b111, count + 3);
      }
      return;
    }
    put_value(stream, code, count, dod == 0, bits);
  }

  static void put_start_field(xor_detail::Stream& stream, std::int64_t number) {
    const Varbit code = varbit_of(number);
    if (code.size <= 25) [[likely]] {
      stream.put((code.prefix << code.size) | code.bits, code.prefix_bits + code.size);
      return;
    }
    stream.put(code.prefix, code.prefix_bits);
    stream.put(code.bits >> 32, code.size - 32);
    stream.put(code.bits & 0xffffffff, 32);
  }

 private:
  /// Write `code` (`count` ≤ 24 bits) and then the value, in one store where they fit one; as xor_detail::put_value,
  /// without branches on what the data does not tell.
  /// @param same_time  the delta of deltas is 0: one code says that and what the value is like.
  static void put_value(xor_detail::Stream& stream, std::uint64_t code, unsigned count, bool same_time,
                        std::uint64_t bits) {
    const std::uint64_t x = bits ^ stream.value_bits;
    stream.value_bits = bits;
    const unsigned zeros_left = std::min(static_cast<unsigned>(std::countl_zero(x)), 31U);
    const unsigned zeros_right = static_cast<unsigned>(std::countr_zero(x | (std::uint64_t{1} << 63)));
    const bool same = x == 0;
    const bool fits = (zeros_left >= stream.leading) & (zeros_right >= stream.trailing);
    const bool keep = same | fits;
    const unsigned leading = keep ? stream.leading : zeros_left;
    const unsigned trailing = keep ? stream.trailing : zeros_right;
    stream.leading = leading;
    stream.trailing = trailing;
    const unsigned window = 64 - leading - trailing;  // with no window yet and x = 0: unused
    const std::uint64_t new_window =
        (std::uint64_t{same_time ? 0b101U : 0b110U} << 11) | (leading << 6) | (window & 63);
    const std::uint64_t prefix = same ? 0 : fits ? std::uint64_t{0b10} << same_time : new_window;
    const unsigned prefix_bits = same ? 1 : fits ? 2U + same_time : 3 + 5 + 6;
    const unsigned payload_bits = same ? 0 : window;
    const std::uint64_t payload = x >> (trailing & 63);
    code = (code << prefix_bits) | prefix;
    count += prefix_bits;
    if (count + payload_bits <= 56) [[likely]] {
      stream.put((code << payload_bits) | payload, count + payload_bits);
      return;
    }
    stream.put(code, count);
    if (payload_bits > 56) {
      stream.put(payload >> 32, payload_bits - 32);
      stream.put(payload & 0xffffffff, 32);
    } else {
      stream.put(payload, payload_bits);
    }
  }
};

/// append_run of the codec for `encoding`, kXor or kXor2.
template <XorChunkStore Store>
std::size_t append_floats(ChunkEncoding encoding, XorAppender& appender, std::span<const std::int64_t> times_ms,
                          const double* values, std::int64_t end_ms, std::int64_t range_ms, Store& store) {
  if (encoding == ChunkEncoding::kXor2)
    return append_run<Xor2Codec>(appender, times_ms, values, end_ms, range_ms, store);
  return append_run<XorCodec>(appender, times_ms, values, end_ms, range_ms, store);
}

}  // namespace promfill
