// Regular expressions as Prometheus takes them: Go's regexp package, matched against a whole text, with Go's templates.
// RE2 is the same language but for three words: it lacks Go's (?<name>…), has \C, and names its version of Unicode
// itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/result.h"

namespace promfill {

/// Immutable; copies share what was compiled. `.` matches a newline.
class GoRegex {
 public:
  /// Where each group matched, the whole match first; null data where a group took no part. Borrowed from the text.
  using Match = std::vector<std::string_view>;

  /// @error kUsage  it does not compile.
  static Result<GoRegex> compile(std::string_view pattern);

  [[nodiscard]] bool matches(std::string_view text) const;
  /// Nothing where it does not match.
  [[nodiscard]] std::optional<Match> find(std::string_view text) const;
  /// `text` with each match replaced by the expanded template; as it was where there is none.
  [[nodiscard]] std::string replace_all(std::string_view text, std::string_view replacement) const;
  /// The template with $1, $name, ${name} and $$ put in. A group that isn't there is "".
  /// (Source of the rules: the documentation of Go's regexp.Expand.)
  [[nodiscard]] std::string expand(std::string_view replacement, const Match& match) const;
  /// Names of groups that have one, by number of the group, counted from 1.
  [[nodiscard]] std::vector<std::pair<std::size_t, std::string>> group_names() const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace promfill
