// The first two samples of a chunk, which are written unlike the rest; see xor_appender.h.
#include "chunk/xor_appender.h"

namespace promfill::xor_detail {

void append_first(XorAppender& a, std::uint32_t header_bytes, std::int64_t t_ms, std::uint64_t bits) {
  PROMFILL_ASSERT(a.capacity >= kSlackBytes);
  std::uint8_t* at = a.buffer + header_bytes;  // which is written when the chunk is closed
  at += put_varint(at, t_ms);
  store_be64(at, bits);
  a.used = static_cast<std::uint16_t>(at + 8 - a.buffer);
  a.first_ms = t_ms;
  a.last_ms = t_ms;
  a.delta = 0;
  a.value_bits = bits;
  a.samples = 1;
  a.pending_bits = 0;
  a.leading = XorAppender::kNoWindow;
  a.trailing = 0;
}

void append_second_time(XorAppender& a, std::int64_t t_ms) {
  a.delta = static_cast<std::uint64_t>(wrapping_sub(t_ms, a.last_ms));
  a.used = static_cast<std::uint16_t>(a.used + put_uvarint(a.buffer + a.used, a.delta));
  a.last_ms = t_ms;
  a.samples = 2;
}

}  // namespace promfill::xor_detail
