// Which entity a row belongs to, without hashing its labels: values of each label column become small codes, a tuple of
// codes becomes an entity number.
//
//   column a   x x y y        codes 1 1 2 2  ┐
//   column b   7 7 7 8              1 1 1 2  ┴ entities 0 0 1 2
//
// A text is hashed once a dictionary entry, or once a run of equal rows. Everything is remembered across batches.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mapping/plan.h"
#include "model/column.h"
#include "promfill/result.h"

namespace promfill {

/// Numbers 64-bit keys in order of arrival. Open addressing, at most half full, grows by two.
class CodeMap {
 public:
  /// The code of `key`; a key that is new gets `next`.
  std::uint32_t find_or_add(std::uint64_t key, std::uint32_t next) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[slot_of(key)];
    if (slot.code == kFree) {
      slot = {key, next};
      ++used_;
    }
    return slot.code;
  }

 private:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;
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

  struct Value {
    std::string text;
    bool is_utf8 = true;
  };

  /// Write the code of column[rows[i]] to codes[i].
  /// @error kCorrupt  a dictionary code without a value.
  Status encode(const ColumnView& column, std::span<const std::uint32_t> rows, std::span<std::uint32_t> codes);

  [[nodiscard]] const Value& value(std::uint32_t code) const { return values_[code]; }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  std::uint32_t code_of_text(std::string_view text);
  std::uint32_t code_of_bits(std::uint64_t bits, ColumnKind kind);
  Status encode_dictionary(const ColumnView& column, std::span<const std::uint32_t> rows,
                           std::span<std::uint32_t> codes);
  void use_dictionary(const ColumnView& column);

  std::deque<Value> values_{Value{}};  // by code; a deque, as codes_ points into it
  std::unordered_map<std::string_view, std::uint32_t> codes_;
  CodeMap number_codes_;
  std::optional<ColumnKind> number_kind_;  // that number_codes_ is for

  std::shared_ptr<const ColumnView> dictionary_;  // held, so that no other can come to lie at its address
  std::vector<std::uint32_t> dictionary_codes_;   // of its entries; kNotLookedUp where no row had it yet
};

/// Entities of the rows of batches, numbered from 0 for as long as this object lives.
class EntityCodes {
 public:
  struct Entity {
    std::string key;                           ///< as encode_entity_key
    std::uint64_t hash = 0;                    ///< of the key
    std::optional<std::size_t> invalid_label;  ///< the label, by position in the plan, that is not UTF-8
  };

  /// @param labels  borrowed.
  explicit EntityCodes(std::span<const PlannedLabel> labels);

  /// Split a batch into runs of rows that are equal in all label columns.
  /// @return first rows of the runs; borrowed until the next call.
  std::span<const std::uint32_t> find_runs(const ColumnBatch& batch);

  /// The entity of each of `rows`. @return borrowed until the next call. @error as LabelCodes::encode.
  Result<std::span<const std::uint32_t>> find_entities(const ColumnBatch& batch, std::span<const std::uint32_t> rows);

  [[nodiscard]] const Entity& entity(std::uint32_t number) const { return entities_[number]; }
  [[nodiscard]] std::size_t size() const { return entities_.size(); }

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

  void describe_new_entities(std::span<const std::uint32_t> numbers);
  [[nodiscard]] Entity describe(std::uint32_t number) const;

  std::span<const PlannedLabel> labels_;
  std::vector<LabelCodes> columns_;
  std::vector<Fold> folds_;  // of labels 1, 2, …
  std::vector<Entity> entities_;
  std::vector<std::uint8_t> changed_;  // scratch, by row
  std::vector<std::uint32_t> run_starts_;
  std::vector<std::uint32_t> numbers_;
  std::vector<std::uint32_t> codes_;
};

}  // namespace promfill
