// Label matchers and the PromQL series selector, as `dump --match` takes them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/labels.h"
#include "promfill/result.h"

namespace promfill {

enum class MatchKind : std::uint8_t { kEqual, kNotEqual, kRegex, kNotRegex };

/// One condition on one label; an absent label has the value "". Regular expressions are RE2, anchored at both ends,
/// and
/// `.` matches a newline, as in Prometheus (model/labels/regexp.go). Copyable; immutable.
class Matcher {
 public:
  /// @error kUsage  the expression does not compile.
  static Result<Matcher> create(MatchKind kind, std::string name, std::string value);

  [[nodiscard]] bool matches(std::string_view value) const;
  [[nodiscard]] MatchKind kind() const { return kind_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& value() const { return value_; }

 private:
  struct Regex;
  MatchKind kind_ = MatchKind::kEqual;
  std::string name_;
  std::string value_;
  std::shared_ptr<const Regex> regex_;  // shared by copies: compiled expressions are immutable
};

/// Parse `name{a="b",c!~"d.*",}`, `{…}` or `name`; also quoted names, {"my.metric","lä.bel"="v"}. See selector.cc for
/// the grammar. Differs: `{}` and other selectors that match the empty string are allowed and select all such series.
/// @error kUsage  with the byte position in `where`.
Result<std::vector<Matcher>> parse_selector(std::string_view text);

/// True when every matcher matches.
[[nodiscard]] bool matches_all(std::span<const Matcher> matchers, const Labels& labels);

}  // namespace promfill
