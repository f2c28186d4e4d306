// See relabel.h.
#include "relabel/relabel.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "relabel/label_builder.h"
#include "relabel/md5.h"
#include "relabel/unicode_case.h"

namespace promfill {
namespace {

constexpr std::array<std::pair<std::string_view, RelabelAction>, 11> kActions{{
    {"replace", RelabelAction::kReplace},
    {"keep", RelabelAction::kKeep},
    {"drop", RelabelAction::kDrop},
    {"keepequal", RelabelAction::kKeepEqual},
    {"dropequal", RelabelAction::kDropEqual},
    {"hashmod", RelabelAction::kHashMod},
    {"labelmap", RelabelAction::kLabelMap},
    {"labeldrop", RelabelAction::kLabelDrop},
    {"labelkeep", RelabelAction::kLabelKeep},
    {"lowercase", RelabelAction::kLowercase},
    {"uppercase", RelabelAction::kUppercase},
}};

bool is_template(std::string_view text) { return text.find('$') != std::string_view::npos; }

Error refused(std::string message, std::string hint) {
  return {ErrorCode::kUsage, std::move(message), "", std::move(hint)};
}

/// A name of the legacy scheme, with $1 and ${name} in places.
bool is_legacy_template(std::string_view text) {
  static const Result<GoRegex> kTemplate = GoRegex::compile(R"((?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+)");
  return kTemplate->matches(text);
}

/// UTF-8 names may have a '$' themselves, so any template is one of them.
bool is_valid_template(std::string_view text, NameScheme scheme) {
  return scheme == NameScheme::kUtf8 ? is_valid_label_name(text, scheme) : is_legacy_template(text);
}

bool needs_target(RelabelAction action) {
  switch (action) {
    case RelabelAction::kReplace:
    case RelabelAction::kHashMod:
    case RelabelAction::kLowercase:
    case RelabelAction::kUppercase:
    case RelabelAction::kKeepEqual:
    case RelabelAction::kDropEqual:
      return true;
    default:
      return false;
  }
}

Status check_target(const RelabelRule& rule, const std::string& action, NameScheme scheme) {
  if (!needs_target(rule.action)) return {};
  if (rule.target_label.empty()) return refused(action + " needs a target_label", "add target_label: NAME");
  const bool with_groups = rule.action == RelabelAction::kReplace && is_template(rule.target_label);
  const bool valid =
      with_groups ? is_valid_template(rule.target_label, scheme) : is_valid_label_name(rule.target_label, scheme);
  if (valid) return {};
  return refused(quote_label_value(rule.target_label) + " is no target_label for " + action,
                 "a label's name is UTF-8 and not empty");
}

/// Words that an action does not read are mistakes, as in Prometheus.
Status check_unused(const RelabelRule& rule, const std::string& action) {
  const RelabelRule plain;
  const bool replaces = rule.replacement != plain.replacement;
  const bool splits = rule.separator != plain.separator;
  switch (rule.action) {
    case RelabelAction::kKeepEqual:
    case RelabelAction::kDropEqual:
      if (!rule.regex && rule.modulus == 0 && !splits && !replaces) return {};
      return refused(action + " takes source_labels and target_label only", "remove the other keys of the rule");
    case RelabelAction::kLowercase:
    case RelabelAction::kUppercase:
      if (!replaces) return {};
      return refused(action + " takes no replacement", "remove it");
    case RelabelAction::kLabelDrop:
    case RelabelAction::kLabelKeep:
      if (!rule.source_labels && rule.target_label.empty() && rule.modulus == 0 && !splits && !replaces) return {};
      return refused(action + " takes a regex only", "remove the other keys of the rule");
    default:
      return {};
  }
}

Status check(const RelabelRule& rule, NameScheme scheme) {
  const std::string action(to_string(rule.action));
  if (rule.action == RelabelAction::kHashMod && rule.modulus == 0) {
    return refused("hashmod needs a modulus", "add modulus: NUMBER, not 0");
  }
  PROMFILL_TRY_STATUS(check_target(rule, action, scheme));
  if (rule.action == RelabelAction::kLabelMap && !is_valid_template(rule.replacement, scheme)) {
    return refused(quote_label_value(rule.replacement) + " is no replacement for labelmap",
                   "it becomes a label's name, such as ${1}");
  }
  return check_unused(rule, action);
}

std::string joined_values(const RelabelRule& rule, const LabelBuilder& labels) {
  std::string joined;
  if (!rule.source_labels) return joined;
  bool first = true;
  for (const std::string& name : *rule.source_labels) {
    if (!std::exchange(first, false)) joined += rule.separator;
    joined += labels.get(name);
  }
  return joined;
}

void replace(const RelabelRule& rule, const GoRegex& regex, const std::string& value, NameScheme scheme,
             LabelBuilder& labels) {
  const std::optional<GoRegex::Match> match = regex.find(value);
  if (!match) return;
  const std::string target = regex.expand(rule.target_label, *match);
  if (!is_valid_label_name(target, scheme)) return;
  labels.set(target, regex.expand(rule.replacement, *match));
}

std::string hash_modulo(std::string_view value, std::uint64_t modulus) {
  const std::array<std::uint8_t, 16> sum = md5(value);
  std::uint64_t last_half = 0;
  for (std::size_t i = 8; i < sum.size(); ++i) last_half = (last_half << 8) | sum[i];
  return std::to_string(last_half % modulus);
}

void map_names(const RelabelRule& rule, const GoRegex& regex, LabelBuilder& labels) {
  for (const Label& label : labels.labels()) {
    if (regex.matches(label.name)) labels.set(regex.replace_all(label.name, rule.replacement), label.value);
  }
}

/// Remove the labels whose name matches, or those whose name does not.
void remove_names(const GoRegex& regex, bool matching, LabelBuilder& labels) {
  for (const Label& label : labels.labels()) {
    if (regex.matches(label.name) == matching) labels.remove(label.name);
  }
}

/// @return false where the series is dropped.
bool apply_rule(const RelabelRule& rule, const GoRegex& regex, NameScheme scheme, LabelBuilder& labels) {
  const std::string value = joined_values(rule, labels);
  switch (rule.action) {
    case RelabelAction::kReplace:
      replace(rule, regex, value, scheme, labels);
      return true;
    case RelabelAction::kKeep:
      return regex.matches(value);
    case RelabelAction::kDrop:
      return !regex.matches(value);
    case RelabelAction::kKeepEqual:
      return labels.get(rule.target_label) == value;
    case RelabelAction::kDropEqual:
      return labels.get(rule.target_label) != value;
    case RelabelAction::kHashMod:
      labels.set(rule.target_label, hash_modulo(value, rule.modulus));
      return true;
    case RelabelAction::kLabelMap:
      map_names(rule, regex, labels);
      return true;
    case RelabelAction::kLabelDrop:
      remove_names(regex, true, labels);
      return true;
    case RelabelAction::kLabelKeep:
      remove_names(regex, false, labels);
      return true;
    case RelabelAction::kLowercase:
      labels.set(rule.target_label, to_lower(value));
      return true;
    case RelabelAction::kUppercase:
      labels.set(rule.target_label, to_upper(value));
      return true;
  }
  return true;
}

}  // namespace

bool is_valid_label_name(std::string_view name, NameScheme scheme) {
  if (scheme == NameScheme::kLegacy) return is_classic_label_name(name);
  return !name.empty() && is_valid_utf8(name);
}

Result<RelabelAction> parse_relabel_action(std::string_view text) {
  const std::string lower = to_lower(text);
  for (const auto& [word, action] : kActions) {
    if (word == lower) return action;
  }
  std::string words;
  for (const auto& [word, action] : kActions) words += (words.empty() ? "" : ", ") + std::string(word);
  return refused("unknown relabel action '" + std::string(text) + "'", "actions are " + words);
}

std::string_view to_string(RelabelAction action) {
  return std::find_if(kActions.begin(), kActions.end(), [&](const auto& known) { return known.second == action; })
      ->first;
}

Result<Relabeller> Relabeller::compile(std::span<const RelabelRule> rules, NameScheme scheme) {
  Relabeller relabeller;
  relabeller.scheme_ = scheme;
  for (const RelabelRule& rule : rules) {
    PROMFILL_TRY_STATUS(check(rule, scheme));
    PROMFILL_TRY(GoRegex regex, GoRegex::compile(rule.regex.value_or("(.*)")));
    relabeller.rules_.push_back({rule, std::move(regex)});
  }
  return relabeller;
}

std::optional<std::vector<Label>> Relabeller::apply(std::span<const Label> labels) const {
  LabelBuilder builder(labels);
  for (const Rule& rule : rules_) {
    if (!apply_rule(rule.said, rule.regex, scheme_, builder)) return std::nullopt;
  }
  return builder.sorted();
}

}  // namespace promfill
