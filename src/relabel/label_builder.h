// Labels while rules change them, in the order that Prometheus's rules see: first the labels that the series came with
// and that nobody changed, by name, then the changed ones in order of their first change.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/labels.h"

namespace promfill {

class LabelBuilder {
 public:
  /// @param base  sorted by name, names unique, no empty values; borrowed.
  explicit LabelBuilder(std::span<const Label> base) : base_(base), hidden_(base.size()) {}

  /// "" where there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  /// An empty value removes the label.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  /// As they are now, in the order above.
  [[nodiscard]] std::vector<Label> labels() const;
  /// As they are now, sorted by name.
  [[nodiscard]] std::vector<Label> sorted() const;

 private:
  [[nodiscard]] std::size_t base_position(std::string_view name) const;

  std::span<const Label> base_;
  std::vector<bool> hidden_;  // by position in base_: removed, or changed
  std::vector<Label> changed_;
};

}  // namespace promfill
