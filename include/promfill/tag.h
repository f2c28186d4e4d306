// Tags of metrics, "metric_type:gauge,metric_name:nodes,rack:r1": how they are read, by the compiler and at run time.
// Everything here borrows the tag's text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/sample.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

enum class TagMistake : std::uint8_t {
  kNone,
  kKeyWithoutColon,
  kInvalidKey,
  kKeyTwice,
  kEmptyValue,
  kTrailingBackslash,
  kNoMetricType,
  kUnknownMetricType,
  kNoBounds,
  kCumulativeIsNoWord,
  kInvalidMetricName,
  kNameAsLabel,
};

/// A value as it stands in the tag: a backslash takes the next character as it is.
struct TagValue {
  std::string_view escaped;  ///< as the tag has it

  /// Without the backslashes.
  [[nodiscard]] std::string text() const {
    std::string plain;
    for (std::string_view rest = escaped; !rest.empty();) plain += take_character(rest);
    return plain;
  }
  /// Whether both mean the same.
  friend constexpr bool operator==(TagValue a, TagValue b) {
    while (!a.escaped.empty() && !b.escaped.empty()) {
      if (take_character(a.escaped) != take_character(b.escaped)) return false;
    }
    return a.escaped.empty() && b.escaped.empty();
  }

 private:
  static constexpr char take_character(std::string_view& rest) {
    if (rest.front() == '\\') rest.remove_prefix(1);
    const char c = rest.front();
    rest.remove_prefix(1);
    return c;
  }
};

/// A key of a tag that is no word of promfill's.
struct TagLabel {
  std::string_view name;  ///< the key
  TagValue value;         ///< what follows its colon
  friend constexpr bool operator==(const TagLabel&, const TagLabel&) = default;
};

/// What a tag says.
struct Tag {
  TagMistake mistake = TagMistake::kNone;  ///< the first; the rest of what is here is then of no use
  bool is_ignored = false;                 ///< the member is no metric
  MetricType type = MetricType::kGauge;    ///< of the metric
  std::string_view metric_name;            ///< empty: the member's
  std::vector<TagLabel> labels;            ///< sorted by name
  TagValue bounds;                         ///< of a histogram's buckets, or a summary's quantiles, divided by blanks
  TagValue cumulative;                     ///< of a histogram: empty, true or false
};

/// [a-zA-Z_][a-zA-Z0-9_]*
[[nodiscard]] constexpr bool is_label_name(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
  }
  return !name.empty();
}

/// Whether a label says something about the metric to people, rather than telling series apart.
[[nodiscard]] constexpr bool is_metadata_key(std::string_view key) {
  return key == "description" || key == "help" || key == "humanName" || key == "unit";
}

/// Reads one tag from left to right.
class TagReader {
 public:
  /// @param text  lives longer than what is read.
  constexpr explicit TagReader(std::string_view text) : rest_(text) {}

  /// The whole tag, or its first mistake.
  constexpr Tag read() {
    if (rest_ == "-") {
      tag_.is_ignored = true;
      return tag_;
    }
    while (tag_.mistake == TagMistake::kNone) {
      while (rest_.starts_with(' ')) rest_.remove_prefix(1);
      if (rest_.empty()) break;
      const std::string_view key = take_key();
      const TagValue value = take_value();
      if (tag_.mistake == TagMistake::kNone) tag_.mistake = add(key, value);
    }
    if (tag_.mistake == TagMistake::kNone && !typed_) tag_.mistake = TagMistake::kNoMetricType;
    if (tag_.mistake == TagMistake::kNone) tag_.mistake = take_words();
    return tag_;
  }

 private:
  /// Keys that are words only for some types, whichever of them came first.
  constexpr TagMistake take_words() {
    const bool is_histogram = tag_.type == MetricType::kHistogram;
    if (!is_histogram && tag_.type != MetricType::kSummary) return TagMistake::kNone;
    std::vector<TagLabel> labels;
    for (const TagLabel& label : tag_.labels) {
      if (label.name == (is_histogram ? "bounds" : "quantiles")) {
        tag_.bounds = label.value;
      } else if (is_histogram && label.name == "cumulative") {
        tag_.cumulative = label.value;
      } else {
        labels.push_back(label);
      }
    }
    tag_.labels = labels;
    if (tag_.bounds.escaped.empty()) return TagMistake::kNoBounds;
    const std::string_view said = tag_.cumulative.escaped;
    return said.empty() || said == "true" || said == "false" ? TagMistake::kNone : TagMistake::kCumulativeIsNoWord;
  }

