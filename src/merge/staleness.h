// Where a series ends or pauses: times of stale markers, given a series' samples in order.
//
//   after = 5      sample sample                marker          sample      marker
//                    10     12                    17              30          35
#pragma once

#include <cstdint>
#include <optional>

#include "promfill/time.h"

namespace promfill {

/// Of one series of one window at a time.
class Staleness {
 public:
  /// @param after_ms  how long after a sample without another one the marker is; 0: there are none.
  explicit Staleness(std::int64_t after_ms) : after_ms_(after_ms) {}

  [[nodiscard]] bool wanted() const { return after_ms_ > 0; }
  /// @param before  time of the last sample in the window before, if it may need a marker in this one.
  void begin(std::optional<Timestamp> before) { last_ = before; }
  /// The next sample. @return the marker that comes before it, if any.
  std::optional<Timestamp> pass(Timestamp time, bool is_stale) {
    const std::optional<Timestamp> marker = before(time);
    last_ = is_stale ? std::nullopt : std::optional(time);
    return marker;
  }
  /// The marker behind the last sample, if it lies below `end`; else it is the next window's.
  [[nodiscard]] std::optional<Timestamp> at_end(Timestamp end) const { return before(end); }

 private:
  /// The marker below `time`.
  [[nodiscard]] std::optional<Timestamp> before(Timestamp time) const {
    // Without overflow: times may be as far apart as 64 bits allow, `after_ms_` is at most a window.
    if (!last_ || last_->ms > kTimestampMax.ms - after_ms_ || last_->ms + after_ms_ >= time.ms) return std::nullopt;
    return Timestamp{last_->ms + after_ms_};
  }

  std::int64_t after_ms_;
  std::optional<Timestamp> last_;  // of a sample that is no marker
};

}  // namespace promfill
