// See text_block.h.
#include "openmetrics/text_block.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "openmetrics/dump_line.h"
#include "openmetrics/float_text.h"

namespace promfill {

/// Where parsing is in a block.
struct BlockParser::Cursor {
  const char* line = nullptr;  // its beginning
  const char* at = nullptr;
  const char* end = nullptr;  // of the block, behind a line break
  FloatLabel label = FloatLabel::kNone;
  std::uint32_t text = kNone;  // of the line before, in texts_[label]
  bool same = false;           // as the line before that
  LineError error;

  /// The line's bytes without its break.
  [[nodiscard]] std::string_view whole_line() const {
    const auto left = static_cast<std::size_t>(end - line);
    const char* stop = static_cast<const char*>(std::memchr(line, '\n', left));
    if (stop > line && stop[-1] == '\r') --stop;
    return {line, static_cast<std::size_t>(stop - line)};
  }
  bool fail(LineError what) {
    error = std::move(what);
    return false;
  }
  bool fail(const char* where, std::string reason) {
    return fail(LineError{static_cast<std::size_t>(where - line), std::move(reason)});
  }
  /// Go behind a line, if it is this one.
  bool take_line(std::string_view wanted) {
    if (!std::string_view(at, end).starts_with(wanted)) return false;
    at += wanted.size();
    if (take_break()) return true;
    at = line;
    return false;
  }
  /// Go behind a line break, if that is what comes. Lines may end as in DOS.
  bool take_break() {
    if (*at == '\r' && at + 1 < end) at += at[1] == '\n' ? 1 : 0;
    if (*at != '\n') return false;
    ++at;
    return true;
  }
};

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Up to a blank or the end of the line, which is there.
const char* end_of_token(const char* at, bool tabs) {
  while (*at != ' ' && *at != '\n' && !(tabs && *at == '\t') && !(*at == '\r' && at[1] == '\n')) ++at;
  return at;
}

/// Long or strange texts are shown in part.
std::string quoted(std::string_view text) {
  constexpr std::size_t kShownMax = 40;
  std::string shown = "'";
  for (const char c : text.substr(0, kShownMax)) shown += c < ' ' && c >= 0 ? '?' : c;
  return shown + (text.size() > kShownMax ? "…'" : "'");
}

void normalize_float_label(FloatLabel label, std::vector<Label>& labels) {
  if (label == FloatLabel::kNone || label == FloatLabel::kCounter) return;
  const std::string_view name = label == FloatLabel::kLe ? "le" : "quantile";
  for (Label& each : labels) {
    if (each.name != name) continue;
    if (std::optional<std::string> value = normalized_float(each.value)) each.value = *std::move(value);
  }
}

}  // namespace

void TextRows::clear() {
  times_ms.clear();
  values.clear();
  runs.clear();
  comments.clear();
  exemplars.clear();
  lines = 0;
  ended = false;
}

BlockParser::BlockParser(TextDialect dialect, Timestamp latest, SeriesNumbers& numbers)
    : dialect_(dialect),
      latest_(std::min(latest, kStorableMax)),
      latest_ms_(static_cast<double>(latest_.ms)),
      numbers_(numbers) {}

std::uint64_t BlockParser::memory_bytes() const {
  std::uint64_t bytes = 0;
  for (const Texts& texts : texts_) {
    bytes += texts.texts.memory_bytes() + (texts.numbers.capacity() + texts.next.capacity()) * sizeof(std::uint32_t);
  }
  return bytes;
}

void BlockParser::forget() { texts_ = {}; }

std::optional<BlockError> BlockParser::parse(std::string_view block, FloatLabel label, TextRows& out) {
  out.clear();
  if (block.empty()) return std::nullopt;
  PROMFILL_ASSERT(block.back() == '\n');
  Cursor cursor;
  cursor.at = block.data();
  cursor.end = block.data() + block.size();
  cursor.label = label;
  switch (dialect_) {
    case TextDialect::kOpenMetrics:
      parse_lines<TextDialect::kOpenMetrics>(cursor, out);
      break;
    case TextDialect::kPrometheus:
      parse_lines<TextDialect::kPrometheus>(cursor, out);
      break;
    case TextDialect::kPromtoolDump:
      parse_lines<TextDialect::kPromtoolDump>(cursor, out);
      break;
    case TextDialect::kCsvDump:
      parse_lines<TextDialect::kCsvDump>(cursor, out);
      break;
    case TextDialect::kJsonDump:
      parse_lines<TextDialect::kJsonDump>(cursor, out);
      break;
  }
  if (cursor.at == cursor.end) return std::nullopt;
  // The bad line's own: its time, which is looked at last, may be what is wrong.
  if (!out.exemplars.empty() && out.exemplars.back().row == out.times_ms.size()) out.exemplars.pop_back();
  return BlockError{out.lines, std::move(cursor.error)};
}

