// A block as others see it: its name, and what its meta.json says.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promfill/labels.h"
#include "promfill/time.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// A block's name: 48 bits of wall-clock milliseconds, 80 bits of entropy, as 26 characters of Crockford base32.
struct Ulid {
  std::array<std::uint8_t, 16> bytes{};

  /// @param created  0 ≤ ms < 2^48 (asserted): when the block was made, never the time of its samples.
  static Ulid make(Timestamp created, std::array<std::uint8_t, 10> entropy);
  /// Strict: 26 upper-case characters of the alphabet, no overflow.
  static std::optional<Ulid> parse(std::string_view text);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] Timestamp created() const;
  friend auto operator<=>(const Ulid&, const Ulid&) = default;
};

/// Each is left out of meta.json when 0. (Source: tsdb/block.go, BlockStats.)
struct BlockStats {
  std::uint64_t samples = 0;
  std::uint64_t float_samples = 0;
  std::uint64_t histogram_samples = 0;
  std::uint64_t series = 0;
  std::uint64_t chunks = 0;
  std::uint64_t tombstones = 0;
  friend bool operator==(const BlockStats&, const BlockStats&) = default;
};

/// What Prometheus knows of a block before opening it. (Source: tsdb/block.go, BlockMeta and BlockMetaCompaction.)
struct BlockMeta {
  Ulid ulid;
  TimeRange range;  ///< [smallest sample, largest sample + 1 ms) of a fresh block
  BlockStats stats;
  std::uint32_t level = 1;
  std::vector<Ulid> sources;
  bool deletable = false;
  bool failed = false;
  std::uint32_t parent_count = 0;  ///< only read: a block of ours has none
  std::vector<std::string> hints;
  std::uint32_t version = 1;
  Labels external_labels;         ///< only written: those of Thanos's section, which is there if there are any
  bool has_unknown_keys = false;  ///< only read: keys of others, such as Thanos's
};

}  // namespace PROMFILL_ABI
}  // namespace promfill
