// See statement.h.
#include "sql/statement.h"

#include <algorithm>
#include <array>
#include <vector>

namespace promfill {
namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

std::string upper(std::string_view word) {
  std::string text(word);
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

/// Goes over the text word by word; what is quoted or a comment is passed over whole.
class Words {
 public:
  explicit Words(std::string_view sql) : sql_(sql) {}

  struct Token {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool is_word = false;
  };

  /// False at the end. @error kUsage  a quote that is not closed.
  Result<bool> next(Token& token) {
    PROMFILL_TRY_STATUS(skip_space());
    if (at_ >= sql_.size()) return false;
    token = {at_, at_, false};
    const char c = sql_[at_];
    if (is_name_byte(c)) {
      const bool escaped = (c == 'e' || c == 'E') && next_is(1, '\'');
      while (at_ < sql_.size() && is_name_byte(sql_[at_])) ++at_;
      token.is_word = !escaped;
      if (escaped) PROMFILL_TRY_STATUS(skip_quoted('\'', true));
    } else if (c == '\'' || c == '"' || c == '`') {
      PROMFILL_TRY_STATUS(skip_quoted(c, false));
    } else if (c == '$' && !tag_of_dollar_quote().empty()) {
      PROMFILL_TRY_STATUS(skip_dollar_quoted());
    } else {
      ++at_;
    }
    token.end = at_;
    return true;
  }

 private:
  [[nodiscard]] bool next_is(std::size_t ahead, char c) const {
    return at_ + ahead < sql_.size() && sql_[at_ + ahead] == c;
  }

  Status skip_space() {
    while (at_ < sql_.size()) {
      if (is_space(sql_[at_])) {
        ++at_;
      } else if (sql_[at_] == '-' && next_is(1, '-')) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (sql_[at_] == '/' && next_is(1, '*')) {
        PROMFILL_TRY_STATUS(skip_comment());
      } else {
        break;
      }
    }
    return {};
  }

  Status skip_comment() {
    const std::size_t begin = at_;
    std::size_t depth = 0;
    do {
      if (at_ + 1 >= sql_.size()) return unclosed(begin, "a comment");
      if (sql_[at_] == '/' && next_is(1, '*')) {
        ++depth;
        at_ += 2;
      } else if (sql_[at_] == '*' && next_is(1, '/')) {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0);
    return {};
  }

  /// Two quotes within stand for one; a backslash for the byte behind it only where it is an escape.
  Status skip_quoted(char quote, bool backslashes) {
    const std::size_t begin = at_++;
    while (at_ < sql_.size()) {
      if (backslashes && sql_[at_] == '\\') {
        at_ += 2;
      } else if (sql_[at_] != quote) {
        ++at_;
      } else if (next_is(1, quote)) {
        at_ += 2;
      } else {
        ++at_;
        return {};
      }
    }
    return unclosed(begin, "a quote");
  }

  /// $tag$, or nothing: $1 is a parameter.
  [[nodiscard]] std::string_view tag_of_dollar_quote() const {
    std::size_t end = at_ + 1;
    if (end < sql_.size() && sql_[end] >= '0' && sql_[end] <= '9') return {};
    while (end < sql_.size() && is_name_byte(sql_[end])) ++end;
    if (end >= sql_.size() || sql_[end] != '$') return {};
    return sql_.substr(at_, end + 1 - at_);
  }

  Status skip_dollar_quoted() {
    const std::string_view tag = tag_of_dollar_quote();
    const std::size_t close = sql_.find(tag, at_ + tag.size());
    if (close == std::string_view::npos) return unclosed(at_, "a dollar quote");
    at_ = close + tag.size();
    return {};
  }

  [[nodiscard]] Error unclosed(std::size_t begin, const char* what) const {
    const auto line = 1 + std::ranges::count(sql_.substr(0, begin), '\n');
    return {ErrorCode::kUsage, std::string(what) + " is not closed", "the query, line " + std::to_string(line),
            "close it"};
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

constexpr std::array<std::string_view, 5> kReading{"SELECT", "WITH", "VALUES", "TABLE", "FROM"};
constexpr std::array<std::string_view, 4> kWriting{"INSERT", "UPDATE", "DELETE", "MERGE"};

Error not_a_query(std::string message) {
  return {ErrorCode::kUsage, std::move(message), "the query",
          "give one SELECT; --allow-any-statement passes on whatever it is"};
}

}  // namespace

Result<std::string> one_query(std::string_view sql) {
  Words words(sql);
  Words::Token token;
  std::string first;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool ended = false;
  bool opens_query = true;  // a word here begins a query: the first, and behind a parenthesis
  while (true) {
    PROMFILL_TRY(const bool more, words.next(token));
    if (!more) break;
    const std::string_view text = sql.substr(token.begin, token.end - token.begin);
    if (text == ";") {
      ended = end > 0;
      continue;
    }
    if (ended) return not_a_query("there is more than one statement");
    if (end == 0) begin = token.begin;
    end = token.end;
    const std::string word = token.is_word ? upper(text) : std::string();
    if (first.empty() && text != "(") first = token.is_word ? word : std::string(text);
    // A column may be named update: what writes stands at the beginning of a part, or after all parts of WITH.
    const bool writes = std::ranges::find(kWriting, word) != kWriting.end();
    if (writes && opens_query) return not_a_query("it writes: " + word);
    opens_query = text == "(" || (first == "WITH" && text == ")");
  }
  if (end == 0) return not_a_query("there is no statement");
  if (std::ranges::find(kReading, first) == kReading.end()) {
    return not_a_query("it begins with " + first + ", and not with SELECT");
  }
  return std::string(sql.substr(begin, end - begin));
}

}  // namespace promfill
