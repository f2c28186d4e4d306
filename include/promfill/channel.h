// Channel<T>: how tables get from the threads that make them into a job. Bounded: who is faster waits.
//
//   promfill::Channel<std::vector<Usage>> tables{128};
//   producers:  while (more) if (!tables.send(make_table())) return;  …  tables.close();
//   the job:    job.run(tables)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "promfill/result.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// The lock of a channel, and who waits for what at it. Compiled once, since the headers of locks are dear.
class WaitingRoom {
 public:
  /// Who waits.
  enum class Side : std::uint8_t { kSender, kReceiver };

  WaitingRoom();
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;
  ~WaitingRoom();

  /// The lock while it is held.
  class Hold {
   public:
    /// Waits for the lock.
    explicit Hold(WaitingRoom& room) : room_(room) { room_.lock(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() { release(); }
    /// Give it back now.
    void release() {
      if (std::exchange(held_, false)) room_.unlock();
    }

   private:
    WaitingRoom& room_;
    bool held_ = true;
  };

  /// Wait, without the lock, until `ready()`, which is asked with it. False: a stop was requested before.
  template <typename Ready>
  bool wait(const Hold& /*held*/, Side side, const std::stop_token& stop, const Ready& ready) {
    return wait(side, stop, [](const void* asked) { return (*static_cast<const Ready*>(asked))(); }, &ready);
  }
  /// One of those who wait asks again whether it is ready.
  void wake_one(Side side);
  /// All do, of both sides.
  void wake_all();

 private:
  struct State;
  void lock();
  void unlock();
  bool wait(Side side, const std::stop_token& stop, bool (*ready)(const void* asked), const void* asked);

  std::unique_ptr<State> state_;
};

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
    WaitingRoom::Hold hold(room_);
    const auto ready = [this] { return closed_ || waiting() < capacity_; };
    if (!room_.wait(hold, WaitingRoom::Side::kSender, stop, ready) || closed_) return false;
    sent_.push_back(std::move(table));
    hold.release();
    room_.wake_one(WaitingRoom::Side::kReceiver);
    return true;
  }

  /// Send if there is room at once. Where it isn't sent, `table` is as it was.
  bool try_send(T& table) {
    WaitingRoom::Hold hold(room_);
    if (closed_ || waiting() >= capacity_) return false;
    sent_.push_back(std::move(table));
    hold.release();
    room_.wake_one(WaitingRoom::Side::kReceiver);
    return true;
  }

  /// There will be no more tables; those that were sent are still received. May be called more than once.
  void close() {
    WaitingRoom::Hold hold(room_);
    closed_ = true;
    hold.release();
    room_.wake_all();
  }

  /// A producer can't go on: the job ends with this error and writes nothing. The first error counts, and none does
  /// that comes after close().
  void fail(Error error) {
    {
      const WaitingRoom::Hold hold(room_);
      if (closed_) return;
      failure_ = std::move(error);
    }
    cancel();
  }

  /// Close, and drop what was sent and not received.
  void cancel() {
    std::vector<T> dropped[2];  // outside of the lock: tables may take long to free
    WaitingRoom::Hold hold(room_);
    closed_ = true;
    dropped[0].swap(sent_);
    dropped[1].swap(next_);
    hold.release();
    room_.wake_all();
  }

  /// Wait for a table. Nothing once the channel is closed and empty.
  std::optional<T> receive() {
    WaitingRoom::Hold hold(room_);
    room_.wait(hold, WaitingRoom::Side::kReceiver, std::stop_token(), [this] { return closed_ || waiting() > 0; });
    if (waiting() == 0) return std::nullopt;
    if (next_.empty()) {
      for (; !sent_.empty(); sent_.pop_back()) next_.push_back(std::move(sent_.back()));
    }
    std::optional<T> table(std::move(next_.back()));
    next_.pop_back();
    hold.release();
    room_.wake_one(WaitingRoom::Side::kSender);
    return table;
  }

  /// What fail() was called with.
  [[nodiscard]] std::optional<Error> failure() const {
    const WaitingRoom::Hold hold(room_);
    return failure_;
  }
  /// Whether it was closed or cancelled; what was sent before may still be received.
  [[nodiscard]] bool is_closed() const {
    const WaitingRoom::Hold hold(room_);
    return closed_;
  }
  /// Items that wait to be received, at this moment.
  [[nodiscard]] std::size_t size() const {
    const WaitingRoom::Hold hold(room_);
    return waiting();
  }
  /// Items that fit, as the constructor was told.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  [[nodiscard]] std::size_t waiting() const { return sent_.size() + next_.size(); }

  const std::size_t capacity_;
  mutable WaitingRoom room_;
  std::vector<T> sent_;  ///< the latest behind
  std::vector<T> next_;  ///< sent before those; the next to be received is the last
  bool closed_ = false;
  std::optional<Error> failure_;
};

}  // namespace PROMFILL_ABI
}  // namespace promfill
