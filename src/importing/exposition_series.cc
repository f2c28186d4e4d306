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

Result<std::uint32_t> ExpositionSeries::number_of_counter(std::vector<Label> labels) {
  constexpr std::string_view kCreated = "_created";
  const auto name = std::ranges::find(labels, kMetricName, &Label::name);
  const bool is_start = changes_->created_is_start && name != labels.end() && name->value.ends_with(kCreated);
  if (!is_start) return number(std::move(labels));
  name->value.replace(name->value.size() - kCreated.size(), kCreated.size(), "_total");
  PROMFILL_TRY(const std::uint32_t of_total, number(std::move(labels)));
  return of_total == kDropped ? kDropped : of_total | kIsStart;
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
