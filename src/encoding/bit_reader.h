// Reads bits, most significant first, from untrusted bytes; fails like ByteReader: once, for good, with zeros from then
// on.
#pragma once

#include <cstdint>

#include "encoding/big_endian.h"
#include "encoding/bytes.h"
#include "promfill/result.h"

namespace promfill {

class BitReader {
 public:
  explicit BitReader(ByteView bytes) : bytes_(bytes), end_(std::uint64_t{bytes.size()} * 8) {}

  /// The next `count` bits, 0 ≤ count ≤ 64, as the low bits of the result.
  std::uint64_t bits(unsigned count) {
    PROMFILL_ASSERT(count <= 64);
    if (count > end_ - position_) [[unlikely]] {
      fail();
      return 0;
    }
    if (count == 0) return 0;
    const std::uint64_t first_byte = position_ / 8;
    const unsigned skip = position_ % 8;
    // Up to 7 bits before the wanted ones and 64 wanted: nine bytes hold them all.
    const std::uint64_t window =
        bytes_.size() - first_byte >= 9 ? nine_bytes(bytes_.data() + first_byte, skip) : last_bytes(first_byte, skip);
    position_ += count;
    return window >> (64 - count);
  }
  bool bit() { return bits(1) != 0; }
  /// uvarint and varint whose bytes go through the bit stream, aligned or not; as strict as ByteReader's.
  std::uint64_t uvarint();
  std::int64_t varint();

  [[nodiscard]] bool ok() const { return ok_; }
  /// Bits read so far; of a failed reader, where the read began that failed.
  [[nodiscard]] std::uint64_t position() const { return position_; }

 private:
  /// The 64 bits that follow the first `skip` bits at `p`.
  static std::uint64_t nine_bytes(const std::uint8_t* p, unsigned skip) {
    return load_be64(p) << skip | std::uint64_t{p[8]} >> (8 - skip);
  }
  /// The same where the input ends within nine bytes, with zeros after the end.
  [[nodiscard]] std::uint64_t last_bytes(std::uint64_t first_byte, unsigned skip) const;
  void fail() {
    ok_ = false;
    end_ = position_;
  }

  ByteView bytes_;
  std::uint64_t end_;  ///< in bits; drawn back to the position when a read fails
  std::uint64_t position_ = 0;
  bool ok_ = true;
};

}  // namespace promfill
