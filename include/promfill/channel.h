// Channel<T>: how tables get from the threads that make them into a job. Bounded: who is faster waits.
//
//   promfill::Channel<std::vector<Usage>> tables{128};
//   producers:  while (more) if (!tables.send(make_table())) return;  …  tables.close();
//   the job:    job.run(tables)
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "promfill/result.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// Thread-safe: many threads may send, receive and close. A job closes it when it returns, however it ends, so that no
/// sender is left waiting.
template <typename T>
class Channel {
 public:
  /// What is sent.
  using value_type = T;

  /// @param capacity  tables that may wait; 0 is 1.
  explicit Channel(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Wait for room and send. False, with `table` dropped, when the channel is or becomes closed.
  bool send(T table) { return send(std::move(table), std::stop_token()); }

  /// The same; false also when a stop is requested while there is no room.
  bool send(T table, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const bool room = room_.wait(lock, stop, [&] { return closed_ || tables_.size() < capacity_; });
    if (!room || closed_) return false;
    tables_.push_back(std::move(table));
    lock.unlock();
    filled_.notify_one();
    return true;
  }

  /// Send if there is room at once. Where it isn't sent, `table` is as it was.
  bool try_send(T& table) {
    {
      const std::scoped_lock lock(mutex_);
      if (closed_ || tables_.size() >= capacity_) return false;
      tables_.push_back(std::move(table));
    }
    filled_.notify_one();
    return true;
  }

  /// There will be no more tables; those that were sent are still received. May be called more than once.
  void close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    room_.notify_all();
    filled_.notify_all();
  }

  /// A producer can't go on: the job ends with this error and writes nothing. The first error counts, and none does
  /// that comes after close().
  void fail(Error error) {
    {
      const std::scoped_lock lock(mutex_);
      if (closed_) return;
      failure_ = std::move(error);
    }
    cancel();
  }

  /// Close, and drop what was sent and not received.
  void cancel() {
    std::deque<T> dropped;  // outside of the lock: tables may take long to free
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
      dropped.swap(tables_);
    }
    room_.notify_all();
    filled_.notify_all();
  }

  /// Wait for a table. Nothing once the channel is closed and empty.
  std::optional<T> receive() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || !tables_.empty(); });
    if (tables_.empty()) return std::nullopt;
    std::optional<T> table(std::move(tables_.front()));
    tables_.pop_front();
    lock.unlock();
    room_.notify_one();
    return table;
  }

  /// What fail() was called with.
  [[nodiscard]] std::optional<Error> failure() const {
    const std::scoped_lock lock(mutex_);
    return failure_;
  }
  /// Whether it was closed or cancelled; what was sent before may still be received.
  [[nodiscard]] bool is_closed() const {
    const std::scoped_lock lock(mutex_);
    return closed_;
  }
  /// Items that wait to be received, at this moment.
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return tables_.size();
  }
  /// Items that fit, as the constructor was told.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable_any room_;
  std::condition_variable filled_;
  std::deque<T> tables_;
  bool closed_ = false;
  std::optional<Error> failure_;
};

}  // namespace PROMFILL_ABI
}  // namespace promfill
