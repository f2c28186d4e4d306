// See stop_signals.h.
#include "stop_signals.h"

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <string_view>

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
  int signal = sigwaitinfo(&set, nullptr);
  while (signal <= 0 && !done.stop_requested()) signal = sigwaitinfo(&set, nullptr);
  if (done.stop_requested()) return;
  received_ = signal;
  source_.request_stop();
  constexpr timespec kPatience{1, 500'000'000};
  const int second = sigtimedwait(&set, nullptr, &kPatience);
  if (done.stop_requested()) return;
  constexpr std::string_view kWords = "promfill: stopped; the same command goes on where this one stopped\n";
  if (write(STDERR_FILENO, kWords.data(), kWords.size()) < 0) {
    // Nobody to tell.
  }
  _exit(128 + (second > 0 ? second : signal));
}

}  // namespace promfill::cli
