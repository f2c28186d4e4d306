// Labels of a series: names and values as byte strings, in Prometheus's order.
#pragma once

#include <compare>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/result.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

inline constexpr std::string_view kMetricName = "__name__";

/// A label's name and value.
struct Label {
  std::string name;   ///< any UTF-8 text but the empty one
  std::string value;  ///< any UTF-8 text; empty says the same as no label
  friend auto operator<=>(const Label&, const Label&) = default;
};

/// Sorted by name (unsigned bytes), names unique, no empty values: an empty value is an absent label in Prometheus.
class Labels {
 public:
  Labels() = default;

  /// Sort, drop empty values, refuse duplicates.
  /// @error kUsage  a name that stands twice, or an empty name.
  static Result<Labels> create(std::vector<Label> labels);

  /// Sorted by name.
  [[nodiscard]] std::span<const Label> pairs() const { return pairs_; }
  /// Whether there is none.
  [[nodiscard]] bool empty() const { return pairs_.empty(); }
  /// How many there are.
  [[nodiscard]] std::size_t size() const { return pairs_.size(); }
  /// The first by name.
  [[nodiscard]] auto begin() const { return pairs_.begin(); }
  /// Behind the last.
  [[nodiscard]] auto end() const { return pairs_.end(); }

  /// The value of `name`, or "" where there is none. Borrowed from this object.
  [[nodiscard]] std::string_view get(std::string_view name) const;

  /// name{a="b",…} as PromQL and OpenMetrics write it; names that are not classic are quoted inside the braces.
  [[nodiscard]] std::string text() const;

  /// Series order of an index: name, value, name, value … as byte strings; a prefix is the smaller.
  /// (Source: labels.Compare in model/labels/labels_stringlabels.go.)
  friend std::strong_ordering operator<=>(const Labels& a, const Labels& b);
  friend bool operator==(const Labels& a, const Labels& b) = default;

 private:
  std::vector<Label> pairs_;
};

/// [a-zA-Z_:][a-zA-Z0-9_:]*
[[nodiscard]] bool is_classic_metric_name(std::string_view name);
/// [a-zA-Z_][a-zA-Z0-9_]*
[[nodiscard]] bool is_classic_label_name(std::string_view name);
/// Well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
[[nodiscard]] bool is_valid_utf8(std::string_view text);
/// Put `text` in double quotes, with \\, \" and \n escaped as in OpenMetrics.
[[nodiscard]] std::string quote_label_value(std::string_view text);

}  // namespace PROMFILL_ABI
}  // namespace promfill
