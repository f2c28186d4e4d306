// A column that is filled cell by cell, in one of the canonical kinds, with the memory behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/column.h"

namespace promfill {

class TextColumn {
 public:
  /// @param kind  kInt64, kDouble, kBool, kTimestamp (in microseconds) or kUtf8.
  TextColumn(ColumnKind kind, std::size_t rows);

  [[nodiscard]] ColumnKind kind() const { return kind_; }
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] ColumnView view() const;
  [[nodiscard]] std::uint64_t memory_bytes() const;

  void add_null();
  void add(std::int64_t value) {
    integers_.push_back(value);
    add_valid();
  }
  void add(double value) {
    doubles_.push_back(value);
    add_valid();
  }
  void add(bool value);
  void add(std::string_view text) {
    text_.append(text);
    offsets_.push_back(static_cast<std::int32_t>(text_.size()));  // a block is far smaller than 2 GiB
    add_valid();
  }
  /// Take back the last cell.
  void remove_last();
  /// Integers of which one has a fraction become doubles.
  void widen();

 private:
  void add_valid() {
    if (nulls_ > 0) return add_validity(true);
    ++rows_;
  }
  void add_validity(bool valid);

  ColumnKind kind_;
  std::vector<std::int64_t> integers_;
  std::vector<double> doubles_;
  std::vector<std::uint8_t> bits_;
  std::vector<std::int32_t> offsets_;
  std::string text_;
  std::vector<std::uint8_t> validity_;
  std::int64_t rows_ = 0;
  std::int64_t nulls_ = 0;
};

}  // namespace promfill
