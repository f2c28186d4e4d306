// Goal: chunks and open buffers keep their bytes while the arena grows around them.
#include "store/chunk_arena.h"

#include <gtest/gtest.h>

#include <random>

namespace promfill {
namespace {

TEST(ChunkArena, KeepsEveryChunkAsItWas) {
  PagePool pool;
  ChunkArena arena(pool);
  std::mt19937_64 random(1);
  std::vector<Bytes> bytes;
  std::vector<const ArenaChunk*> chunks;
  for (int i = 0; i < 5000; ++i) {
    bytes.emplace_back(1 + random() % 1500, static_cast<std::uint8_t>(i));
    chunks.push_back(arena.add({ChunkEncoding::kXor, {i}, {i + 1}, bytes.back()}));
  }
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const ChunkView view = chunks[i]->view();
    ASSERT_EQ(Bytes(view.data.begin(), view.data.end()), bytes[i]);
    ASSERT_EQ(view.mint.ms, static_cast<std::int64_t>(i));
  }
  EXPECT_GT(arena.memory_bytes(), 5000U * 700);
}

TEST(ChunkArena, MovesAnOpenChunkToEachLargerBuffer) {
  PagePool pool;
  ChunkArena arena(pool);
  XorAppender appender;
  arena.grow_buffer(appender);
  std::uint8_t next = 0;
  while (appender.capacity < kXorBufferBytesMax) {
    while (appender.used + kSlackBytes < appender.capacity) appender.buffer[appender.used++] = next++;
    appender.buffer[appender.used] = 0xA0;  // three bits of an unfinished byte
    appender.pending_bits = 3;
    const std::size_t used = appender.used;
    arena.grow_buffer(appender);
    ASSERT_EQ(appender.used, used);
    for (std::size_t i = 0; i < used; ++i) ASSERT_EQ(appender.buffer[i], static_cast<std::uint8_t>(i));
    ASSERT_EQ(appender.buffer[used], 0xA0);
  }
}

TEST(ChunkArena, ReusesOutgrownBuffers) {
  PagePool pool;
  ChunkArena arena(pool);
  XorAppender first;
  arena.grow_buffer(first);
  std::uint8_t* const small = first.buffer;
  arena.grow_buffer(first);
  XorAppender second;
  arena.grow_buffer(second);
  EXPECT_EQ(second.buffer, small);
}

TEST(ChunkArena, StartsSmallBecauseThereMayBeThousands) {
  PagePool pool;
  ChunkArena arena(pool);
  XorAppender appender;
  arena.grow_buffer(appender);
  EXPECT_LE(arena.memory_bytes(), 2048U);
}

}  // namespace
}  // namespace promfill
