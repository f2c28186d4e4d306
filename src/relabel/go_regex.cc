// See go_regex.h.
#include "relabel/go_regex.h"

#include <re2/re2.h>

#include <algorithm>

#include "promfill/labels.h"

namespace promfill {
namespace {

constexpr std::int64_t kRegexMemoryBytesMax = 64LL << 20;
constexpr std::int64_t kGroupNumberMax = 100'000'000;  // what has more digits is a name

RE2::Options regex_options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemoryBytesMax);
  return options;
}

re2::StringPiece piece_of(std::string_view text) { return {text.data(), text.size()}; }

/// Bytes of the character class at the front of `pattern`, with its brackets; all of it where it does not end.
std::size_t class_bytes(std::string_view pattern) {
  std::size_t at = 1;
  if (at < pattern.size() && pattern[at] == '^') ++at;
  if (at < pattern.size() && pattern[at] == ']') ++at;  // in the first place a bracket stands for itself
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern.substr(at, 2) == "[:") {
      const std::size_t end = pattern.find(":]", at + 2);
      at = end == std::string_view::npos ? at + 2 : end + 2;
    } else {
      at += pattern[at] == '\\' ? 2 : 1;
    }
  }
  return std::min(at + 1, pattern.size());
}

/// Bytes of the escape at the front of `pattern`: \Q…\E is one.
std::size_t escape_bytes(std::string_view pattern) {
  if (pattern.substr(0, 2) != "\\Q") return std::min<std::size_t>(2, pattern.size());
  const std::size_t end = pattern.find("\\E", 2);
  return end == std::string_view::npos ? pattern.size() : end + 2;
}

/// Go's language in RE2's words. @error kUsage  \C, which Go does not have.
Result<std::string> as_re2(std::string_view pattern) {
  std::string out;
  while (!pattern.empty()) {
    std::size_t bytes = 1;
    if (pattern.front() == '\\') {
      bytes = escape_bytes(pattern);
      if (pattern.substr(0, bytes) == "\\C") return Error{ErrorCode::kUsage, "invalid escape sequence: \\C", "", ""};
    } else if (pattern.front() == '[') {
      bytes = class_bytes(pattern);
    } else if (pattern.starts_with("(?<")) {
      out += "(?P<";
      pattern.remove_prefix(3);
      continue;
    }
    out += pattern.substr(0, bytes);
    pattern.remove_prefix(bytes);
  }
  return out;
}

/// What a '$' of a template stands for.
struct Reference {
  std::string_view name;
  std::optional<std::size_t> number;
  std::size_t bytes = 0;  // behind the '$'; 0: it stands for itself
};

/// Digits without a leading zero are a number.
std::optional<std::size_t> group_number(std::string_view name) {
  if (name.size() > 1 && name.front() == '0') return std::nullopt;
  std::int64_t number = 0;
  for (const char c : name) {
    if (c < '0' || c > '9' || number >= kGroupNumberMax) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return static_cast<std::size_t>(number);
}

Reference read_reference(std::string_view text) {
  static const RE2 kName("[\\pL\\p{Nd}_]+", regex_options());
  const bool braced = text.starts_with('{');
  const std::string_view rest = text.substr(braced ? 1 : 0);
  re2::StringPiece found;
  if (!kName.Match(piece_of(rest), 0, rest.size(), RE2::ANCHOR_START, &found, 1)) return {};
  const std::string_view name = rest.substr(0, found.size());
  if (braced && rest.substr(name.size(), 1) != "}") return {};
  return {name, group_number(name), name.size() + (braced ? 2 : 0)};
}

/// Bytes of the character at `at`, or 1 at the end.
std::size_t step(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80) ++end;
  return end - at;
}

}  // namespace

struct GoRegex::Compiled {
  explicit Compiled(const std::string& pattern) : regex(pattern, regex_options()) {}

  /// The first match from `from` on.
  [[nodiscard]] std::optional<Match> find(std::string_view text, std::size_t from) const {
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) + 1);
    if (!regex.Match(piece_of(text), from, text.size(), RE2::UNANCHORED, groups.data(),
                     static_cast<int>(groups.size()))) {
      return std::nullopt;
    }
    Match match;
    for (const re2::StringPiece& group : groups) match.emplace_back(group.data(), group.size());
    return match;
  }

  RE2 regex;
};

Result<GoRegex> GoRegex::compile(std::string_view pattern) {
  const auto failed = [&](const std::string& why) {
    return Error{ErrorCode::kUsage, "regular expression " + quote_label_value(pattern) + ": " + why, "",
                 "the syntax is RE2's, as in Prometheus"};
  };
  if (!is_valid_utf8(pattern)) return failed("invalid UTF-8");
  const auto translated = as_re2(pattern);
  if (!translated) return failed(translated.error().message);
  GoRegex regex;
  // Prometheus's own frame, also for patterns that break out of it, such as "a)|(b".
  auto compiled = std::make_shared<const Compiled>("^(?s:" + *translated + ")$");
  if (!compiled->regex.ok()) return failed(compiled->regex.error());
  regex.compiled_ = std::move(compiled);
  return regex;
}

bool GoRegex::matches(std::string_view text) const {
  return compiled_->regex.Match(piece_of(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

std::optional<GoRegex::Match> GoRegex::find(std::string_view text) const { return compiled_->find(text, 0); }

std::string GoRegex::expand(std::string_view replacement, const Match& match) const {
  std::string out;
  while (true) {
    const std::size_t dollar = replacement.find('$');
    out += replacement.substr(0, dollar);
    if (dollar == std::string_view::npos) return out;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$')) {
      out += '$';
      replacement.remove_prefix(1);
      continue;
    }
    const Reference reference = read_reference(replacement);
    if (reference.bytes == 0) {
      out += '$';
      continue;
    }
    replacement.remove_prefix(reference.bytes);
    std::optional<std::size_t> group = reference.number;
    if (!group) {
      const auto& names = compiled_->regex.NamedCapturingGroups();
      if (const auto at = names.find(std::string(reference.name)); at != names.end()) {
        group = static_cast<std::size_t>(at->second);
      }
    }
    if (group && *group < match.size()) out += match[*group];
  }
}

std::string GoRegex::replace_all(std::string_view text, std::string_view replacement) const {
  std::string out;
  std::size_t copied = 0;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::optional<Match> match = compiled_->find(text, from);
    if (!match) break;
    const auto begin = static_cast<std::size_t>(match->front().data() - text.data());
    const std::size_t end = begin + match->front().size();
    out += text.substr(copied, begin - copied);
    // No empty match right behind another one.
    if (end > copied || begin == 0) out += expand(replacement, *match);
    copied = end;
    from = end > from ? end : from + step(text, from);
  }
  out += text.substr(copied);
  return out;
}

std::vector<std::pair<std::size_t, std::string>> GoRegex::group_names() const {
  std::vector<std::pair<std::size_t, std::string>> names;
  for (const auto& [number, name] : compiled_->regex.CapturingGroupNames()) {
    names.emplace_back(static_cast<std::size_t>(number), name);
  }
  return names;
}

}  // namespace promfill