/// Stops at the first bad line, before its end.
template <TextDialect kDialect>
void BlockParser::parse_lines(Cursor& cursor, TextRows& out) {
  while (cursor.at != cursor.end) {
    cursor.line = cursor.at;
    if (kDialect == TextDialect::kPrometheus) {
      while (is_blank(*cursor.at)) ++cursor.at;
      if (cursor.take_break()) {
        ++out.lines;
        continue;
      }
      cursor.line = cursor.at;
    }
    if (kDialect == TextDialect::kCsvDump && cursor.take_line(kCsvDumpHeader)) {
      ++out.lines;
      continue;
    }
    const bool ok = *cursor.at == '#' ? read_comment(cursor, out)
                                      : find_series<kDialect>(cursor) && read_sample<kDialect>(cursor, out);
    if (!ok) {
      cursor.at = cursor.line;
      return;
    }
    ++out.lines;
  }
}

/// Go behind the line's series, whose text becomes cursor.text.
template <TextDialect kDialect>
bool BlockParser::find_series(Cursor& cursor) {
  const Texts& known = texts_[static_cast<std::size_t>(cursor.label)];
  const auto matches = [&](std::uint32_t text) {
    const std::string_view bytes = known.texts[text];
    const auto left = static_cast<std::size_t>(cursor.end - cursor.line);
    if (bytes.size() >= left || std::memcmp(cursor.line, bytes.data(), bytes.size()) != 0) return false;
    const char* behind = cursor.line + bytes.size();
    if (kDialect != TextDialect::kPrometheus) {
      if (*behind != (is_of_our_dump(kDialect) ? ',' : ' ')) return false;
    } else {
      if (!is_blank(*behind)) return false;
      while (is_blank(*behind)) ++behind;
      if (*behind == '{') return false;  // its braces
    }
    cursor.at = cursor.line + bytes.size();
    return true;
  };
  if (cursor.text != kNone) {
    if (cursor.same && matches(cursor.text)) return true;
    const std::uint32_t next = known.next[cursor.text];
    if (next != kNone && matches(next)) {
      cursor.same = next == cursor.text;
      cursor.text = next;
      return true;
    }
    if (!cursor.same && matches(cursor.text)) {
      cursor.same = true;
      return true;
    }
  }
  return find_by_hash(cursor);
}

bool BlockParser::find_by_hash(Cursor& cursor) {
  Texts& known = texts_[static_cast<std::size_t>(cursor.label)];
  const std::string_view line = cursor.whole_line();
  const std::size_t extent = series_extent(line, dialect_);
  if (extent == std::string_view::npos) {
    SeriesText series = parse_series(line, dialect_);
    return cursor.fail(series.ok ? LineError{0, "the series doesn't end"} : std::move(series.error));
  }
  const std::string_view bytes = line.substr(0, extent);
  const std::uint64_t hash = hash_bytes(bytes);
  std::uint32_t text = known.texts.find(bytes, hash);
  if (text == ByteTable::kAbsent) {
    SeriesText series = parse_series(line, dialect_);
    if (!series.ok) return cursor.fail(std::move(series.error));
    if (series.end != extent) return cursor.fail({series.end, "a series and its value are expected"});
    normalize_float_label(cursor.label, series.labels);
    Result<std::uint32_t> number = cursor.label == FloatLabel::kNone
                                       ? numbers_.number(std::move(series.labels))
                                       : numbers_.number_under(std::move(series.labels), cursor.label);
    if (!number) return cursor.fail({0, std::move(number).error().message});
    text = known.texts.intern(bytes, hash);
    known.numbers.push_back(*number);
    known.next.push_back(kNone);
  }
  if (cursor.text != kNone) known.next[cursor.text] = text;
  cursor.same = cursor.text == text;
  cursor.text = text;
  cursor.at = cursor.line + extent;
  return true;
}

