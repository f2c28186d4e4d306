// Appends big-endian numbers, varints and strings to a growing buffer; the reader's twin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "encoding/big_endian.h"
#include "encoding/bytes.h"

namespace promfill {

class ByteWriter {
 public:
  void u8(std::uint8_t x) { bytes_.push_back(x); }
  void be32(std::uint32_t x);
  void be64(std::uint64_t x);
  void uvarint(std::uint64_t x);
  void varint(std::int64_t x);
  void raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  /// uvarint length, then the bytes.
  void string(std::string_view text);
  /// Zero bytes until size() is a multiple of `alignment`, a power of two.
  void pad_to(std::size_t alignment);

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] ByteView view() const { return bytes_; }
  /// Forget the bytes, keep the memory.
  void clear() { bytes_.clear(); }
  [[nodiscard]] Bytes take() && { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace promfill
