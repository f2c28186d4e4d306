// PromQL series selectors → matchers; declared in matcher.h.
//
//   selector  = name [ "{" list "}" ] | "{" list "}"
//   list      = [ matcher { "," matcher } [ "," ] ]
//   matcher   = ( label | string ) ( "=" | "!=" | "=~" | "!~" ) string
//             | string                                   the metric's name
//   name      = [a-zA-Z_:][a-zA-Z0-9_:]*      label = [a-zA-Z_][a-zA-Z0-9_]*
//   string    = "…" or '…' with Go's escapes, or `…` without any
// Space, tab, newline and # comments may stand between tokens.
// Source: promql/parser/lex.go (lexInsideBraces, lexEscape), promql/parser/generated_parser.y (vector_selector),
// util/strutil/quote.go (Unquote).
#include <optional>

#include "index/matcher.h"

namespace promfill {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The value of a digit, or 16.
std::uint32_t digit_value(char c) {
  if (is_digit(c)) return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A' + 10);
  return 16;
}

void append_utf8(std::uint32_t code_point, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

/// The escapes that stand for one byte by a letter; `quote` is the kind of string they stand in.
std::optional<char> simple_escape(char c, char quote) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
      return '\\';
    default:
      return c == quote ? std::optional(c) : std::nullopt;
  }
}

class SelectorParser {
 public:
  explicit SelectorParser(std::string_view text) : text_(text) {}

  Result<std::vector<Matcher>> parse() {
    skip_space();
    const std::size_t name_place = position_;
    const std::string_view name = identifier(/*colons=*/true);
    if (!name.empty()) PROMFILL_TRY_STATUS(add(name_place, MatchKind::kEqual, kMetricName, name));
    skip_space();
    if (accept('{')) {
      PROMFILL_TRY_STATUS(list(/*named=*/!name.empty()));
      skip_space();
    } else if (name.empty()) {
      return error(position_, "a metric name or { is expected");
    }
    if (!at_end()) return error(position_, "unexpected text after the selector");
    return std::move(matchers_);
  }

 private:
  /// What follows {, through }. `named`: a metric name stands before it.
  Status list(bool named) {
    for (skip_space(); !accept('}'); skip_space()) {
      const std::size_t place = position_;
      PROMFILL_TRY_STATUS(matcher());
      if (named && matchers_.back().name() == kMetricName) {
        return error(place, "the metric name must not be set twice");
      }
      skip_space();
      if (!accept(',') && peek() != '}') return error(position_, "a comma or } is expected");
    }
    return {};
  }

  Status matcher() {
    const std::size_t place = position_;
    std::string name;
    const bool quoted = at_quote();
    if (quoted) {
      PROMFILL_TRY(name, string());
    } else {
      name = identifier(/*colons=*/false);
      if (name.empty()) return error(place, "a label name is expected");
    }
    skip_space();
    const std::optional<MatchKind> kind = match_operator();
    if (!kind) {
      if (quoted) return add(place, MatchKind::kEqual, kMetricName, name);
      return error(position_, "one of = != =~ !~ is expected");
    }
    skip_space();
    if (!at_quote()) return error(position_, "a quoted value is expected");
    PROMFILL_TRY(const std::string value, string());
    return add(place, *kind, name, value);
  }

  Status add(std::size_t place, MatchKind kind, std::string_view name, std::string_view value) {
    auto matcher = Matcher::create(kind, std::string(name), std::string(value));
    if (!matcher) {
      Error failure = error(place, matcher.error().message);
      failure.hint = matcher.error().hint;
      return failure;
    }
    matchers_.push_back(std::move(matcher).value());
    return {};
  }

  std::string_view identifier(bool colons) {
    const std::size_t start = position_;
    while (!at_end()) {
      const char c = peek();
      const bool belongs = is_letter(c) || (colons && c == ':') || (is_digit(c) && position_ > start);
      if (!belongs) break;
      ++position_;
    }
    return text_.substr(start, position_ - start);
  }

  std::optional<MatchKind> match_operator() {
    constexpr std::pair<std::string_view, MatchKind> kOperators[] = {{"=~", MatchKind::kRegex},
                                                                     {"!~", MatchKind::kNotRegex},
                                                                     {"!=", MatchKind::kNotEqual},
                                                                     {"=", MatchKind::kEqual}};
    for (const auto& [spelling, kind] : kOperators) {
      if (text_.substr(position_).starts_with(spelling)) {
        position_ += spelling.size();
        return kind;
      }
    }
    return std::nullopt;
  }

  Result<std::string> string() {
    const std::size_t start = position_;
    const char quote = text_[position_++];
    const bool raw = quote == '`';
    std::string out;
    while (true) {
      if (at_end() || (!raw && peek() == '\n')) return error(start, "the string has no closing quote");
      const char c = text_[position_++];
      if (c == quote) break;
      if (raw || c != '\\') {
        out += c;
      } else {
        PROMFILL_TRY_STATUS(escape(quote, out));
      }
    }
    if (!is_valid_utf8(text_.substr(start, position_ - start))) return error(start, "the string is not valid UTF-8");
    return out;
  }

  /// What follows a backslash. \x and octal escapes are bytes, \u and \U characters.
  Status escape(char quote, std::string& out) {
    const std::size_t place = position_ - 1;
    const char c = peek();
    if (const std::optional<char> byte = simple_escape(c, quote); byte && !at_end()) {
      ++position_;
      out += *byte;
      return {};
    }
    const bool octal = c >= '0' && c <= '7';
    const std::uint32_t base = octal ? 8 : 16;
    const int digits = octal ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits == 0) return error(place, "unknown escape sequence");
    if (!octal) ++position_;
    std::uint32_t x = 0;
    for (int i = 0; i < digits; ++i, ++position_) {
      const std::uint32_t digit = digit_value(peek());
      if (digit >= base) return error(place, "the escape sequence needs " + std::to_string(digits) + " digits");
      x = x * base + digit;
    }
    const bool character = digits >= 4;
    if (x > (character ? 0x10FFFFU : 0xFFU)) return error(place, "the escape sequence exceeds its range");
    if (character && x >= 0xD800 && x < 0xE000) return error(place, "the escape sequence is half a surrogate pair");
    if (character) {
      append_utf8(x, out);
    } else {
      out += static_cast<char>(x);
    }
    return {};
  }

  void skip_space() {
    while (!at_end() && (is_space(peek()) || peek() == '#')) {
      if (peek() == '#') {
        position_ = std::min(text_.find_first_of("\r\n", position_), text_.size());
      } else {
        ++position_;
      }
    }
  }

  [[nodiscard]] bool at_end() const { return position_ == text_.size(); }
  /// The next byte, or NUL at the end, which is no token's first byte.
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }
  [[nodiscard]] bool at_quote() const { return peek() == '"' || peek() == '\'' || peek() == '`'; }
  bool accept(char c) {
    if (at_end() || peek() != c) return false;
    ++position_;
    return true;
  }

  static Error error(std::size_t place, std::string problem) {
    return Error{ErrorCode::kUsage, "parse selector: " + std::move(problem), "byte " + std::to_string(place), ""};
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::vector<Matcher> matchers_;
};

}  // namespace

Result<std::vector<Matcher>> parse_selector(std::string_view text) { return SelectorParser(text).parse(); }

}  // namespace promfill
