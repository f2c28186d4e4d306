// Appends bits, most significant first, to a growing buffer; the reader's twin.
//
// Every write stores eight bytes at the current place and advances by whole bytes, so that the bits of the unfinished
// byte lie in memory, too: there is no flush.
#pragma once

#include <bit>
#include <cstdint>

#include "encoding/big_endian.h"
#include "encoding/bytes.h"
#include "encoding/varint.h"

namespace promfill {

class BitWriter {
 public:
  /// Append the low `count` ≤ 64 bits of `bits`; the bits above them are zero.
  void bits(std::uint64_t bits, unsigned count) {
    if (count > kStoreBitsMax) [[unlikely]] {
      put(bits >> 32, count - 32);
      put(bits & 0xffffffff, 32);
      return;
    }
    put(bits, count);
  }
  /// As encoding/varint.h has them, aligned or not.
  void uvarint(std::uint64_t number);
  void varint(std::int64_t number) { uvarint(zigzag(number)); }

  /// Whole bytes and the unfinished one.
  [[nodiscard]] std::size_t size() const { return used_ + (pending_bits_ != 0 ? 1 : 0); }
  [[nodiscard]] ByteView view() const { return ByteView(buffer_).first(size()); }
  /// A byte that was written before, to be changed.
  [[nodiscard]] std::uint8_t* at(std::size_t byte) { return buffer_.data() + byte; }
  /// Forget the bits, keep the memory.
  void clear() {
    used_ = 0;
    pending_ = 0;
    pending_bits_ = 0;
  }

 private:
  static constexpr unsigned kStoreBitsMax = 56;  // with 7 bits of an unfinished byte they fit 64
  static constexpr std::size_t kSlackBytes = 16;

  void put(std::uint64_t bits, unsigned count) {
    if (used_ + kSlackBytes > buffer_.size()) [[unlikely]]
      buffer_.resize(2 * buffer_.size() + 256);
    if (count == 0) return;
    pending_ |= bits << (64 - pending_bits_ - count);
    pending_bits_ += count;
    store_be64(buffer_.data() + used_, pending_);
    const unsigned whole = pending_bits_ >> 3;  // ≤ 7, since 7 + 56 < 64
    used_ += whole;
    pending_ <<= whole * 8;
    pending_bits_ &= 7;
  }

  Bytes buffer_;
  std::size_t used_ = 0;       // whole bytes
  std::uint64_t pending_ = 0;  // bits of the unfinished byte, at the top
  unsigned pending_bits_ = 0;
};

}  // namespace promfill
