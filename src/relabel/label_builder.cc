// See label_builder.h.
#include "relabel/label_builder.h"

#include <algorithm>
#include <utility>

namespace promfill {
namespace {

template <typename Range>
auto find_label(Range& labels, std::string_view name) {
  return std::find_if(labels.begin(), labels.end(), [name](const Label& label) { return label.name == name; });
}

}  // namespace

std::size_t LabelBuilder::base_position(std::string_view name) const {
  return static_cast<std::size_t>(find_label(base_, name) - base_.begin());
}

std::string_view LabelBuilder::get(std::string_view name) const {
  if (const auto at = find_label(changed_, name); at != changed_.end()) return at->value;
  const std::size_t at = base_position(name);
  return at == base_.size() || hidden_[at] ? std::string_view() : std::string_view(base_[at].value);
}

void LabelBuilder::set(std::string_view name, std::string value) {
  if (value.empty()) return remove(name);
  if (const auto at = find_label(changed_, name); at != changed_.end()) {
    at->value = std::move(value);
    return;
  }
  if (const std::size_t at = base_position(name); at < base_.size()) hidden_[at] = true;
  changed_.push_back({std::string(name), std::move(value)});
}

void LabelBuilder::remove(std::string_view name) {
  if (const auto at = find_label(changed_, name); at != changed_.end()) changed_.erase(at);
  if (const std::size_t at = base_position(name); at < base_.size()) hidden_[at] = true;
}

std::vector<Label> LabelBuilder::labels() const {
  std::vector<Label> all;
  for (std::size_t i = 0; i < base_.size(); ++i) {
    if (!hidden_[i]) all.push_back(base_[i]);
  }
  all.insert(all.end(), changed_.begin(), changed_.end());
  return all;
}

std::vector<Label> LabelBuilder::sorted() const {
  std::vector<Label> all = labels();
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace promfill
