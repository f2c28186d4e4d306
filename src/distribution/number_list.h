// The numbers in one cell: a list, a map, a single number, or any of these written as JSON in a text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "model/column.h"

namespace promfill {

enum class CellTrouble : std::uint8_t {
  kNone,
  kNullElement,  ///< a list with a null in it
  kNotWhole,     ///< a number that should be whole and fit 64 bits with a sign
  kNotNumbers,   ///< a text that is no JSON of the kind that is wanted
};

/// The reason that rejects have for it.
std::string_view reason_of(CellTrouble trouble);

/// Reads cells; keeps memory between calls. Not thread-safe.
class NumberCells {
 public:
  NumberCells();
  NumberCells(NumberCells&&) noexcept;
  ~NumberCells();

  /// Numbers of a list, or the JSON text "[1, 2]". @pre the row isn't null. @param out  replaced.
  CellTrouble read(const ColumnView& column, std::int64_t row, std::vector<std::int64_t>& out);
  CellTrouble read(const ColumnView& column, std::int64_t row, std::vector<double>& out);
  /// Pairs of whole numbers and numbers: maps, lists of pairs, or the JSON texts {"-1": 2} and [[-1, 2]].
  CellTrouble read(const ColumnView& column, std::int64_t row, std::vector<std::pair<std::int64_t, std::int64_t>>& out);
  CellTrouble read(const ColumnView& column, std::int64_t row, std::vector<std::pair<std::int64_t, double>>& out);

 private:
  struct Parser;
  template <typename N>
  CellTrouble read_list(const ColumnView& column, std::int64_t row, std::vector<N>& out);
  template <typename N>
  CellTrouble read_pairs(const ColumnView& column, std::int64_t row, std::vector<std::pair<std::int64_t, N>>& out);

  std::unique_ptr<Parser> parser_;
};

/// A single number, whatever its type. @pre the row isn't null. @return nothing: not whole, or too large.
std::optional<std::int64_t> whole_number(const ColumnView& column, std::int64_t row);
/// @return nothing: the column isn't of numbers.
std::optional<double> real_number(const ColumnView& column, std::int64_t row);

/// Whether columns of this kind can be read as lists.
[[nodiscard]] bool may_be_list(ColumnKind kind);
[[nodiscard]] bool may_be_pairs(ColumnKind kind);
[[nodiscard]] bool is_number(ColumnKind kind);

}  // namespace promfill
