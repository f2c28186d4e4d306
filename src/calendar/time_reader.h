// Times that are no plain numbers of steps since 1970: texts, local times of a zone, dates and times of day in two
// columns. They become a column of instants, which the rest of the program reads as if the source had it.
//
//   date        time of day   zone Europe/Berlin    instants (microseconds)
//   31.03.2024  01:30                               2024-03-31T00:30:00Z
//   31.03.2024  02:30                               null: the clocks went from 01:59 to 03:00
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/row_times.h"
#include "calendar/time_format.h"
#include "calendar/time_unit.h"
#include "calendar/zone.h"
#include "model/column.h"
#include "promfill/mapping.h"
#include "promfill/result.h"

namespace promfill {

/// Instants of the rows of a batch, with their memory.
class ReadTimes {
 public:
  struct Bad {
    std::uint32_t row = 0;
    TimeTrouble why = TimeTrouble::kNone;
  };

  /// Of the kind kTimestamp, in microseconds; borrowed.
  [[nodiscard]] ColumnView view() const;
  /// Rows that are null because their time can't be used, rising. Rows that were null are not among them.
  [[nodiscard]] const std::vector<Bad>& bad() const { return bad_; }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return us_.capacity() * sizeof(std::int64_t) + validity_.capacity() + bad_.capacity() * sizeof(Bad);
  }

 private:
  friend class TimeReader;
  std::vector<std::int64_t> us_;
  std::vector<std::uint8_t> validity_;
  std::vector<Bad> bad_;
  std::int64_t nulls_ = 0;
};

/// Immutable.
class TimeReader {
 public:
  /// Whether a time column of this type needs a reader.
  [[nodiscard]] static bool is_needed(const TimestampMapping& mapping, const ColumnType& type);
  /// Why a column of this type can't be the mapping's time column, or that of its times of day; "" where it can. For
  /// hints.
  [[nodiscard]] static std::string_view check_time(const TimestampMapping& mapping, const ColumnType& type);
  [[nodiscard]] static std::string_view check_time_of_day(const TimestampMapping& mapping, const ColumnType& type);
  /// @error kUsage  an unknown zone or a wrong pattern; `where` is the caller's to add.
  static Result<TimeReader> create(const TimestampMapping& mapping, const ColumnType& type);

  /// @param time_of_day  null where there is no second column.
  void read(const ColumnView& times, const ColumnView* time_of_day, std::size_t rows, ReadTimes& out) const;

  /// The earliest and the latest instant that a time of a column of timestamps can mean; nothing where that overflows.
  [[nodiscard]] std::optional<std::int64_t> earliest_us(std::int64_t steps) const;
  [[nodiscard]] std::optional<std::int64_t> latest_us(std::int64_t steps) const;

  /// As judge_times, of a job's first rows. @error kData  also when most of them can't be read.
  Result<TimeDecision> judge(const ColumnView& times, const ColumnView* time_of_day, std::int64_t rows,
                             const TimeGuard& guard) const;

 private:
  /// One time: an instant, or why there is none.
  struct Instant {
    std::int64_t us = 0;
    TimeTrouble trouble = TimeTrouble::kNone;
  };
  TimeReader() = default;

  [[nodiscard]] Instant read_row(const ColumnView& times, const ColumnView* time_of_day, std::int64_t row) const;
  [[nodiscard]] Instant read_text(std::string_view text) const;
  [[nodiscard]] Instant read_number(std::string_view text) const;
  [[nodiscard]] Instant read_two(const ColumnView& dates, const ColumnView& clocks, std::int64_t row) const;
  [[nodiscard]] Instant to_instant(WrittenTime time) const;
  [[nodiscard]] std::string description() const;

  TimestampMapping mapping_;
  ColumnType type_;
  std::optional<TimeFormat> format_;
  Zone zone_ = Zone::fixed(0);
};

}  // namespace promfill
