// Two ways from series to blocks, which have to give the same bytes: straight through encoder and block writer, and
// through the ingest engine. Only for test tools.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "chunk/chunk_meta.h"
#include "promfill/result.h"
#include "promfill/time.h"
#include "series_input.h"

namespace promfill {

struct BlockWriting {
  std::string out;  ///< directory of blocks; made where absent
  Duration block_duration{2 * 3600 * 1000};
  std::int64_t range_factor = 2;  ///< chunk range in block durations
  bool one_block = false;         ///< all samples into one block, whatever their range
  bool histogram_start_times = false;
  ChunkEncoding encoding = ChunkEncoding::kXor;  ///< of floats
};

/// The order and the portions in which samples are offered to the ingest engine.
struct Feeding {
  enum class Order : std::uint8_t { kInput, kTime, kShuffled };
  Order order = Order::kInput;
  std::uint64_t seed = 0;            ///< of the shuffle and of the batches' sizes
  std::uint32_t batch_rows_max = 0;  ///< batches have 1 … this many rows; 0: one batch
  std::uint32_t shards = 1;
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;  ///< with less than the rows need, shards spill
};

/// Sort by series and time, encode, write.
/// @param input  no two samples of a series with one time.
/// @return the blocks' directories in order of time.
Result<std::vector<std::string>> write_through_encoder(std::span<const InputSeries> input, const BlockWriting& writing);

/// Feed the ingest engine, which serves a chunk range of twice the block duration only.
/// @error kInternal  the ledger doesn't say that every sample was written.
Result<std::vector<std::string>> write_through_ingest(std::span<const InputSeries> input, const BlockWriting& writing,
                                                      const Feeding& feeding);

}  // namespace promfill
