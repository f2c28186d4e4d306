// What the text of a cell says: nothing, a number, a truth value, a moment. One definition for looking at a sample and
// for reading: what was taken for a number is read as one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/time.h"

namespace promfill {

/// How numbers and nothing are spelled.
struct CellFormat {
  char decimal = '.';
  std::optional<char> thousands{};  ///< between groups of three digits
  std::vector<std::string> nulls = default_nulls();

  /// "", NA, N/A, n/a, #N/A, NULL, Null, null, None, none, nil, \N, -. Never NaN, which is a value.
  static std::vector<std::string> default_nulls();

  /// Whether every plain number (plain_number.h) means what it says: no other decimal sign, and none that stands for
  /// nothing, as -999 may.
  [[nodiscard]] bool takes_plain_numbers() const;
};

/// Spaces and tabs at both ends don't count.
[[nodiscard]] std::string_view trimmed(std::string_view text);

[[nodiscard]] bool is_null(std::string_view text, const CellFormat& format);

/// A whole decimal number, with sign; nothing where it is no such or doesn't fit.
[[nodiscard]] std::optional<std::int64_t> integer_of(std::string_view text, const CellFormat& format);
/// A decimal number with fraction and exponent, NaN, Inf or Infinity in any case; nearest double, beyond the largest
/// infinite as IEEE has it.
[[nodiscard]] std::optional<double> number_of(std::string_view text, const CellFormat& format);
/// true or false in lower or upper case, or with a capital.
[[nodiscard]] std::optional<bool> truth_of(std::string_view text);

/// A moment in microseconds since the epoch, as if in UTC where the text has no zone.
struct CellTime {
  std::int64_t us = 0;
  bool zoned = false;
};
/// ISO 8601 as databases write it: 2020-01-31, 2020-01-31 12:00, 2020-01-31T12:00:00.123456Z, …+01:00, …+0100, …+01,
/// … UTC; with slashes, 2020/01/31, as well, since the year comes first. Of
/// a fraction finer than microseconds, something stays: a time that isn't a whole millisecond doesn't become one.
[[nodiscard]] std::optional<CellTime> time_of(std::string_view text);

}  // namespace promfill
