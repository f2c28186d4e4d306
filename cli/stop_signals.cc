// See stop_signals.h.
#include "stop_signals.h"

#include <unistd.h>

#include <csignal>
#include <ctime>

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

StopSignals::~StopSignals() = default;

void StopSignals::wait(const std::stop_token& done) {
  const sigset_t set = stopping();
  constexpr timespec kTenth{0, 100'000'000};
  while (!done.stop_requested()) {
    const int signal = sigtimedwait(&set, nullptr, &kTenth);
    if (signal <= 0) continue;
    if (received_ != 0) _exit(128 + signal);
    received_ = signal;
    source_.request_stop();
  }
}

}  // namespace promfill::cli
