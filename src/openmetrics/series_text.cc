// See series_text.h.
#include "openmetrics/series_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "openmetrics/dump_line.h"

namespace promfill {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

constexpr std::uint8_t kBegin = 1;  // of a name
constexpr std::uint8_t kWithin = 2;
constexpr std::uint8_t kColon = 4;

constexpr std::array<std::uint8_t, 256> name_bytes() {
  std::array<std::uint8_t, 256> bytes{};
  for (int c = 'a'; c <= 'z'; ++c) bytes[static_cast<std::size_t>(c)] = kBegin | kWithin;
  for (int c = 'A'; c <= 'Z'; ++c) bytes[static_cast<std::size_t>(c)] = kBegin | kWithin;
  for (int c = '0'; c <= '9'; ++c) bytes[static_cast<std::size_t>(c)] = kWithin;
  bytes['_'] = kBegin | kWithin;
  bytes[':'] = kColon;
  return bytes;
}
constexpr std::array<std::uint8_t, 256> kNameBytes = name_bytes();

void append_utf8(std::uint32_t rune, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((rune >> shift) & 0x3f)); };
  if (rune < 0x80) {
    out += static_cast<char>(rune);
  } else if (rune < 0x800) {
    out += static_cast<char>(0xc0 | (rune >> 6));
    tail(0);
  } else if (rune < 0x10000) {
    out += static_cast<char>(0xe0 | (rune >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (rune >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// What strconv.Quote has made of a text. False where it can't have.
bool unquote_go(std::string_view text, std::string& out) {
  constexpr std::string_view kLetters = "abfnrtv\\\"";
  constexpr std::string_view kBytes = "\a\b\f\n\r\t\v\\\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return false;
    if (const std::size_t letter = kLetters.find(text[i]); letter != std::string_view::npos) {
      out += kBytes[letter];
      continue;
    }
    const std::size_t digits = text[i] == 'x' ? 2 : text[i] == 'u' ? 4 : text[i] == 'U' ? 8 : 0;
    if (digits == 0 || text.size() - i <= digits) return false;
    std::uint32_t code = 0;
    const char* const begin = text.data() + i + 1;
    const auto read = std::from_chars(begin, begin + digits, code, 16);
    if (read.ec != std::errc() || read.ptr != begin + digits || code > 0x10ffff) return false;
    if (digits == 2) {
      out += static_cast<char>(code);
    } else {
      append_utf8(code, out);
    }
    i += digits;
  }
  return true;
}

/// One pass over name and braces.
class SeriesReader {
 public:
  SeriesReader(std::string_view line, std::size_t at, TextDialect dialect, bool exemplar)
      : line_(line), at_(at), dialect_(dialect), exemplar_(exemplar) {}

  SeriesText read() && {
    out_.ok = read_name() && read_braces() && finish();
    out_.end = at_;
    return std::move(out_);
  }
  SeriesText read_exemplar() && {
    named_ = true;
    out_.ok = read_braces();
    out_.end = at_;
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool at(char c) const { return at_ < line_.size() && line_[at_] == c; }
  /// Which says what a block has, whatever that is.
  [[nodiscard]] bool is_of_a_dump() const {
    return dialect_ == TextDialect::kPromtoolDump || dialect_ == TextDialect::kCsvDump;
  }
  void skip_blanks() {
    if (dialect_ == TextDialect::kOpenMetrics || dialect_ == TextDialect::kCsvDump) return;
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
  }
  bool fail(std::string reason) { return fail_at(at_, std::move(reason)); }
  bool fail_at(std::size_t at, std::string reason) {
    out_.error = {at, std::move(reason)};
    return false;
  }

  bool read_name() {
    const std::size_t end = end_of_name(line_, at_, true);
    if (end == at_) return at('{') || fail("a line begins with a metric's name, '{' or '# '");
    if (dialect_ == TextDialect::kPromtoolDump) return fail("a line of promtool's dump begins with '{'");
    add(std::string(kMetricName), std::string(line_.substr(at_, end - at_)));
    named_ = true;
    at_ = end;
    return true;
  }

  bool read_braces() {
    const std::size_t before = at_;
    skip_blanks();
    if (!at('{')) {
      at_ = before;
      return true;
    }
    ++at_;
    while (true) {
      skip_blanks();
      if (at('}')) break;
      bool last = false;
      if (!read_pair(last)) return false;
      if (last) break;
    }
    ++at_;
    return true;
  }

  /// A label, or a metric's name in quotes, and the comma behind it. @param last  set where the brace comes.
  bool read_pair(bool& last) {
    const std::size_t begin = at_;
    std::string name;
    const bool quoted = at('"');
    if (!read_label_name(name)) return false;
    skip_blanks();
    if (quoted && !exemplar_ && dialect_ != TextDialect::kPromtoolDump && (at(',') || at('}'))) {
      if (named_) return fail_at(begin, "the metric has a name already");
      named_ = true;
      add_first({std::string(kMetricName), std::move(name)});
    } else {
      if (!at('=')) return fail("'=' is expected behind a label's name");
      ++at_;
      skip_blanks();
      std::string value;
      if (!read_value(value)) return false;
      add(std::move(name), std::move(value), begin);
      if (!out_.error.reason.empty()) return false;
      skip_blanks();
    }
    if (at(',')) {
      ++at_;
      return true;
    }
    last = at('}');
    // Prometheus's older format does without commas.
    return last || (dialect_ == TextDialect::kPrometheus && at_ < line_.size()) ||
           fail("',' or '}' is expected behind a label");
  }

  bool read_label_name(std::string& name) {
    if (at('"')) {
      const std::size_t begin = at_;
      if (!read_quoted(name, "the quotes of a name")) return false;
      return is_of_a_dump() || name.find('\0') == std::string::npos || fail_at(begin, "a name has a NUL byte");
    }
    const std::size_t end = end_of_name(line_, at_, false);
    if (end == at_) return fail("a label's name is expected");
    name = line_.substr(at_, end - at_);
    at_ = end;
    return true;
  }

  bool read_value(std::string& value) {
    if (!at('"')) return fail("a label's value stands in quotes");
    const std::size_t begin = at_;
    if (!read_quoted(value, "the quotes of a label's value")) return false;
    if (!is_of_a_dump() && !is_valid_utf8(line_.substr(begin, at_ - begin))) {
      return fail_at(begin, "a label's value is not UTF-8");
    }
    return true;
  }

  bool read_quoted(std::string& out, const std::string& what) {
    const std::size_t end = end_of_quoted(line_, at_);
    if (end == std::string_view::npos) return fail(what + " aren't closed");
    const std::string_view inner = line_.substr(at_ + 1, end - at_ - 2);
    if (dialect_ == TextDialect::kPromtoolDump) {
      if (!unquote_go(inner, out)) return fail("an escape is not one of Go's");
    } else {
      out = unescaped(inner);
    }
    at_ = end;
    return true;
  }

  void add(std::string name, std::string value, std::size_t at = 0) {
    if (!exemplar_ && std::ranges::find(names_, name) != names_.end()) {
      out_.error = {at, "label name \"" + name + "\" is not unique"};
      return;
    }
    names_.push_back(name);
    named_ |= dialect_ == TextDialect::kPromtoolDump;
    if (!value.empty()) out_.labels.push_back({std::move(name), std::move(value)});
  }
  void add_first(Label label) {
    names_.push_back(label.name);
    if (!label.value.empty()) out_.labels.insert(out_.labels.begin(), std::move(label));
  }

  bool finish() {
    if (!named_ && dialect_ != TextDialect::kCsvDump) return fail_at(0, "the metric has no name");
    if (out_.labels.empty()) return fail_at(0, "the series has no labels");
    if (std::ranges::count(names_, kMetricName) > 1) return fail_at(0, "label name \"__name__\" is not unique");
    const auto nameless = std::ranges::find(out_.labels, std::string_view(), &Label::name);
    return nameless == out_.labels.end() || fail_at(0, "a label has an empty name");
  }

  std::string_view line_;
  std::size_t at_;
  TextDialect dialect_;
  bool exemplar_;
  bool named_ = false;
  std::vector<std::string> names_;
  SeriesText out_;
};

}  // namespace

std::string_view to_string(TextDialect dialect) {
  constexpr std::array<std::string_view, kTextDialects> kNames{"openmetrics", "prometheus", "promtool-dump", "dump-csv",
                                                               "dump-jsonl"};
  return kNames[static_cast<std::size_t>(dialect)];
}

std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next != '"' && next != '\\' && next != 'n') {
      out += text[i];
      continue;
    }
    out += next == 'n' ? '\n' : next;
    ++i;
  }
  return out;
}

