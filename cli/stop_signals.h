// SIGINT and SIGTERM as a stop request: the first asks the job to end, the second ends the process at once, and so does
// time: what is on disk is good for resuming at any moment, so nobody has to wait for a large block to be complete.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace promfill::cli {

/// Make before any other thread is started: the signals are blocked in this thread and those it starts.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  /// The first signal that came; 0 for none.
  [[nodiscard]] int received() const { return received_; }

 private:
  void wait(const std::stop_token& done);

  std::stop_source source_;
  std::atomic<int> received_{0};
  std::jthread waiter_;
};

}  // namespace promfill::cli
