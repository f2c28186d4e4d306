// Layouts of times in texts, in the words of POSIX's strptime: "%d.%m.%Y %H:%M:%S".
//
//   %Y year, 4 digits   %y of two: 69 to 99 are 1969 to 1999   %m month   %d %e day   %j day of the year
//   %b %B %h month by its English name   %a %A day of the week, not checked   %F is %Y-%m-%d   %D is %m/%d/%y
//   %H hour   %I of twelve   %p AM or PM   %M minute   %S second   %f its fraction, 1 to 9 digits   %T is %H:%M:%S
//   %R is %H:%M   %s seconds since 1970   %z +0100, +01:00, +01 or Z   %Z UTC, GMT or Z   %% itself   %n %t blanks
//
// Numbers but years may have fewer digits than usual. A blank stands for any number of blanks, none included; other
// characters for themselves. Names have any case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promfill/result.h"

namespace promfill {

/// A moment as written. Of a fraction finer than microseconds, something stays: a time that isn't a whole millisecond
/// does not become one.
struct WrittenTime {
  std::int64_t us = 0;  ///< since the epoch; as if in UTC where the text names no zone
  bool zoned = false;
};

/// Immutable.
class TimeFormat {
 public:
  /// @error kUsage  a word that isn't there, is there twice, or is missing: the pattern must tell the day.
  static Result<TimeFormat> compile(std::string_view pattern);

  /// The whole of `text`, but for blanks at both ends; nothing where it is not written like this, or is no date.
  [[nodiscard]] std::optional<WrittenTime> read(std::string_view text) const;

 private:
  std::string pattern_;  // of the single words
};

/// ISO 8601 and RFC 3339, as databases write it: 2020-01-31, 2020-01-31 12:00, 2020-01-31T12:00:00.123456+01:00.
[[nodiscard]] std::optional<WrittenTime> read_iso_time(std::string_view text);

}  // namespace promfill
