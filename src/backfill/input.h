// What a job reads, whatever it is: numbered pieces, each turned into batches that are ready for ingest. Files and
// tables of records are two kinds of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backfill/progress.h"
#include "file/file_system.h"
#include "job/metadata.h"
#include "promfill/result.h"
#include "promfill/time.h"
#include "resource/memory_budget.h"
#include "store/sample_batch.h"

namespace promfill {

/// Batches that every shard has taken, for the next rows: memory that was touched before costs nothing to touch again.
class UsedBatches {
 public:
  explicit UsedBatches(MemoryBudget& budget) : budget_(&budget) {}
  SampleBatch take() {
    const std::scoped_lock lock(mutex_);
    if (batches_.empty()) {
      SampleBatch fresh;
      fresh.charge = MemoryCharge(*budget_);
      return fresh;
    }
    SampleBatch batch = std::move(batches_.back());
    batches_.pop_back();
    return batch;
  }
  void give(SampleBatch batch) {
    batch.reset();
    const std::scoped_lock lock(mutex_);
    batches_.push_back(std::move(batch));
  }

 private:
  MemoryBudget* budget_;
  std::mutex mutex_;
  std::vector<SampleBatch> batches_;
};

/// Turns pieces into batches, on one thread.
class Producer {
 public:
  virtual ~Producer() = default;
  /// Go to a piece. Numbers rise, but not every piece comes to the same producer; this may wait for its turn.
  /// False: there is no piece of this number, nor of a larger one.
  virtual Result<bool> begin(std::size_t piece) = 0;
  /// The piece's next batch, or nothing at its end.
  virtual Result<std::optional<SampleBatch>> next() = 0;
};

struct ProducerOptions {
  MemoryBudget* budget = nullptr;  ///< charged with what mapping remembers
  Progress* progress = nullptr;
  UsedBatches* used = nullptr;  ///< where memory for batches is taken from
  std::int64_t batch_rows = 1 << 16;
  std::uint64_t remembered_bytes = 256 << 20;  ///< of entities that one producer remembers
};

/// Thread-safe, but for what one producer does.
class Input {
 public:
  virtual ~Input() = default;
  virtual std::unique_ptr<Producer> producer(const ProducerOptions& options) = 0;
  /// How many pieces there are at most, where that is known.
  [[nodiscard]] virtual std::optional<std::size_t> pieces() const { return std::nullopt; }
  /// No row of the pieces behind this one lies below; the smallest time there is where that is unknown.
  [[nodiscard]] virtual Timestamp all_later_from(std::size_t /*piece*/) const { return kTimestampMin; }
  /// Count what an earlier process has read of the first pieces.
  virtual void skip(std::size_t /*pieces*/, Progress& /*progress*/) {}
  /// What is to be added to the numbers of a piece's rows: they may be counted from its beginning. All of the piece was
  /// read, or is being.
  virtual Result<std::int64_t> rows_before(std::size_t /*piece*/) { return std::int64_t{0}; }
  /// Where a piece's rows come from, for messages.
  [[nodiscard]] virtual std::string where(std::size_t piece) const = 0;
  /// What the input itself says of its metrics, once all of it is read.
  [[nodiscard]] virtual std::vector<MetricMetadata> metadata() const { return {}; }
  /// Keep exemplars, which blocks have no place for, in this file, made when there is one.
  virtual void keep_exemplars(FileSystem& /*fs*/, std::string /*path*/) {}
  /// All is read: make that file durable. @return how many exemplars it has; 0: there is no file.
  virtual Result<std::uint64_t> finish_exemplars() { return std::uint64_t{0}; }
  /// The job ends: whoever waits in Producer::begin() or next() returns, with whatever result.
  virtual void cancel() {}
};

}  // namespace promfill
