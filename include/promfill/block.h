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
  std::array<std::uint8_t, 16> bytes{};  ///< 48 bits of time, 80 of chance, most significant first

  /// @param created  0 ≤ ms < 2^48 (asserted): when the block was made, never the time of its samples.
  static Ulid make(Timestamp created, std::array<std::uint8_t, 10> entropy);
  /// Strict: 26 upper-case characters of the alphabet, no overflow.
  static std::optional<Ulid> parse(std::string_view text);

  /// 26 characters of Crockford's base 32, as directories of blocks are named.
  [[nodiscard]] std::string text() const;
  /// The moment in its first 48 bits.
  [[nodiscard]] Timestamp created() const;
  friend auto operator<=>(const Ulid&, const Ulid&) = default;
};

/// Each is left out of meta.json when 0. (Source: tsdb/block.go, BlockStats.)
struct BlockStats {
  std::uint64_t samples = 0;            ///< of every kind
  std::uint64_t float_samples = 0;      ///< floating-point ones
  std::uint64_t histogram_samples = 0;  ///< native histograms
  std::uint64_t series = 0;             ///< with at least one sample
  std::uint64_t chunks = 0;             ///< of all series
  std::uint64_t tombstones = 0;         ///< intervals in the file of tombstones
  friend bool operator==(const BlockStats&, const BlockStats&) = default;
};

/// What Prometheus knows of a block before opening it. (Source: tsdb/block.go, BlockMeta and BlockMetaCompaction.)
struct BlockMeta {
  Ulid ulid;                       ///< the block's own, and its directory's name
  TimeRange range;                 ///< [smallest sample, largest sample + 1 ms) of a fresh block
  BlockStats stats;                ///< what the block holds, as its writer counted
  std::uint32_t level = 1;         ///< how often it was compacted: 1 for a new one
  std::vector<Ulid> sources;       ///< blocks it was made of; itself for a new one
  bool deletable = false;          ///< nothing is left in it
  bool failed = false;             ///< a compaction of it failed; Prometheus doesn't try again
  std::uint32_t parent_count = 0;  ///< only read: a block of ours has none
  std::vector<std::string> hints;  ///< for compactions, such as "from-out-of-order"
  std::uint32_t version = 1;       ///< of the format of meta.json
  Labels external_labels;          ///< only written: those of Thanos's section, which is there if there are any
  bool has_unknown_keys = false;   ///< only read: keys of others, such as Thanos's
};

}  // namespace PROMFILL_ABI
}  // namespace promfill
