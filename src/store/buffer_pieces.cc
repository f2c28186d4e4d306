// See buffer_pieces.h.
#include "store/buffer_pieces.h"

#include <cstring>
#include <new>

#include "promfill/result.h"

namespace promfill {

std::uint8_t* BufferPieces::take(std::size_t size) {
  Head* const head = with_room_[size] != nullptr ? with_room_[size] : add_piece(size);
  std::uint8_t* buffer = head->free;
  if (buffer != nullptr) {
    std::memcpy(&head->free, buffer, sizeof head->free);
  } else {
    buffer = reinterpret_cast<std::uint8_t*>(head) + head->used_bytes;
    head->used_bytes += sizes_[size];
  }
  ++head->taken;
  if (!has_room(*head)) unlink(*head);
  return buffer;
}

bool BufferPieces::give_back(std::uint8_t* buffer) {
  const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(buffer) & ~std::uintptr_t{kPieceBytes - 1};
  const auto piece = pieces_.find(at);
  if (piece == pieces_.end()) return false;
  Head& head = *reinterpret_cast<Head*>(piece->second.data());
  const bool had_room = has_room(head);
  if (--head.taken == 0) {
    if (had_room) unlink(head);
    pieces_.erase(piece);
    return true;
  }
  std::memcpy(buffer, &head.free, sizeof head.free);
  head.free = buffer;
  if (!had_room) link(head);
  return true;
}

BufferPieces::Head* BufferPieces::add_piece(std::size_t size) {
  static_assert(sizeof(Head) % 8 == 0);
  PooledPiece piece(*pool_, kPieceBytes);
  const auto at = reinterpret_cast<std::uintptr_t>(piece.data());
  PROMFILL_ASSERT(at % kPieceBytes == 0);
  auto* const head = ::new (piece.data()) Head{.used_bytes = sizeof(Head), .size = static_cast<std::uint32_t>(size)};
  pieces_.emplace(at, std::move(piece));
  link(*head);
  return head;
}

void BufferPieces::link(Head& head) {
  Head*& first = with_room_[head.size];
  head.before = nullptr;
  head.behind = first;
  if (first != nullptr) first->before = &head;
  first = &head;
}

void BufferPieces::unlink(Head& head) {
  (head.before != nullptr ? head.before->behind : with_room_[head.size]) = head.behind;
  if (head.behind != nullptr) head.behind->before = head.before;
}

}  // namespace promfill
