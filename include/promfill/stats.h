// How far a job is, at any moment and from any thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// How far a job is.
struct Stats {
  /// What it is doing.
  enum class Stage : std::uint8_t {
    kWaiting,  ///< nothing has been asked of the job yet
    kReading,
    kWriting,  ///< all rows are read; the last blocks are being written
    kDone,
    kFailed,
  };

  Stage stage = Stage::kWaiting;             ///< what it is doing
  double seconds = 0;                        ///< since the job began
  std::uint64_t tables_expected = 0;         ///< as the program says; 0 where it doesn't
  std::uint64_t tables_read = 0;             ///< tables, or calls of append()
  std::uint64_t rows_read = 0;               ///< of all tables
  std::uint64_t cells = 0;                   ///< values offered: rows times metrics
  std::uint64_t nulls = 0;                   ///< values that aren't there
  std::uint64_t rejected = 0;                ///< values that can't be samples
  std::uint64_t blocks_written = 0;          ///< complete, but not visible before the job's end
  std::uint64_t samples_written = 0;         ///< in those
  std::uint64_t late_samples = 0;            ///< in those, as all below
  std::uint64_t duplicates_merged = 0;       ///< equal values of one series and time
  std::uint64_t duplicates_conflicting = 0;  ///< different ones
  std::uint64_t memory_bytes = 0;            ///< charged to the job's budget
  std::uint64_t memory_limit_bytes = 0;      ///< of that budget

  /// Of the tables expected, from 0 to 1; nothing where none were said to come.
  [[nodiscard]] std::optional<double> share_done() const;
  /// Cells a second, since the job began.
  [[nodiscard]] double rate() const;
  /// Until all tables are read, if they go on as they did.
  [[nodiscard]] std::optional<double> seconds_left() const;

  /// A table for people, one line for each number.
  void print(std::ostream& out) const;
  /// One line: "reading 1.2 M rows (40 %), 3.1 M samples/s, 12 s left".
  [[nodiscard]] std::string line() const;
  /// As a page of metrics in the OpenMetrics text format, ending in # EOF, to be scraped or pushed.
  [[nodiscard]] std::string openmetrics() const;
};

/// "waiting", "reading", "writing", "done" or "failed".
[[nodiscard]] std::string_view to_string(Stats::Stage stage);

}  // namespace PROMFILL_ABI
}  // namespace promfill
