// Which entity a row belongs to, without hashing its labels: values of each label column become small codes, a tuple of
// codes becomes an entity number.
//
//   column a   x x y y        codes 1 1 2 2  ┐
//   column b   7 7 7 8              1 1 1 2  ┴ entities 0 0 1 2
//
// A text is hashed once a dictionary entry, or once a run of equal rows. Everything is remembered across batches.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/plan.h"
#include "model/column.h"
#include "promfill/limits.h"
#include "promfill/result.h"
#include "store/byte_table.h"

namespace promfill {

/// Codes of 64-bit keys. Open addressing, at most half full, grows by two.
class CodeMap {
 public:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;

  /// The code of `key`, to be set at once where it is kFree: the key is new. Borrowed until the next call.
  std::uint32_t& operator[](std::uint64_t key) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[slot_of(key)];
    if (slot.code == kFree) {
      slot.key = key;
      ++used_;
    }
    return slot.code;
  }
  [[nodiscard]] std::uint64_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t code = kFree;
  };

  [[nodiscard]] std::size_t slot_of(std::uint64_t key) const {
    // Fibonacci hashing spreads neighbouring ids; the high bits of the product are the good ones.
    std::size_t at = static_cast<std::size_t>((key * 0x9E3779B97F4A7C15) >> shift_);
    while (slots_[at].code != kFree && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  void grow();

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  int shift_ = 64;
};

/// The distinct values of one label column, as label texts: numbers in their shortest form.
class LabelCodes {
 public:
  static constexpr std::uint32_t kAbsent = 0;  ///< of null and of the empty text

  LabelCodes() { values_.intern(""); }

  /// Write the code of column[rows[i]] to codes[i].
  /// @error kCorrupt  a dictionary code without a value.
  Status encode(const ColumnView& column, std::span<const std::uint32_t> rows, std::span<std::uint32_t> codes);

  /// The label's text; borrowed until the next encode().
  [[nodiscard]] std::string_view text(std::uint32_t code) const { return values_[code]; }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  std::uint32_t code_of_bits(std::uint64_t bits, ColumnKind kind);
  Status encode_dictionary(const ColumnView& column, std::span<const std::uint32_t> rows,
                           std::span<std::uint32_t> codes);
  void use_dictionary(const ColumnView& column);
  void look_up_dictionary();

  ByteTable values_;  // by code
  CodeMap number_codes_;
  std::optional<ColumnKind> number_kind_;  // that number_codes_ is for

  std::shared_ptr<const ColumnView> dictionary_;  // held, so that no other can come to lie at its address
  std::vector<std::uint32_t> dictionary_codes_;   // of its entries; kNotLookedUp where no row had it yet
  bool dictionary_fresh_ = false;                 // no row yet
};

/// What can be wrong with a label's value; the rows that have it are rejected.
enum class LabelTrouble : std::uint8_t {
  kNone,
  kNotUtf8,
  kTooLong,
  kNull,               ///< or empty, where that is not allowed
  kNoMetricName,       ///< of a long table
  kInvalidMetricName,  ///< the same
  kNoMatch,            ///< of the expression that labels are split by
  kNotJson,
  kNestedJson,
  kRepeatedName,  ///< several columns, groups or keys give one label
  kTooManyLabels,
};

/// How label values are judged.
struct LabelRules {
  std::uint64_t value_bytes_max = Limits().label_value_bytes;
  std::uint64_t name_bytes_max = Limits().label_name_bytes;
  std::uint64_t labels_max = Limits().labels_per_series;  ///< of an entity
  bool null_is_trouble = false;
  std::string prefix{};     ///< of metric names in a long table
  bool ends_total = false;  ///< they get `_total` where they don't end in it
  /// Of labels that metrics have anyway, or may have: what is split must not give them again.
  std::vector<std::string> taken_names{};
};

/// Entities of the rows of batches, numbered from 0 for as long as this object lives.
class EntityCodes {
 public:
  struct Entity {
    std::string_view key;  ///< as encode_entity_key; borrowed until the next find_entities(); "" where there is trouble
    std::uint64_t hash = 0;  ///< of the key
    LabelTrouble trouble = LabelTrouble::kNone;
    std::size_t troubled_label = 0;  ///< the first that has it, by position in the plan
  };

  /// @param labels  borrowed.
  explicit EntityCodes(std::span<const PlannedLabel> labels, LabelRules rules = {});

  /// Split a batch into runs of rows that are equal in all label columns.
  /// @return first rows of the runs; borrowed until the next call.
  std::span<const std::uint32_t> find_runs(const ColumnBatch& batch);

  /// The entity of each of `rows`. @return borrowed until the next call. @error as LabelCodes::encode.
  Result<std::span<const std::uint32_t>> find_entities(const ColumnBatch& batch, std::span<const std::uint32_t> rows);

  [[nodiscard]] Entity entity(std::uint32_t number) const;
  /// The value of a label, by position in the plan; borrowed until the next find_entities().
  [[nodiscard]] std::string_view label_value(std::uint32_t number, std::size_t label) const {
    return columns_[label].text(label_code(number, label));
  }
  [[nodiscard]] bool is_valid(std::uint32_t number) const { return entities_[number].trouble == LabelTrouble::kNone; }
  [[nodiscard]] std::size_t size() const { return entities_.size(); }
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  /// Numbers pairs (number of the labels so far, code of one more label).
  struct Fold {
    struct Pair {
      std::uint32_t prefix = 0;
      std::uint32_t code = 0;
    };
    struct Last {
      std::uint32_t code = kNone;
      std::uint32_t number = 0;
    };
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;

    std::uint32_t number_of(std::uint32_t prefix, std::uint32_t code);

    std::vector<Last> last;  // by prefix: what it was folded with last, mostly the same again
    CodeMap numbers;
    std::vector<Pair> pairs;  // by number
  };

  /// An entity, whose key ends there in keys_ and begins where that of the one before ends.
  struct Described {
    std::uint64_t hash = 0;
    std::uint64_t key_end = 0;
    std::uint32_t troubled_label = 0;
    LabelTrouble trouble = LabelTrouble::kNone;
  };

  void describe_new_entities(std::span<const std::uint32_t> numbers);
  void describe_next();
  void describe_plain(Described& described);
  void describe_derived(Described& described);
  LabelTrouble add_labels(const PlannedLabel& label, std::string_view value);
  LabelTrouble add_metric_name(std::string_view value);
  LabelTrouble check_derived(std::size_t from);
  [[nodiscard]] std::uint32_t label_code(std::uint32_t number, std::size_t label) const;
  [[nodiscard]] LabelTrouble judge(std::string_view value) const;

  std::span<const PlannedLabel> labels_;
  LabelRules rules_;
  bool plain_;  // every label is a column's value, in order of names
  std::vector<LabelCodes> columns_;
  std::vector<Fold> folds_;  // of labels 1, 2, …
  std::vector<Described> entities_;
  std::string keys_;
  std::vector<std::uint32_t> label_codes_;  // scratch, by label
  std::vector<Label> derived_;              // scratch: the labels of an entity that is not plain
  std::vector<std::uint8_t> changed_;       // scratch, by row
  std::vector<std::uint32_t> run_starts_;
  std::vector<std::uint32_t> numbers_;
  std::vector<std::uint32_t> codes_;
};

}  // namespace promfill
