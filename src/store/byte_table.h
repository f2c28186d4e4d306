// Distinct byte strings and their dense numbers: label strings, entity keys. Open addressing over 8-byte slots; the
// bytes lie one behind the other. Not thread-safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace promfill {

class ByteTable {
 public:
  static constexpr std::uint32_t kAbsent = 0xffffffff;

  /// The number of `key`, given its hash; a new key gets the next number.
  std::uint32_t intern(std::string_view key, std::uint64_t hash);
  std::uint32_t intern(std::string_view key);
  /// Have what intern() will look at first on its way to the processor: with many keys the table is out of cache.
  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  [[nodiscard]] std::uint32_t find(std::string_view key, std::uint64_t hash) const;

  /// Borrowed until the next intern(); moving the table leaves it valid.
  [[nodiscard]] std::string_view operator[](std::uint32_t id) const {
    const std::uint64_t begin = ends_[id];
    return {bytes_.data() + begin, static_cast<std::size_t>(ends_[id + 1] - begin)};
  }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(ends_.size() - 1); }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return bytes_.capacity() + ends_.capacity() * sizeof(std::uint64_t) + slots_.capacity() * sizeof(Slot);
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;  // high half of the hash: most misses end here, without a look at the bytes
    std::uint32_t id = kAbsent;
  };
  /// Where `key` is, or the empty slot where it belongs.
  [[nodiscard]] std::size_t slot_of(std::string_view key, std::uint64_t hash) const;
  void grow();

  std::vector<char> bytes_;             // not a std::string: short ones would move with the table, and views with them
  std::vector<std::uint64_t> ends_{0};  // ends_[id] … ends_[id + 1] are the bytes of id
  std::vector<Slot> slots_;
};

/// XXH3: 64 bits, not stored in any file.
[[nodiscard]] std::uint64_t hash_bytes(std::string_view bytes);

}  // namespace promfill
