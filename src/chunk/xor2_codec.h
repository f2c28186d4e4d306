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
    put_value<false>(stream, 0, 0, bits, NoField());
  }

  /// What comes behind a sample: nothing.
  struct NoField {
    static void put(xor_detail::Stream&) {}
  };
  /// The first start field of a chunk whose samples have none: the distance to time 0.
  struct FirstStartField {
    explicit FirstStartField(std::int64_t before_ms) : varbit(varbit_of(before_ms)) {}
    void put(xor_detail::Stream& stream) const {
      if (varbit.size == 64) {
        stream.put(varbit.prefix, varbit.prefix_bits);
        stream.put64(varbit.bits);
      } else if (varbit.size == 56) {
        stream.put(varbit.prefix, varbit.prefix_bits);
        stream.put(varbit.bits, varbit.size);
      } else {
        stream.put((varbit.prefix << varbit.size) | varbit.bits, varbit.prefix_bits + varbit.size);
      }
    }
    static constexpr unsigned count = 0;  // never in one store with a sample
    static constexpr std::uint64_t code = 0;
    Varbit varbit;
  };
  /// A further one: how much longer the distance has become, which is the delta before, and greater than 0. In the same
  /// store as the sample where it fits.
  struct StartField {
    explicit StartField(std::uint64_t delta)
        : number(delta), code(short_varbit_of(delta).bits), count(short_varbit_of(delta).count) {}
    void put(xor_detail::Stream& stream) const {
      if (count > 0) [[likely]] {
        stream.put(code, count);
      } else {
        FirstStartField(static_cast<std::int64_t>(number)).put(stream);
      }
    }
    std::uint64_t number;
    std::uint64_t code;
    unsigned count;
  };

  template <typename Field>
  static void put(xor_detail::Stream& stream, std::int64_t dod, std::uint64_t bits, const Field& field) {
    if (dod == 0) {  // most series take this branch always, or hardly ever
      put_value<true>(stream, 0, 0, bits, field);
      return;
    }
    std::uint64_t code = 0;
    unsigned count = 0;
    const auto magnitude = static_cast<std::uint64_t>(dod ^ (dod >> 63));
    if (magnitude < (1U << 19)) [[likely]] {
      // 110 and 13 bits, or 1110 and 20, by reckoning: which of the two comes next is what the data does not tell, and
      // of a choice the compiler makes a branch, which took half of the time at irregular intervals.
      const std::uint64_t when_long = 0 - static_cast<std::uint64_t>(magnitude >= (1U << 12));
      constexpr std::uint64_t kShort = 0b110U << 13;
      constexpr std::uint64_t kLong = 0b1110U << 20;
      constexpr std::uint64_t kShortMask = (1U << 13) - 1;
      constexpr std::uint64_t kLongMask = (1U << 20) - 1;
      const std::uint64_t mask = kShortMask | (when_long & kLongMask);
      code = (kShort ^ (when_long & (kShort ^ kLong))) | (static_cast<std::uint64_t>(dod) & mask);
      count = 16 + static_cast<unsigned>(when_long & 8);
    } else {
      stream.put(0b11110, 5);
      stream.put64(static_cast<std::uint64_t>(dod));
    }
    put_value<false>(stream, code, count, bits, field);
  }

 private:
  /// Write `code` (`count` ≤ 24 bits) and then the value, in one store where they fit one; as xor_detail::put_value,
  /// without branches on what the data does not tell.
  /// @tparam kSameTime  the delta of deltas is 0: one code says that and what the value is like.
  template <bool kSameTime, typename Field>
  static void put_value(xor_detail::Stream& stream, std::uint64_t code, unsigned count, std::uint64_t bits,
                        const Field& field) {
    const std::uint64_t x = bits ^ stream.value_bits;
    if (x == 0) {
      put_with_field(stream, code << 1, count + 1, field);
      return;
    }
    if (bits == kStaleNanBits) [[unlikely]] {  // which value_bits never is
      stream.put(kSameTime ? 0b11111 : (code << 3) | 0b111, kSameTime ? 5 : count + 3);
      field.put(stream);
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
    const std::uint64_t new_window =
        (std::uint64_t{kSameTime ? 0b101U : 0b110U} << 11) | (leading << 6) | (window & 63);
    const std::uint64_t prefix = fits ? std::uint64_t{kSameTime ? 0b100U : 0b10U} : new_window;
    const unsigned prefix_bits = fits ? 2U + kSameTime : 3 + 5 + 6;
    const std::uint64_t payload = x >> trailing;
    code = (code << prefix_bits) | prefix;
    count += prefix_bits;
    if (count + window <= 56) [[likely]] {
      put_with_field(stream, (code << window) | payload, count + window, field);
      return;
    }
    stream.put(code, count);
    if (window > 56) {
      stream.put(payload >> 32, window - 32);
      stream.put(payload & 0xffffffff, 32);
    } else {
      stream.put(payload, window);
    }
    field.put(stream);
  }

  /// Write the low `count` ≤ 56 bits of `bits` and the field, in one store where they fit one.
  template <typename Field>
  static void put_with_field(xor_detail::Stream& stream, std::uint64_t bits, unsigned count, const Field& field) {
    if constexpr (!std::is_same_v<Field, NoField>) {
      if ((count + field.count <= 56) & (field.count > 0)) [[likely]] {
        stream.put((bits << field.count) | field.code, count + field.count);
        return;
      }
    }
    stream.put(bits, count);
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
