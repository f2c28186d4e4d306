// See progress_display.h.
#include "progress_display.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "output.h"

namespace promfill::cli {
namespace {

using std::chrono::steady_clock;
constexpr std::chrono::milliseconds kRepaint{200};
constexpr std::chrono::milliseconds kLineEvery{5000};

void paint(ProgressMode mode, const Progress& progress, double seconds) {
  const std::string text = describe(progress, seconds);
  if (mode == ProgressMode::kTerminal) {
    tell("\r\x1b[K" + text);
  } else {
    tell(text + "\n");
  }
}

void run(ProgressMode mode, const Progress& progress, const std::stop_token& done) {
  const auto started = steady_clock::now();
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  const auto every = mode == ProgressMode::kTerminal ? kRepaint : kLineEvery;
  while (!wake.wait_for(lock, done, every, [&] { return done.stop_requested(); })) {
    paint(mode, progress, std::chrono::duration<double>(steady_clock::now() - started).count());
  }
  if (mode == ProgressMode::kTerminal) {
    tell("\r\x1b[K");
  }
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressMode mode, const Progress& progress) {
  if (mode == ProgressMode::kNever) return;
  painter_ = std::jthread([mode, &progress](const std::stop_token& done) { run(mode, progress, done); });
}

std::string short_count(double count) {
  constexpr std::array<const char*, 5> kUnits{"", " k", " M", " G", " T"};
  std::size_t unit = 0;
  while (count >= 1000 && unit + 1 < kUnits.size()) {
    count /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f}{}", count, unit == 0 ? 0 : count < 10 ? 2 : count < 100 ? 1 : 0, kUnits[unit]);
}

std::string describe(const Progress& progress, double seconds) {
  if (progress.windows_total != 0) {
    return fmt::format("writing blocks: {} of {}", progress.windows_written.load(), progress.windows_total.load());
  }
  const auto read = static_cast<double>(progress.rows_read);
  const auto total = static_cast<double>(progress.rows_total);
  std::string text = "reading " + short_count(read);
  if (total > 0) text += fmt::format(" of {}", short_count(total));
  text += " rows";
  if (total > 0) text += fmt::format(" ({:.0f} %)", 100 * read / total);
  if (seconds > 0 && read > 0) {
    text += fmt::format(", {} rows/s", short_count(read / seconds));
    if (total > read) text += fmt::format(", {:.0f} s left", (total - read) * seconds / read);
  }
  return text;
}

}  // namespace promfill::cli