std::size_t end_of_name(std::string_view line, std::size_t at, bool colons) {
  std::uint8_t wanted = kBegin | (colons ? kColon : 0);
  while (at < line.size() && (kNameBytes[static_cast<unsigned char>(line[at])] & wanted) != 0) {
    wanted |= kWithin;
    ++at;
  }
  return at;
}

std::size_t end_of_quoted(std::string_view line, std::size_t at) {
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

SeriesText parse_series(std::string_view line, TextDialect dialect) {
  if (is_of_our_dump(dialect)) return parse_dump_series(line, dialect);
  return SeriesReader(line, 0, dialect, false).read();
}

SeriesText parse_series_as_labels(std::string_view text) {
  return SeriesReader(text, 0, TextDialect::kCsvDump, false).read();
}

SeriesText parse_exemplar_labels(std::string_view line, std::size_t at) {
  return SeriesReader(line, at, TextDialect::kOpenMetrics, true).read_exemplar();
}

std::size_t series_extent(std::string_view line, TextDialect dialect) {
  if (is_of_our_dump(dialect)) return dump_series_extent(line, dialect);
  std::size_t at = end_of_name(line, 0, true);
  std::size_t brace = at;
  while (dialect != TextDialect::kOpenMetrics && brace < line.size() && is_blank(line[brace])) ++brace;
  if (brace == line.size() || line[brace] != '{') return at == 0 ? std::string_view::npos : at;
  for (at = brace + 1; at < line.size(); ++at) {
    if (line[at] == '}') return at + 1;
    if (line[at] != '"') continue;
    const std::size_t end = end_of_quoted(line, at);
    if (end == std::string_view::npos) return end;
    at = end - 1;
  }
  return std::string_view::npos;
}

}  // namespace promfill
