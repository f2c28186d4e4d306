// See stop_signals.h.
#include "stop_signals.h"

#include <unistd.h>

#include <csignal>

namespace promfill::cli {
namespace {

sigset_t stopping() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = stopping();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::jthread([this](const std::stop_token& done) { wait(done); });
}

StopSignals::~StopSignals() {
  waiter_.request_stop();
  pthread_kill(waiter_.native_handle(), SIGTERM);  // only wakes it
}

void StopSignals::wait(const std::stop_token& done) {
  const sigset_t set = stopping();
  while (true) {
    const int signal = sigwaitinfo(&set, nullptr);
    if (done.stop_requested()) return;
    if (signal <= 0) continue;
    if (received_ != 0) _exit(128 + signal);
    received_ = signal;
    source_.request_stop();
  }
}

}  // namespace promfill::cli
