// Where sources and blocks say different things: the first ones with series, time and place, and the counts of all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "promfill/time.h"

namespace promfill {

enum class DifferenceKind : std::uint8_t {
  kMissing,      ///< a cell whose series has no sample at its time
  kOtherValue,   ///< a sample whose value is not what the cells of its time come to
  kUnexplained,  ///< a sample that no cell is the reason of
};

struct Difference {
  DifferenceKind kind = DifferenceKind::kMissing;
  std::string series;  ///< as PromQL writes it
  Timestamp time;
  std::string place;               ///< "file, row 12" of the cell that decides; of an unexplained sample, its block
  std::optional<double> expected;  ///< by the sources
  std::optional<double> found;     ///< in the blocks

  /// "up{host="a"} at 2020-09-13T12:26:40.000Z: 1.5 by table.parquet, row 12, but no sample".
  [[nodiscard]] std::string text() const;
};

/// Keeps the first `kept_max`; the rest is counted by who finds it.
class Differences {
 public:
  explicit Differences(std::size_t kept_max) : kept_max_(kept_max) {}

  [[nodiscard]] bool full() const { return kept_.size() >= kept_max_; }
  void add(Difference difference) {
    if (!full()) kept_.push_back(std::move(difference));
  }
  void add(const Differences& others) {
    for (const Difference& difference : others.kept_) add(difference);
  }
  [[nodiscard]] const std::vector<Difference>& kept() const { return kept_; }

 private:
  std::size_t kept_max_;
  std::vector<Difference> kept_;
};

}  // namespace promfill