template <TextDialect kDialect>
bool BlockParser::read_sample(Cursor& cursor, TextRows& out) {
  double value = 0;
  std::int64_t ms = 0;
  if constexpr (kDialect == TextDialect::kOpenMetrics) {
    const char* const begin = cursor.at;
    double seconds = 0;
    const auto plain = [&] {
      if (*cursor.at != ' ') return false;
      const char* p = cursor.at + 1;
      const std::optional<double> first = parse_plain_decimal(p);
      if (!first || *p != ' ') return false;
      const std::optional<double> second = parse_plain_decimal(++p);
      if (!second) return false;
      value = *first;
      seconds = *second;
      cursor.at = p;
      return cursor.take_break();
    };
    if (!plain()) {
      cursor.at = begin;
      if (!read_openmetrics_tail(cursor, value, seconds, out)) return false;
    }
    const double exact_ms = seconds * 1000;
    if (!(exact_ms >= static_cast<double>(kStorableMin.ms) && exact_ms < latest_ms_ + 1)) {
      return fail_time(cursor, {begin, static_cast<std::size_t>(cursor.at - begin)});
    }
    ms = static_cast<std::int64_t>(exact_ms);
  } else if constexpr (is_of_our_dump(kDialect)) {
    if (!read_dump_sample(cursor, value, ms)) return false;
  } else {
    const char* const begin = cursor.at;
    if (!read_blank_separated(cursor, value, ms)) return false;
    if (ms < kStorableMin.ms || ms > latest_.ms) {
      return fail_time(cursor, {begin, static_cast<std::size_t>(cursor.at - begin)});
    }
  }
  const std::uint32_t number = texts_[static_cast<std::size_t>(cursor.label)].numbers[cursor.text];
  if (out.runs.empty() || out.runs.back().number != number) {
    out.runs.push_back({static_cast<std::uint32_t>(out.times_ms.size()), number});
  }
  out.times_ms.push_back(ms);
  out.values.push_back(value);
  return true;
}

/// " value timestamp", " value timestamp # {labels} value [timestamp]" and all that is wrong.
bool BlockParser::read_openmetrics_tail(Cursor& cursor, double& value, double& seconds, TextRows& out) {
  const std::string_view line = cursor.whole_line();
  const char* const stop = line.data() + line.size();
  const auto token = [&](std::string_view& text) {
    if (cursor.at == stop || *cursor.at != ' ') return false;
    const char* const begin = cursor.at + 1;
    cursor.at = std::min(end_of_token(begin, false), stop);
    text = {begin, static_cast<std::size_t>(cursor.at - begin)};
    return !text.empty();
  };
  std::string_view text;
  const char* const value_at = cursor.at;
  if (!token(text)) return cursor.fail(value_at, "one blank and a value are expected behind a series");
  const std::optional<double> first = parse_float(text);
  if (!first) return cursor.fail(value_at + 1, quoted(text) + " is not a number");
  const char* const time_at = cursor.at;
  if (time_at == stop || std::string_view(time_at, stop).starts_with(" # {")) {
    return cursor.fail(time_at, "the sample has no timestamp");
  }
  if (!token(text)) return cursor.fail(time_at, "one blank and a timestamp are expected behind a value");
  const std::optional<double> second = parse_float(text);
  if (!second || !std::isfinite(*second)) return cursor.fail(time_at + 1, quoted(text) + " is not a timestamp");
  value = *first;
  seconds = *second;
  if (cursor.at != stop) {
    const auto at = static_cast<std::size_t>(cursor.at - cursor.line);
    if (!read_exemplar(cursor, line, at, out)) return false;
  }
  cursor.at = stop;
  return cursor.take_break() || cursor.fail(stop, "the line should end here");
}

/// Behind a sample whose row is the next.
bool BlockParser::read_exemplar(Cursor& cursor, std::string_view line, std::size_t at, TextRows& out) const {
  constexpr std::string_view kMark = " # ";
  if (!line.substr(at).starts_with(" # {")) {
    return cursor.fail({at, "behind a timestamp only an exemplar may come, as # {…} value"});
  }
  SeriesText labels = parse_exemplar_labels(line, at + kMark.size());
  if (!labels.ok) return cursor.fail(std::move(labels.error));
  Exemplar exemplar{.row = static_cast<std::uint32_t>(out.times_ms.size()), .labels = std::move(labels.labels)};
  std::size_t fields = 0;
  for (at = labels.end; at < line.size(); ++fields) {
    const std::size_t end = std::min(line.find(' ', at + 1), line.size());
    const std::string_view text = line.substr(at + 1, end - at - 1);
    if (line[at] != ' ' || text.empty() || fields == 2) {
      return cursor.fail({at, "an exemplar ends with a value, or a value and a timestamp"});
    }
    const std::optional<double> number = parse_float(text);
    if (fields == 0 && !number) return cursor.fail({at + 1, quoted(text) + " is not a number"});
    if (fields == 0) exemplar.value = *number;
    if (fields == 1) exemplar.time = number ? milliseconds_of(*number) : std::nullopt;
    if (fields == 1 && !exemplar.time) return cursor.fail({at + 1, quoted(text) + " is not a timestamp"});
    at = end;
  }
  if (fields == 0) return cursor.fail({at, "an exemplar needs a value"});
  out.exemplars.push_back(std::move(exemplar));
  return true;
}

