// Matchers; see matcher.h.
#include "index/matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace promfill {
namespace {

constexpr std::int64_t kRegexMemoryBytesMax = 64LL << 20;

RE2::Options regex_options() {
  RE2::Options options;
  options.set_dot_nl(true);
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemoryBytesMax);
  return options;
}

/// Bytes of a UTF-8 sequence by its first byte; 1 for bytes that begin none.
std::size_t sequence_bytes(char first) {
  const auto byte = static_cast<std::uint8_t>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// `text` with U+FFFD for each byte that belongs to no character, which is how Go's regexp reads such a byte.
std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view sequence = text.substr(0, sequence_bytes(text.front()));
    const bool valid = is_valid_utf8(sequence);
    out += valid ? sequence : "\xEF\xBF\xBD";
    text.remove_prefix(valid ? sequence.size() : 1);
  }
  return out;
}

}  // namespace

struct Matcher::Regex {
  explicit Regex(const std::string& pattern) : compiled(pattern, regex_options()) {}

  [[nodiscard]] bool matches(std::string_view value) const {
    if (is_valid_utf8(value)) return matches_utf8(value);
    return matches_utf8(replace_invalid_utf8(value));
  }
  [[nodiscard]] bool matches_utf8(std::string_view value) const {
    return compiled.Match({value.data(), value.size()}, 0, value.size(), RE2::ANCHOR_BOTH, nullptr, 0);
  }

  RE2 compiled;
};

Result<Matcher> Matcher::create(MatchKind kind, std::string name, std::string value) {
  Matcher matcher;
  matcher.kind_ = kind;
  matcher.name_ = std::move(name);
  matcher.value_ = std::move(value);
  if (kind == MatchKind::kRegex || kind == MatchKind::kNotRegex) {
    auto regex = std::make_shared<const Regex>(matcher.value_);
    if (!regex->compiled.ok()) {
      return Error{ErrorCode::kUsage,
                   "regular expression " + quote_label_value(matcher.value_) + ": " + regex->compiled.error(), "",
                   "the syntax is RE2's, as in PromQL"};
    }
    matcher.regex_ = std::move(regex);
  }
  return matcher;
}

bool Matcher::matches(std::string_view value) const {
  switch (kind_) {
    case MatchKind::kEqual:
      return value == value_;
    case MatchKind::kNotEqual:
      return value != value_;
    case MatchKind::kRegex:
      return regex_->matches(value);
    case MatchKind::kNotRegex:
      return !regex_->matches(value);
  }
  return false;
}

bool matches_all(std::span<const Matcher> matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& matcher) { return matcher.matches(labels.get(matcher.name())); });
}

}  // namespace promfill
