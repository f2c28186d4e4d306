// Series of exposition texts to entities: constant labels set, rules applied, limits held. Each text of a series comes
// here once, so nothing of it is fast.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "openmetrics/text_block.h"
#include "promfill/limits.h"
#include "promfill/mapping.h"
#include "relabel/relabel.h"
#include "store/byte_table.h"

namespace promfill {

/// What becomes of every series' labels, in this order.
struct SeriesChanges {
  std::string prefix{};                    ///< before the metric's name
  std::vector<ConstantLabel> constants{};  ///< win over the text's; an empty value removes the label
  Relabeller rules{};
  Limits limits{};
  bool created_is_start = false;  ///< x_created is the start of x_total, or of a histogram's series, and no series
};

class ExpositionSeries final : public SeriesNumbers {
 public:
  static constexpr std::uint32_t kDropped = 0;  ///< the number of all series that a rule drops

  /// The line is an x_created: of the series x_total with this number, or with kIsFamily of all of a family.
  static constexpr std::uint32_t kIsStart = 0x80000000;
  static constexpr std::uint32_t kIsFamily = 0x40000000;

  /// @param changes  borrowed.
  explicit ExpositionSeries(const SeriesChanges& changes) : changes_(&changes) { forget(); }

  Result<std::uint32_t> number(std::vector<Label> labels) override;
  Result<std::uint32_t> number_under(std::vector<Label> labels, FloatLabel type) override;
  /// Numbers of the series that a histogram or summary has so far.
  [[nodiscard]] const std::vector<std::uint32_t>& family(std::uint32_t number) const { return families_[number]; }
  [[nodiscard]] std::uint32_t size() const { return keys_.size(); }
  [[nodiscard]] std::string_view key(std::uint32_t number) const { return keys_[number]; }
  [[nodiscard]] std::uint64_t hash(std::uint32_t number) const { return hashes_[number]; }
  /// The same for as long as numbers mean the same.
  [[nodiscard]] const std::shared_ptr<const void>& numbering() const { return numbering_; }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    std::uint64_t bytes = keys_.memory_bytes() + hashes_.capacity() * sizeof(std::uint64_t);
    bytes += family_keys_.memory_bytes() + families_.capacity() * sizeof(families_[0]);
    for (const std::vector<std::uint32_t>& family : families_) bytes += family.capacity() * sizeof(std::uint32_t);
    return bytes;
  }
  void forget();

 private:
  void change(std::vector<Label>& labels) const;
  [[nodiscard]] Status check(const std::vector<Label>& labels) const;
  std::uint32_t family_of(std::vector<Label> labels, std::string_view name);

  const SeriesChanges* changes_;
  ByteTable keys_;  // encode_entity_key; the first is no series
  std::vector<std::uint64_t> hashes_;
  ByteTable family_keys_;  // of histograms and summaries, where their starts are wanted
  std::vector<std::vector<std::uint32_t>> families_;
  std::shared_ptr<const void> numbering_;
};

}  // namespace promfill
