// Blocks of lines to rows: times, values and which series they are of. One pass; what costs is moving the bytes.
//
// The labels of a series are read once: later lines find it again by the bytes of its text. A file is nearly always
// sorted by series (the same text as in the line before) or by time (the text that followed this one the last time
// round), so a comparison of bytes does for most lines, and a hash for the rest.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "openmetrics/comment_line.h"
#include "openmetrics/series_text.h"
#include "promfill/result.h"
#include "promfill/time.h"
#include "store/byte_table.h"

namespace promfill {

/// Rows one behind the other that have the same number.
struct NumberedRun {
  std::uint32_t begin = 0;  ///< its first row; it ends where the next begins
  std::uint32_t number = 0;
};

/// An observation that a sample stands for: behind it, as # {trace_id="7"} 0.5 1700000000.123.
struct Exemplar {
  std::uint32_t row = 0;  ///< of its sample
  std::vector<Label> labels;
  double value = 0;
  std::optional<Timestamp> time{};
};

/// What a block says.
struct TextRows {
  std::vector<std::int64_t> times_ms;
  std::vector<double> values;
  std::vector<NumberedRun> runs;
  std::vector<MetricComment> comments;
  std::vector<Exemplar> exemplars;
  std::uint64_t lines = 0;  ///< without the one that is wrong
  bool ended = false;       ///< by # EOF

  void clear();
};

/// A line that can't be read, counted from 0 within its block.
struct BlockError {
  std::uint64_t line = 0;
  LineError error;
};

/// Gives series their numbers.
class SeriesNumbers {
 public:
  virtual ~SeriesNumbers() = default;
  /// @param labels  as parse_series() gives them, values of le and quantile normalised: not sorted.
  virtual Result<std::uint32_t> number(std::vector<Label> labels) = 0;
  /// The same behind the TYPE line of a counter, histogram or summary, whose _created lines may be no series.
  /// @param type  of the line; not kNone.
  virtual Result<std::uint32_t> number_under(std::vector<Label> labels, FloatLabel type) {
    (void)type;
    return number(std::move(labels));
  }
};

class BlockParser {
 public:
  /// @param latest  a later time is an error: it was meant in another unit.
  BlockParser(TextDialect dialect, Timestamp latest, SeriesNumbers& numbers);

  /// Read a block.
  /// @param block  whole lines; the last byte is a line break.
  /// @param label  that is in force at its beginning.
  /// @return what is wrong with its first bad line, if there is one; the lines before it are in `out`.
  std::optional<BlockError> parse(std::string_view block, FloatLabel label, TextRows& out);

  /// Of the texts that are remembered.
  [[nodiscard]] std::uint64_t memory_bytes() const;
  void forget();

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  /// Texts of series under one FloatLabel: numbers depend on both.
  struct Texts {
    ByteTable texts;
    std::vector<std::uint32_t> numbers;  // by text
    std::vector<std::uint32_t> next;     // by text: the one that came behind it
  };
  struct Cursor;

  template <TextDialect kDialect>
  void parse_lines(Cursor& cursor, TextRows& out);
  template <TextDialect kDialect>
  bool find_series(Cursor& cursor);
  bool find_by_hash(Cursor& cursor);
  template <TextDialect kDialect>
  bool read_sample(Cursor& cursor, TextRows& out);
  bool read_openmetrics_tail(Cursor& cursor, double& value, double& seconds, TextRows& out);
  bool read_blank_separated(Cursor& cursor, double& value, std::int64_t& ms);
  bool read_dump_sample(Cursor& cursor, double& value, std::int64_t& ms) const;
  bool read_comment(Cursor& cursor, TextRows& out);
  bool read_exemplar(Cursor& cursor, std::string_view line, std::size_t at, TextRows& out) const;
  bool fail_time(Cursor& cursor, std::string_view text) const;
  /// @param text  the time, of the line
  bool fail_implausible(Cursor& cursor, std::string_view text) const;

  TextDialect dialect_;
  Timestamp latest_;
  double latest_ms_;
  SeriesNumbers& numbers_;
  std::array<Texts, 4> texts_;  // by FloatLabel
};

}  // namespace promfill
