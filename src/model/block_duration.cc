// See block_duration.h. Source: cmd/prometheus/main.go (MaxBlockDuration), tsdb/compact.go (ExponentialBlockRanges).
#include "model/block_duration.h"

#include <cstdint>

namespace promfill {
namespace {

constexpr std::int64_t kHourMs = 3600 * 1000;
constexpr Duration kDurationMin{2 * kHourMs};
constexpr Duration kDurationMax{31 * 24 * kHourMs};
constexpr std::int64_t kStep = 3;
constexpr std::int64_t kBlocksInRetention = 10;

/// Whole hours as such: "486h" is a power of three times 2 h, "20d6h" hides it.
std::string in_hours(Duration duration) { return std::to_string(duration.ms / kHourMs) + "h"; }

/// In whole seconds, rounded up; in years where only times that are allowed to be implausible lie so far apart.
std::string for_people(std::uint64_t length_ms) {
  static constexpr std::uint64_t kSecondMs = 1000;
  static constexpr std::uint64_t kYearMs = 365ULL * 24 * kHourMs;
  if (length_ms > 1000 * kYearMs) return std::to_string(length_ms / kYearMs) + " years";
  const std::uint64_t seconds = length_ms / kSecondMs + static_cast<std::uint64_t>(length_ms % kSecondMs != 0);
  return to_string(Duration{static_cast<std::int64_t>(seconds * kSecondMs)});
}

struct Cap {
  Duration duration;
  std::string reason;
};

/// The longest of Prometheus's block ranges that it would make itself.
Cap longest_duration(const std::optional<Duration>& retention) {
  Cap cap{.duration = kDurationMax, .reason = "the longest 2h*3^n within 31d"};
  if (retention && retention->ms / kBlocksInRetention < kDurationMax.ms) {
    cap.duration = Duration(retention->ms / kBlocksInRetention);
    cap.reason = cap.duration < kDurationMin
                     ? "the shortest there is, although more than a tenth of the retention of " + to_string(*retention)
                     : "the longest 2h*3^n within a tenth of the retention of " + to_string(*retention);
  }
  Duration longest = kDurationMin;
  while (longest.ms * kStep <= cap.duration.ms) longest.ms *= kStep;
  cap.duration = longest;
  return cap;
}

BlockDurationChoice covering(const TimeSpan& span, const std::optional<Duration>& retention) {
  // Unsigned: storable times may lie further apart than an int64 of milliseconds.
  const std::uint64_t length_ms = static_cast<std::uint64_t>(span.max.ms) - static_cast<std::uint64_t>(span.min.ms) + 1;
  const Cap cap = longest_duration(retention);
  Duration duration = kDurationMin;
  while (duration < cap.duration && static_cast<std::uint64_t>(duration.ms) < length_ms) duration.ms *= kStep;
  const bool covers = static_cast<std::uint64_t>(duration.ms) >= length_ms;
  const std::string spans = "the data spans " + for_people(length_ms);
  return {duration, "block duration " + in_hours(duration) + ": " + spans + ", " +
                        (covers ? "the smallest 2h*3^n that covers it" : cap.reason)};
}

}  // namespace

BlockDurationChoice choose_block_duration(const BackfillOptions& options, const std::optional<TimeSpan>& span) {
  if (options.block_duration) return {*options.block_duration, ""};
  if (options.target != Target::kPrometheus) {
    return {Duration{24 * kHourMs},
            "block duration 24h: blocks for " + std::string(to_string(options.target)) + " don't cross midnight UTC"};
  }
  if (!span) {
    return {kDurationMin, "block duration 2h: the span of the data isn't known before it is read"};
  }
  if (span->empty()) return {kDurationMin, "block duration 2h: no row has a time that is imported"};
  return covering(*span, options.retention);
}

}  // namespace promfill
