// BlockWriter: one block of series that come sorted, for programs that have done the sorting. Everybody else wants
// Writer or Backfill, which take any order, cut the data into blocks, count every sample, and heed what is in OUT.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "promfill/histogram.h"
#include "promfill/labels.h"
#include "promfill/options.h"
#include "promfill/report.h"
#include "promfill/result.h"
#include "promfill/sample.h"
#include "promfill/time.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// What of a block isn't its series.
struct BlockOptions {
  std::string out{};  ///< directory of blocks; made if it isn't there
  /// Chunks are cut as a server with blocks of this length cuts them. The block may be longer or shorter.
  Duration block_duration{std::chrono::hours(2)};
  FloatEncoding chunk_encoding = FloatEncoding::kXor;  ///< of floats
  bool histogram_start_times = false;     ///< keep those of histograms; then only Prometheus 3.14 and later read them
  std::optional<Timestamp> created_at{};  ///< in the block's name; absent: now
  std::uint64_t segment_bytes_max = 512ULL << 20;  ///< of chunk files; smaller only in tests
};

/// Writes `OUT/ULID.tmp-for-creation`, which Prometheus ignores and removes, and renames it when all is durable and
/// verified. Samples go to disk at once; memory is for labels: 8 bytes for each label of a series, 24 a chunk, and each
/// text once. Not thread-safe.
class BlockWriter {
 public:
  /// @error kUsage  options that can't be; kPermission, kNoSpace, kIo.
  static Result<BlockWriter> create(const BlockOptions& options);
  BlockWriter(BlockWriter&& other) noexcept;
  BlockWriter& operator=(BlockWriter&& other) noexcept;
  /// A block that was not finished is removed.
  ~BlockWriter();

  /// The next series. The first error is returned by all calls that follow, and by finish().
  /// @param labels   above those of the series before (Labels' order), with valid names and values in UTF-8.
  /// @param samples  at least one, of rising times.
  /// @error kUsage  labels or samples that aren't so; kNoSpace, kIo.
  Status add_series(const Labels& labels, std::span<const Sample> samples);
  /// The same for a series that has native histograms, of either kind, floats between them, or all of these. A stale
  /// float right after a histogram ends that histogram.
  /// @error kUsage  also a histogram that validate() refuses.
  Status add_series(const Labels& labels, std::span<const AnySample> samples);

  /// Complete the block and give it its name. To be called once.
  /// @error kUsage  no series: there are no empty blocks; kInternal  it does not verify.
  Result<ReportedBlock> finish();

 private:
  struct State;
  explicit BlockWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace PROMFILL_ABI
}  // namespace promfill
