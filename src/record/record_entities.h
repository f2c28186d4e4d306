// Which entity the labels of a row are. Labels come as the bytes of a LabelSink; the same bytes are looked up in one
// table, and only new ones are sorted, checked and put into the canonical form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/record_plan.h"
#include "store/byte_table.h"

namespace promfill {

/// What can be wrong with the labels of a row, which is then rejected.
enum class LabelsTrouble : std::uint8_t {
  kNone,
  kInvalidName,
  kNameTooLong,
  kDuplicate,  ///< stands twice, or is one of the metrics' own
  kTooMany,
  kNotUtf8,
  kValueTooLong,
  kNoMetricName,  ///< where rows bring __name__
};

/// A label as it lies in a LabelSink.
struct SunkLabel {
  std::string_view name;
  std::string_view value;
};
/// @param bytes  of a LabelSink.
std::vector<SunkLabel> sunk_labels(std::string_view bytes);

/// Entities of one type of records, numbered from 0 for as long as this object lives.
class RecordEntities {
 public:
  struct Described {
    std::uint64_t hash = 0;  ///< of the key
    LabelsTrouble trouble = LabelsTrouble::kNone;
    std::string troubled_label;
    std::string troubled_value;
  };

  /// @param plan  borrowed.
  explicit RecordEntities(const RecordPlan& plan) : plan_(&plan) {}

  /// @param bytes  of a LabelSink.
  std::uint32_t entity(std::string_view bytes);
  [[nodiscard]] const Described& described(std::uint32_t entity) const { return described_[entity]; }
  /// Canonical (encode_entity_key); of no use where there is trouble. Borrowed until the next entity().
  [[nodiscard]] std::string_view key(std::uint32_t entity) const { return keys_[entity]; }
  [[nodiscard]] std::size_t size() const { return described_.size(); }
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  Described describe(std::string_view bytes, std::string& key) const;

  const RecordPlan* plan_;
  ByteTable sunk_;                       // what sinks had
  std::vector<std::uint32_t> entities_;  // of them
  ByteTable keys_;                       // by entity; where there is trouble, the sink's bytes behind a 0
  std::vector<Described> described_;
};

}  // namespace promfill