/// "value milliseconds", blanks between and around.
bool BlockParser::read_blank_separated(Cursor& cursor, double& value, std::int64_t& ms) {
  const bool dump = dialect_ == TextDialect::kPromtoolDump;
  const auto skip_blanks = [&] {
    while (is_blank(*cursor.at)) ++cursor.at;
  };
  const auto token = [&] {
    const char* const begin = cursor.at;
    cursor.at = end_of_token(begin, true);
    return std::string_view(begin, cursor.at);
  };
  skip_blanks();
  const char* const value_at = cursor.at;
  if (dump && *value_at == '{') {
    // FloatHistogram.String() leaves out the schema, the zero threshold of an empty zero bucket, bounds of empty
    // buckets, the hint on resets, gauges and start times; integer counts look like float ones; and formatSeriesSet()
    // leaves out the first histograms of a series.
    return cursor.fail(value_at,
                       "promtool's dump doesn't hold all of a native histogram, so that it can't be read back; publish "
                       "or copy the blocks themselves");
  }
  const std::string_view value_text = token();
  if (value_text.empty()) return cursor.fail(value_at, "a value is expected behind a series");
  const std::optional<double> number = parse_float(value_text);
  if (!number) return cursor.fail(value_at, quoted(value_text) + " is not a number");
  value = *number;
  skip_blanks();
  const char* const time_at = cursor.at;
  const std::string_view time_text = token();
  if (time_text.empty()) return cursor.fail(time_at, "the sample has no timestamp");
  const auto read = std::from_chars(time_text.data(), time_text.data() + time_text.size(), ms);
  const bool negative = time_text.front() == '-';
  if (read.ec != std::errc() || read.ptr != time_text.data() + time_text.size() || (negative && !dump)) {
    return cursor.fail(time_at, quoted(time_text) + " is not a timestamp in whole milliseconds");
  }
  skip_blanks();
  return cursor.take_break() || cursor.fail(cursor.at, "nothing may come behind a timestamp");
}

/// ",milliseconds,value" or its like in JSON.
bool BlockParser::read_dump_sample(Cursor& cursor, double& value, std::int64_t& ms) const {
  const std::string_view line = cursor.whole_line();
  DumpSample sample = parse_dump_sample(line, static_cast<std::size_t>(cursor.at - cursor.line), dialect_);
  if (sample.error) return cursor.fail(*std::move(sample.error));
  value = sample.value;
  ms = sample.ms;
  if (ms < kStorableMin.ms || ms > latest_.ms) return fail_implausible(cursor, sample.time_text);
  cursor.at = line.data() + line.size();
  return cursor.take_break() || cursor.fail(cursor.at, "the line should end here");
}

bool BlockParser::read_comment(Cursor& cursor, TextRows& out) {
  const std::string_view line = cursor.whole_line();
  CommentLine comment = parse_comment(line, dialect_);
  if (comment.error) return cursor.fail(*std::move(comment.error));
  cursor.at = line.data() + line.size();
  if (!cursor.take_break()) return cursor.fail(cursor.at, "the line should end here");
  if (comment.kind == CommentLine::Kind::kEnd) {
    out.ended = true;
    if (cursor.at != cursor.end) return cursor.fail({0, "there is something behind # EOF"});
  }
  if (comment.is_of_metric()) out.comments.push_back(metric_comment(comment));
  if (comment.kind == CommentLine::Kind::kType) {
    const FloatLabel label = float_label_of(comment.text);
    if (label != cursor.label) cursor.text = kNone;  // which is of the other texts
    cursor.label = label;
  }
  return true;
}

bool BlockParser::fail_time(Cursor& cursor, std::string_view text) const {
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  const std::size_t blank = text.find_last_of(" \t");
  text = text.substr(blank == std::string_view::npos ? 0 : blank + 1);
  return fail_implausible(cursor, text);
}

bool BlockParser::fail_implausible(Cursor& cursor, std::string_view text) const {
  const char* const unit = dialect_ == TextDialect::kOpenMetrics ? "seconds" : "milliseconds";
  return cursor.fail(text.data(), "the timestamp " + quoted(text) +
                                      " lies more than a year ahead, or far before all history: this format has " +
                                      unit);
}

}  // namespace promfill
