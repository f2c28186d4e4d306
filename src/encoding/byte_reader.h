// Reads big-endian numbers, varints and strings from untrusted bytes. The first read that fails (past the end,
// malformed) makes the reader fail for good: later reads give zeros, ok() tells, so that a parser checks once per
// entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "encoding/big_endian.h"
#include "encoding/bytes.h"

namespace promfill {

class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t be16() { return number<std::uint16_t>(); }
  std::uint32_t be32() { return number<std::uint32_t>(); }
  std::uint64_t be64() { return number<std::uint64_t>(); }
  /// At most 10 bytes; fails on overflow of 64 bits and on a form longer than it needs to be, which Prometheus never
  /// writes.
  std::uint64_t uvarint() {
    if (remaining() > 0 && bytes_[position_] < 0x80) return bytes_[position_++];
    return uvarint_of_many_bytes();
  }
  std::int64_t varint();
  /// The next `size` bytes, borrowed from the input; none when there are fewer.
  ByteView raw(std::size_t size);
  /// uvarint length, then the bytes; borrowed from the input.
  std::string_view string();

  [[nodiscard]] bool ok() const { return ok_; }
  /// Bytes read so far; of a failed reader, where the number or string begins that could not be read.
  [[nodiscard]] std::size_t position() const { return position_; }
  /// Bytes that can still be read; 0 for a failed reader, so that "until at_end()" always ends.
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - position_; }
  [[nodiscard]] bool at_end() const { return remaining() == 0; }

 private:
  template <typename T>
  T number() {
    if (remaining() < sizeof(T)) [[unlikely]] {
      fail();
      return 0;
    }
    const T x = load_big_endian<T>(bytes_.data() + position_);
    position_ += sizeof(T);
    return x;
  }
  std::uint64_t uvarint_of_many_bytes();
  /// Cut the input off here: no later read of a byte can succeed, without a look at ok_ in each.
  void fail() {
    ok_ = false;
    bytes_ = bytes_.first(position_);
  }

  ByteView bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace promfill