  constexpr std::string_view take_key() {
    const std::size_t colon = rest_.find(':');
    if (colon == std::string_view::npos || rest_.find(',') < colon) {
      tag_.mistake = TagMistake::kKeyWithoutColon;
      return {};
    }
    const std::string_view key = rest_.substr(0, colon);
    rest_.remove_prefix(colon + 1);
    if (!is_label_name(key)) tag_.mistake = TagMistake::kInvalidKey;
    return key;
  }

  constexpr TagValue take_value() {
    std::size_t end = 0;
    for (; end < rest_.size() && rest_[end] != ','; ++end) {
      if (rest_[end] == '\\' && ++end == rest_.size()) return fail(TagMistake::kTrailingBackslash);
    }
    const TagValue value{rest_.substr(0, end)};
    rest_.remove_prefix(end < rest_.size() ? end + 1 : end);
    return value.escaped.empty() ? fail(TagMistake::kEmptyValue) : value;
  }

  constexpr TagValue fail(TagMistake mistake) {
    if (tag_.mistake == TagMistake::kNone) tag_.mistake = mistake;
    return {};
  }

  constexpr TagMistake add(std::string_view key, TagValue value) {
    if (key == "__name__") return TagMistake::kNameAsLabel;
    if (key == "metric_type") {
      if (typed_) return TagMistake::kKeyTwice;
      typed_ = true;
      return set_type(value.escaped);
    }
    if (key == "metric_name") {
      if (!tag_.metric_name.empty()) return TagMistake::kKeyTwice;
      tag_.metric_name = value.escaped;
      return is_metric_name(value.escaped) ? TagMistake::kNone : TagMistake::kInvalidMetricName;
    }
    std::size_t at = 0;
    while (at < tag_.labels.size() && tag_.labels[at].name < key) ++at;
    if (at < tag_.labels.size() && tag_.labels[at].name == key) return TagMistake::kKeyTwice;
    tag_.labels.push_back({key, value});
    for (std::size_t i = tag_.labels.size() - 1; i > at; --i) tag_.labels[i] = tag_.labels[i - 1];
    tag_.labels[at] = {key, value};
    return TagMistake::kNone;
  }

  constexpr TagMistake set_type(std::string_view type) {
    if (type == "counter") tag_.type = MetricType::kCounter;
    if (type == "untyped") tag_.type = MetricType::kUntyped;
    if (type == "info") tag_.type = MetricType::kInfo;
    if (type == "stateset") tag_.type = MetricType::kStateset;
    if (type == "histogram") tag_.type = MetricType::kHistogram;
    if (type == "summary") tag_.type = MetricType::kSummary;
    if (type == "native_histogram") tag_.type = MetricType::kNativeHistogram;
    if (type == "-") tag_.is_ignored = true;
    const bool known = tag_.is_ignored || tag_.type != MetricType::kGauge || type == "gauge";
    return known ? TagMistake::kNone : TagMistake::kUnknownMetricType;
  }

  /// [a-zA-Z_:][a-zA-Z0-9_:]*
  static constexpr bool is_metric_name(std::string_view name) {
    for (std::size_t i = 0; i < name.size(); ++i) {
      const char letter = 'a';
      const std::string_view one = name[i] == ':' ? std::string_view(&letter, 1) : name.substr(i, 1);
      const bool digit = one[0] >= '0' && one[0] <= '9';
      if (!is_label_name(one) && !(i > 0 && digit)) return false;
    }
    return !name.empty();
  }

  std::string_view rest_;
  bool typed_ = false;
  Tag tag_;
};

/// Read a tag. Runs in the compiler, too.
[[nodiscard]] constexpr Tag parse_tag(std::string_view text) { return TagReader(text).read(); }

}  // namespace PROMFILL_ABI
}  // namespace promfill
