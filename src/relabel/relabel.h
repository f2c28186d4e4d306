// Relabelling: rules that change the labels of a series or drop it, as Prometheus's relabel_configs.
// Source: Prometheus 3.14, model/relabel/relabel.go, and its documentation under <relabel_config>.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "promfill/labels.h"
#include "promfill/mapping.h"
#include "promfill/result.h"
#include "relabel/go_regex.h"

namespace promfill {

/// Which names of labels and metrics are valid: those of Prometheus 2, or any UTF-8, as in Prometheus 3.
enum class NameScheme : std::uint8_t { kLegacy, kUtf8 };

[[nodiscard]] bool is_valid_label_name(std::string_view name, NameScheme scheme);

/// Any case, as in Prometheus. @error kUsage  no such action; the hint has the nearest.
Result<RelabelAction> parse_relabel_action(std::string_view text);
[[nodiscard]] std::string_view to_string(RelabelAction action);

/// Rules that were checked and compiled. Immutable, so that threads can share it.
class Relabeller {
 public:
  /// @error kUsage  a rule that Prometheus refuses; `where` is left empty, `place` of the rule is the caller's to add.
  static Result<Relabeller> compile(std::span<const RelabelRule> rules, NameScheme scheme = NameScheme::kUtf8);

  [[nodiscard]] bool empty() const { return rules_.empty(); }

  /// The labels as the rules leave them, sorted by name; nothing where a rule drops the series. That they are valid is
  /// not said: `labelmap` makes any name, and a rule may remove __name__.
  /// @param labels  sorted by name, names unique, no empty values.
  [[nodiscard]] std::optional<std::vector<Label>> apply(std::span<const Label> labels) const;

 private:
  struct Rule {
    RelabelRule said;
    GoRegex regex;
  };
  NameScheme scheme_ = NameScheme::kUtf8;
  std::vector<Rule> rules_;
};

}  // namespace promfill
