// Time zones: what moment the clocks of a place mean. Read from the system's time zone database, whose files are TZif
// (RFC 9636): transitions that happened, and a rule in the words of POSIX's TZ for those to come.
//
//   clocks go forward  01:59 ──► 03:00   02:30 does not exist
//   clocks go back     02:59 ──► 02:00   02:30 comes twice
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/bytes.h"
#include "promfill/result.h"

namespace promfill {

/// The moments that a local time may mean.
struct LocalMoments {
  enum class Kind : std::uint8_t { kOne, kTwo, kNone };
  Kind kind = Kind::kOne;
  std::int64_t earlier_s = 0;  ///< of kNone: by the clock as it went after it was set forward
  std::int64_t later_s = 0;    ///< of kOne: the same; of kNone: as it went before
};

/// Immutable, so that threads can share it.
class Zone {
 public:
  /// A zone that is always `offset_s` east of UTC.
  static Zone fixed(std::int64_t offset_s);
  /// "UTC", an offset such as "+02:00" or "-0330", or a name of the time zone database: "Europe/Berlin".
  /// @param database  directory of TZif files.
  /// @error kUsage  no such zone, with the nearest; kCorrupt  a file that is none.
  static Result<Zone> load(std::string_view name, const std::string& database = "/usr/share/zoneinfo");
  /// @error kCorrupt  not TZif.
  static Result<Zone> parse(ByteView tzif, const std::string& name);

  /// @param local_s  what the clocks show, as seconds since 1970-01-01T00:00:00 of theirs.
  [[nodiscard]] LocalMoments moments(std::int64_t local_s) const;

 private:
  /// From `at_s` on (UTC) clocks are `after_s` east of UTC, until then `before_s`.
  struct Transition {
    std::int64_t at_s = 0;
    std::int64_t before_s = 0;
    std::int64_t after_s = 0;

    /// The first local time that is that of `after_s` only.
    [[nodiscard]] std::int64_t local_end() const { return at_s + (before_s > after_s ? before_s : after_s); }
    [[nodiscard]] std::int64_t local_begin() const { return at_s + (before_s < after_s ? before_s : after_s); }
  };
  friend class TzifReader;

  std::int64_t first_offset_s_ = 0;
  std::vector<Transition> transitions_;  // rising
  bool repeats_ = false;                 // the last 400 years of transitions_ come again for ever
};

}  // namespace promfill
