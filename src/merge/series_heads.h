// Several sorted sequences of series walked as one: at each step the least series, and which sequences have it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "merge/window_series.h"

namespace promfill {

class SeriesHeads {
 public:
  /// @param numbers  of the cursor's symbols among the symbols of all; borrowed.
  Status add(std::unique_ptr<SeriesCursor> cursor, std::span<const std::uint32_t> numbers);
  /// Go to the next series. False at the end.
  Result<bool> next();
  /// Its labels, in the symbols of all.
  [[nodiscard]] std::span<const SymbolPair> labels() const { return heads_[holders_.front()].labels; }
  /// Add its chunks from every sequence that has it, in the order of add().
  Status add_pieces(std::vector<SeriesPiece>& out);

 private:
  struct Head {
    std::unique_ptr<SeriesCursor> cursor;
    std::span<const std::uint32_t> numbers;
    std::vector<SymbolPair> labels;  // empty: at the end
  };
  static Status advance(Head& head);
  [[nodiscard]] bool comes_behind(std::size_t a, std::size_t b) const;
  void wait_in_line(std::size_t head);

  std::vector<Head> heads_;
  std::vector<std::size_t> line_;     // a heap of those that don't have the current series; the least in front
  std::vector<std::size_t> holders_;  // of the current series
};

}  // namespace promfill
