// The table of blocks that `list` and `import` print, as `promtool tsdb list` does.
// Source: cmd/promtool/tsdb.go (printBlocks).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "block/meta_json.h"

namespace promfill::cli {

class BlockTable {
 public:
  /// @param human_readable  times as dates and sizes in binary units; numbers otherwise.
  explicit BlockTable(bool human_readable = false) : human_readable_(human_readable) {}

  void add(const BlockMeta& meta, std::uint64_t bytes);
  /// Header and rows, each ended by a newline.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string text_without_header() const;

 private:
  static constexpr std::size_t kColumns = 8;
  using Row = std::array<std::string, kColumns>;

  static std::string set(std::span<const Row> rows);

  bool human_readable_;
  std::vector<Row> rows_;
};

/// A length of time as Go prints it: "2h0m0s", "1m0.5s", "15ms", "0s".
[[nodiscard]] std::string go_duration(std::uint64_t ms);
/// "2020-03-01 00:00:00 +0000 UTC", whole seconds cut towards zero; milliseconds where the year has not four digits.
[[nodiscard]] std::string human_time(Timestamp time);
/// Each binary unit with its own count: "1MiB20KiB3B".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

}  // namespace promfill::cli
