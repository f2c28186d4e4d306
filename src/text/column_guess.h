// What a column of a text is, judged by the cells of a sample.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/column.h"
#include "text/cell.h"

namespace promfill {

/// What the cells that say something have in common. One that is another way, or one in a hundred, is a mistake: it
/// will be rejected where it stands.
class ColumnGuess {
 public:
  /// @param takes_plain_numbers  of the format that cells are looked at with.
  explicit ColumnGuess(bool takes_plain_numbers = false) : takes_plain_numbers_(takes_plain_numbers) {}

  /// A cell of which only the text is known, as in CSV.
  void look_at(std::string_view text, const CellFormat& format);

  // Cells whose text says what they are, as in JSON.
  void add_number(bool is_integer);
  void add_truth();
  /// Text, or a moment as text.
  void add_text(std::string_view text);
  /// What is no cell: a list.
  void add_other();

  /// Of texts that are numbers with a decimal comma, `source_type` says so: "text like 12,5".
  [[nodiscard]] ColumnType type() const;

 private:
  [[nodiscard]] bool is_most(std::size_t alike) const;
  [[nodiscard]] std::string exceptions(std::size_t alike) const;

  bool takes_plain_numbers_;
  std::size_t cells_ = 0;  // that say something
  std::size_t integers_ = 0;
  std::size_t numbers_ = 0;
  std::size_t truths_ = 0;
  std::size_t zoned_times_ = 0;
  std::size_t naive_times_ = 0;
  std::size_t others_ = 0;
  std::size_t comma_numbers_ = 0;  // of the texts: 12,5
  std::string comma_number_;       // one of them
};

}  // namespace promfill
