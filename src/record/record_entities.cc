// See record_entities.h.
#include "record/record_entities.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "promfill/labels.h"
#include "store/sample_batch.h"

namespace promfill {
inline namespace PROMFILL_ABI {
// Numbers as labels: the same texts as those of columns of numbers (mapping/entity_codes.cc).
namespace {

/// Doubles below and above are written with an exponent, as in JavaScript and jq.
constexpr double kFixedMin = 1e-6;
constexpr double kFixedMax = 1e21;

}  // namespace

void LabelSink::add_double(std::string_view name, double value) {
  if (std::isnan(value)) return add(name, std::string_view("NaN"));
  if (std::isinf(value)) return add(name, std::string_view(value > 0 ? "+Inf" : "-Inf"));
  const double size = std::abs(value);
  const bool fixed = size == 0 || (size >= kFixedMin && size < kFixedMax);
  char text[32];
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(text, text + sizeof text, value, format).ptr;
  add(name, std::string_view(text, static_cast<std::size_t>(end - text)));
}

namespace schema {

std::vector<std::string> split_at_blanks(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!word.empty()) words.emplace_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return words;
}

}  // namespace schema

void LabelSink::add_integer(std::string_view name, bool negative, std::uint64_t magnitude) {
  char text[24] = "-";
  const auto end = std::to_chars(text + 1, text + sizeof text, magnitude).ptr;
  const char* const begin = text + (negative ? 0 : 1);
  add(name, std::string_view(begin, static_cast<std::size_t>(end - begin)));
}

}  // namespace PROMFILL_ABI

namespace {

std::string_view take_text(std::string_view& bytes) {
  std::size_t length = 0;
  PROMFILL_ASSERT(bytes.size() >= sizeof length);
  std::memcpy(&length, bytes.data(), sizeof length);
  bytes.remove_prefix(sizeof length);
  PROMFILL_ASSERT(bytes.size() >= length);
  const std::string_view text = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return text;
}

}  // namespace

std::vector<SunkLabel> sunk_labels(std::string_view bytes) {
  std::vector<SunkLabel> labels;
  while (!bytes.empty()) {
    const std::string_view name = take_text(bytes);
    labels.push_back({name, take_text(bytes)});
  }
  return labels;
}

std::uint32_t RecordEntities::entity(std::string_view bytes) {
  const std::uint32_t known = sunk_.intern(bytes);
  if (known < entities_.size()) return entities_[known];
  std::string key;
  Described described = describe(bytes, key);
  if (described.trouble != LabelsTrouble::kNone) key = '\0' + std::string(bytes);  // no label's name is empty
  described.hash = hash_entity_key(key);
  const std::uint32_t entity = keys_.intern(key, described.hash);
  if (entity == described_.size()) described_.push_back(std::move(described));
  entities_.push_back(entity);
  return entity;
}

RecordEntities::Described RecordEntities::describe(std::string_view bytes, std::string& key) const {
  std::vector<SunkLabel> labels = sunk_labels(bytes);
  std::erase_if(labels, [](const SunkLabel& label) { return label.value.empty(); });
  std::sort(labels.begin(), labels.end(), [](const SunkLabel& a, const SunkLabel& b) { return a.name < b.name; });
  const auto trouble = [](LabelsTrouble what, const SunkLabel& label) {
    return Described{0, what, std::string(label.name), std::string(label.value)};
  };
  const Limits& limits = plan_->limits;
  bool named = !plan_->names_are_labels;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const SunkLabel& label = labels[i];
    const bool is_name = label.name == kMetricName;
    if (is_name ? !plan_->names_are_labels || !is_classic_metric_name(label.value)
                : !is_classic_label_name(label.name)) {
      return trouble(LabelsTrouble::kInvalidName, label);
    }
    named |= is_name;
    if (label.name.size() > limits.label_name_bytes) return trouble(LabelsTrouble::kNameTooLong, label);
    const bool taken = std::binary_search(plan_->taken_labels.begin(), plan_->taken_labels.end(), label.name);
    if (taken || (i > 0 && labels[i - 1].name == label.name)) return trouble(LabelsTrouble::kDuplicate, label);
    if (label.value.size() > limits.label_value_bytes) return trouble(LabelsTrouble::kValueTooLong, label);
    if (!is_valid_utf8(label.value)) return trouble(LabelsTrouble::kNotUtf8, label);
    encode_entity_label(label.name, label.value, key);
  }
  if (!named) return trouble(LabelsTrouble::kNoMetricName, {kMetricName, ""});
  if (labels.size() + plan_->taken_labels.size() + 1 > limits.labels_per_series) {
    return trouble(LabelsTrouble::kTooMany, labels.front());
  }
  return {};
}

std::uint64_t RecordEntities::memory_bytes() const {
  return sunk_.memory_bytes() + keys_.memory_bytes() + entities_.capacity() * sizeof(std::uint32_t) +
         described_.capacity() * sizeof(Described);
}

}  // namespace promfill
