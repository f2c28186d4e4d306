// How many different values there are among many: exactly while they are few, then estimated in constant memory.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

namespace promfill {

/// HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with 2^14 registers: a standard error of 0.8 %.
class DistinctCounter {
 public:
  /// @param hash  of a value, well mixed: equal values have equal hashes.
  void add(std::uint64_t hash);

  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] bool is_exact() const { return registers_.empty(); }

 private:
  void add_to_registers(std::uint64_t hash);

  std::unordered_set<std::uint64_t> few_;
  std::vector<std::uint8_t> registers_;  // empty while few_ holds all
};

}  // namespace promfill
