// Labels out of one text: the named groups of a regular expression that it matches, or the keys of a JSON object.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/labels.h"
#include "promfill/mapping.h"
#include "promfill/result.h"
#include "relabel/go_regex.h"

namespace promfill {

/// Why a text gives no labels.
enum class SplitTrouble : std::uint8_t {
  kNone,
  kNoMatch,      ///< of the regular expression
  kNotJson,      ///< not a JSON object
  kNestedValue,  ///< of a key: an object or a list
};

/// Immutable.
class LabelSplit {
 public:
  /// @error kUsage  the expression does not compile, or names no group.
  static Result<LabelSplit> compile(const LabelSplitMapping& mapping);

  /// Append the labels of a text. Those with an empty value are left out; a name may come twice.
  SplitTrouble split(std::string_view text, std::vector<Label>& labels) const;

  /// Names of the labels, where they are known beforehand: those of the expression's groups.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::optional<GoRegex> regex_;  // nothing: JSON
  std::vector<std::pair<std::size_t, std::string>> groups_;
};

/// `name` with an underscore for every character that a label's name of Prometheus 2 can't have there.
[[nodiscard]] std::string as_label_name(std::string_view name);

}  // namespace promfill
