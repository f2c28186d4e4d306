// XOR2 (encoding 4): codes that cost less where time is regular and values repeat, a code for stale markers, and start
// times. Written by Prometheus 3.14 only when it is asked to; read by it, but not by older ones nor by Thanos or Mimir.
// Bytes: docs/format/chunks.md; source: tsdb/chunkenc/xor2.go (Append, encodeJoint, writeVDelta).
#pragma once

#include <type_traits>

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
      put_value<false>(stream, 0, 0, bits, NoField());
    }
  }

  /// What comes behind a sample: nothing.
  struct NoField {
    static void put(xor_detail::Stream&) {}
  };
  /// Its start time's field, in the same store where it fits.
  struct StartField {
    explicit StartField(std::int64_t number) : varbit(varbit_of(number)) {
      if (varbit.size > 25) [[unlikely]]
        return;
      code = (varbit.prefix << varbit.size) | varbit.bits;
      count = varbit.prefix_bits + varbit.size;
    }
    void put(xor_detail::Stream& stream) const {
      if (count > 0) [[likely]] {
        stream.put(code, count);
        return;
      }
      stream.put(varbit.prefix, varbit.prefix_bits);
      stream.put(varbit.bits >> 32, varbit.size - 32);
      stream.put(varbit.bits & 0xffffffff, 32);
    }
    Varbit varbit;
    std::uint64_t code = 0;
    unsigned count = 0;  // 0: longer than 33 bits
  };

  template <typename Field>
  static void put(xor_detail::Stream& stream, std::int64_t dod, std::uint64_t bits, const Field& field) {
    if (dod == 0) {  // most series take this branch always, or hardly ever
      if (bits == kStaleNanBits) [[unlikely]] {
        stream.put(0b11111, 5);
        field.put(stream);
      } else {
        put_value<true>(stream, 0, 0, bits, field);
      }
      return;
    }
    std::uint64_t code = 0;
    unsigned count = 0;
    const auto magnitude = static_cast<std::uint64_t>(dod ^ (dod >> 63));
    if (magnitude < (1U << 19)) [[likely]] {
      // 110 and 13 bits, or 1110 and 20, by reckoning: which of the two comes next is what the data does not tell, and
      // of a choice the compiler makes a branch, which took half of the time at irregular intervals.
      const auto is_long = static_cast<unsigned>(magnitude >> 12 != 0);
      const unsigned length = 13 + 7 * is_long;
      code = (std::uint64_t{0b110 + 8 * is_long} << length) |
             (static_cast<std::uint64_t>(dod) & ((std::uint64_t{1} << length) - 1));
      count = 3 + is_long + length;
    } else {
      stream.put(0b11110, 5);
      stream.put64(static_cast<std::uint64_t>(dod));
    }
    if (bits == kStaleNanBits) [[unlikely]] {
      stream.put((code << 3) | 0b111, count + 3);
      field.put(stream);
    } else {
      put_value<false>(stream, code, count, bits, field);
    }
  }

 private:
  /// Write `code` (`count` ≤ 24 bits) and then the value, in one store where they fit one; as xor_detail::put_value,
  /// without branches on what the data does not tell.
  /// @tparam kSameTime  the delta of deltas is 0: one code says that and what the value is like.
  template <bool kSameTime, typename Field>
  static void put_value(xor_detail::Stream& stream, std::uint64_t code, unsigned count, std::uint64_t bits,
                        const Field& field) {
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
        (std::uint64_t{kSameTime ? 0b101U : 0b110U} << 11) | (leading << 6) | (window & 63);
    const std::uint64_t prefix = same ? 0 : fits ? std::uint64_t{kSameTime ? 0b100U : 0b10U} : new_window;
    const unsigned prefix_bits = same ? 1 : fits ? 2U + kSameTime : 3 + 5 + 6;
    const unsigned payload_bits = same ? 0 : window;
    const std::uint64_t payload = x >> (trailing & 63);
    code = (code << prefix_bits) | prefix;
    count += prefix_bits;
    const unsigned sample_bits = count + payload_bits;
    if constexpr (!std::is_same_v<Field, NoField>) {
      if ((sample_bits + field.count <= 56) & (field.count > 0)) [[likely]] {
        stream.put((((code << payload_bits) | payload) << field.count) | field.code, sample_bits + field.count);
        return;
      }
    }
    if (sample_bits <= 56) [[likely]] {
      stream.put((code << payload_bits) | payload, sample_bits);
    } else {
      stream.put(code, count);
      if (payload_bits > 56) {
        stream.put(payload >> 32, payload_bits - 32);
        stream.put(payload & 0xffffffff, 32);
      } else {
        stream.put(payload, payload_bits);
      }
    }
    field.put(stream);
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
