// Records as a job's input: tables that a program sends, mapped by the job's threads, or rows that the program's own
// threads have mapped already. A table, or a call of append(), is a piece.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backfill/input.h"
#include "promfill/backfill.h"
#include "record/record_mapper.h"
#include "record/record_plan.h"
#include "resource/bounded_queue.h"

namespace promfill {

/// Lets several threads take pieces one after the other, in the order of their numbers.
class InOrder {
 public:
  /// Call `take` once those of all pieces before have returned; it may wait for long. It returns false, or an error, at
  /// the end, and so does this from then on.
  template <typename Take>
  Result<bool> take(std::size_t piece, Take take_piece) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ || next_ == piece; });
    if (ended_) return false;
    lock.unlock();
    Result<bool> taken = take_piece();
    lock.lock();
    if (taken && *taken) {
      ++next_;
    } else {
      ended_ = true;
    }
    lock.unlock();
    changed_.notify_all();
    return taken;
  }
  void end() {
    {
      const std::scoped_lock lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  bool ended_ = false;
};

/// Numbers the rows of each type, and stops the job when the times of the first have a wrong unit. Not thread-safe.
class FirstRows {
 public:
  explicit FirstRows(std::span<const RecordPlan> plans) : plans_(plans), of_type_(plans.size()) {}
  /// @error kData  more than half of the times are before 1990 or later than a year from now.
  Result<RecordRows> admit(const RecordTable& table);

 private:
  struct OfType {
    std::int64_t next_row = 1;
    bool judged = false;
  };
  std::span<const RecordPlan> plans_;
  std::vector<OfType> of_type_;
};

/// Tables that a stream yields.
class TableInput final : public Input {
 public:
  /// @param plans, tables  borrowed.
  TableInput(std::span<const RecordPlan> plans, TableStream& tables)
      : plans_(plans), tables_(tables), first_rows_(plans) {}
  std::unique_ptr<Producer> producer(const ProducerOptions& options) override;
  [[nodiscard]] std::string where(std::size_t piece) const override;
  void cancel() override;

 private:
  class TableProducer;
  std::span<const RecordPlan> plans_;
  TableStream& tables_;
  InOrder order_;
  FirstRows first_rows_;  // in the turn
};

/// Rows that append() maps on the threads of its callers.
class AppendedInput final : public Input {
 public:
  struct Options {
    std::int64_t batch_rows = 1 << 16;
    std::size_t queue_batches = 4;
    std::uint64_t remembered_bytes = 64 << 20;  ///< of entities, by one mapper
  };
  /// @param plans  borrowed.
  AppendedInput(std::span<const RecordPlan> plans, const Options& options)
      : plans_(plans), options_(options), first_rows_(plans), mappers_(plans.size()), batches_(options.queue_batches) {}

  /// Map the rows and hand them to the job; waits while it has enough to do. From any thread.
  /// @error kStopped  the job has ended; or what mapping says.
  Status append(const RecordTable& table);
  /// No more rows come.
  void close() { batches_.close(); }

  std::unique_ptr<Producer> producer(const ProducerOptions& options) override;
  [[nodiscard]] std::string where(std::size_t piece) const override;
  void cancel() override;

 private:
  class BatchProducer;
  std::unique_ptr<RecordMapper> take_mapper(std::uint32_t type);
  SampleBatch take_used();
  void give_used(SampleBatch batch);
  void give_mapper(std::uint32_t type, std::unique_ptr<RecordMapper> mapper);

  std::span<const RecordPlan> plans_;
  Options options_;
  std::mutex mutex_;  // of the two below, and of used_
  FirstRows first_rows_;
  std::vector<std::vector<std::unique_ptr<RecordMapper>>> mappers_;  // by type; those not in use
  InOrder order_;
  BoundedQueue<SampleBatch> batches_;
  std::vector<SampleBatch> used_;  // under the mutex: for the next rows
};

}  // namespace promfill
