// See byte_table.h.
#include "store/byte_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "promfill/result.h"

namespace promfill {

std::uint64_t hash_bytes(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::size_t ByteTable::slot_of(std::string_view key, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.id == kAbsent || (slot.tag == tag && (*this)[slot.id] == key)) return i;
  }
}

std::uint32_t ByteTable::find(std::string_view key, std::uint64_t hash) const {
  return slots_.empty() ? kAbsent : slots_[slot_of(key, hash)].id;
}

std::uint32_t ByteTable::intern(std::string_view key) { return intern(key, hash_bytes(key)); }

std::uint32_t ByteTable::intern(std::string_view key, std::uint64_t hash) {
  if (slots_.size() < (ends_.size() + 1) * 2) grow();
  Slot& slot = slots_[slot_of(key, hash)];
  if (slot.id != kAbsent) return slot.id;
  PROMFILL_ASSERT(size() < kAbsent - 1);
  slot = {static_cast<std::uint32_t>(hash >> 32), size()};
  bytes_.insert(bytes_.end(), key.begin(), key.end());
  ends_.push_back(bytes_.size());
  return slot.id;
}

void ByteTable::grow() {
  slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, Slot{});
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t id = 0; id < size(); ++id) {
    const std::uint64_t hash = hash_bytes((*this)[id]);
    std::size_t i = hash & mask;
    while (slots_[i].id != kAbsent) i = (i + 1) & mask;
    slots_[i] = {static_cast<std::uint32_t>(hash >> 32), id};
  }
}

}  // namespace promfill
