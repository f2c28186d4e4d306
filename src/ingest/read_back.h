// What a block holds, as ingest's tests compare it; only for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "block/block_reader.h"

namespace promfill {

/// Series of a window, by labels, as chunk bytes.
using Chunks = std::map<std::string, std::vector<Bytes>>;
using Windows = std::map<std::int64_t, Chunks>;

inline Chunks read_back(const std::string& directory) {
  Chunks chunks;
  const auto block = BlockReader::open(real_file_system(), directory);
  EXPECT_TRUE(block);
  if (!block) return chunks;
  const std::vector<SeriesRef> refs = block->index().select({}).value();
  for (const SeriesRef ref : refs) {
    const IndexedSeries series = block->index().series(ref).value();
    for (const ChunkMeta& meta : series.chunks) {
      chunks[series.labels.text()].push_back(block->segments().read(meta.ref).value().data);
    }
  }
  return chunks;
}

}  // namespace promfill
