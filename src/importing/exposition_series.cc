// See exposition_series.h.
#include "importing/exposition_series.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "store/sample_batch.h"

namespace promfill {

void ExpositionSeries::forget() {
  keys_ = {};
  hashes_.clear();
  family_keys_ = {};
  families_.clear();
  numbering_ = std::make_shared<char>();
  keys_.intern(std::string_view("\0", 1));  // no key: names aren't empty
  hashes_.push_back(0);
}

Result<std::uint32_t> ExpositionSeries::number(std::vector<Label> labels) {
  change(labels);
  std::ranges::sort(labels, {}, &Label::name);
  if (!changes_->rules.empty()) {
    std::optional<std::vector<Label>> kept = changes_->rules.apply(labels);
    if (!kept) return kDropped;
    labels = *std::move(kept);
  }
  PROMFILL_TRY_STATUS(check(labels));
  std::string key;
  encode_entity_key(labels, key);
  const std::uint64_t hash = hash_entity_key(key);
  const std::uint32_t number = keys_.intern(key, hash);
  if (number == hashes_.size()) hashes_.push_back(hash);
  return number;
}

Result<std::uint32_t> ExpositionSeries::number_under(std::vector<Label> labels, FloatLabel type) {
  const auto name = std::ranges::find(labels, kMetricName, &Label::name);
  if (!changes_->created_is_start || name == labels.end()) return number(std::move(labels));
  const std::string full = name->value;
  constexpr std::string_view kCreated = "_created";
  const bool is_start = full.ends_with(kCreated);
  if (type == FloatLabel::kCounter) {
    if (is_start) name->value.replace(full.size() - kCreated.size(), kCreated.size(), "_total");
    PROMFILL_TRY(const std::uint32_t found, number(std::move(labels)));
    return is_start && found != kDropped ? found | kIsStart : found;
  }
  std::string_view base = full;
  for (const std::string_view suffix :
       {kCreated, std::string_view("_bucket"), std::string_view("_sum"), std::string_view("_count")}) {
    if (!full.ends_with(suffix)) continue;
    base.remove_suffix(suffix.size());
    break;
  }
  const std::uint32_t family = family_of(labels, base);
  if (is_start) return family | kIsStart | kIsFamily;
  PROMFILL_TRY(const std::uint32_t found, number(std::move(labels)));
  if (found != kDropped) families_[family].push_back(found);
  return found;
}

/// By its name and the labels that all of its series have.
std::uint32_t ExpositionSeries::family_of(std::vector<Label> labels, std::string_view name) {
  std::erase_if(labels, [](const Label& label) { return label.name == "le" || label.name == "quantile"; });
  for (Label& label : labels) {
    if (label.name == kMetricName) label.value = name;
  }
  std::ranges::sort(labels, {}, &Label::name);
  std::string key;
  encode_entity_key(labels, key);
  const std::uint32_t family = family_keys_.intern(key, hash_entity_key(key));
  if (family == families_.size()) families_.emplace_back();
  return family;
}

void ExpositionSeries::change(std::vector<Label>& labels) const {
  if (!changes_->prefix.empty()) {
    const auto name = std::ranges::find(labels, kMetricName, &Label::name);
    if (name != labels.end()) name->value.insert(0, changes_->prefix);
  }
  for (const ConstantLabel& constant : changes_->constants) {
    std::erase_if(labels, [&](const Label& label) { return label.name == constant.name; });
    if (!constant.value.empty()) labels.push_back({constant.name, constant.value});
  }
}

Status ExpositionSeries::check(const std::vector<Label>& labels) const {
  const Limits& limits = changes_->limits;
  const auto beyond = [](const std::string& what, std::uint64_t Limits::* limit, std::uint64_t needed) {
    return Error{ErrorCode::kLimit, what + "; " + hint_to_raise(limit, needed), "", ""};
  };
  if (labels.empty()) return Error{ErrorCode::kData, "the series has no labels left", "", ""};
  if (labels.size() > limits.labels_per_series) {
    return beyond("the series has " + std::to_string(labels.size()) + " labels", &Limits::labels_per_series,
                  labels.size());
  }
  for (const Label& label : labels) {
    if (label.name.size() > limits.label_name_bytes) {
      return beyond("a label's name has " + std::to_string(label.name.size()) + " bytes", &Limits::label_name_bytes,
                    label.name.size());
    }
    if (label.value.size() > limits.label_value_bytes) {
      return beyond("a label's value has " + std::to_string(label.value.size()) + " bytes", &Limits::label_value_bytes,
                    label.value.size());
    }
  }
  return {};
}

}  // namespace promfill
