// The samples of one part of the blocks in memory, 17 bytes each, to be found by series and time; and for each whether
// a cell of the sources was found for it. Native histograms are there by their fingerprints.
//
// A series has a slice for each block; slices lie where they were loaded, in pages, and are sorted by series and time
// at the end. Rows mostly come in order, so each series remembers where it was met last.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit_part.h"
#include "block/block_reader.h"
#include "promfill/sample.h"
#include "store/byte_table.h"

namespace promfill {

/// What the sources have said of a sample so far.
enum class SampleState : std::uint8_t {
  kUnclaimed,  ///< nothing
  kClaimed,    ///< its value, once or more
  kDisputed,   ///< another value, too, or only
};

class LoadedSamples {
 public:
  static constexpr std::uint32_t kAbsent = ByteTable::kAbsent;

  /// Samples [begin, end) of one series in one block.
  struct Slice {
    std::uint32_t series = 0;
    std::uint32_t block = 0;  ///< by order of add_block()
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  /// @param bytes_max  of memory_bytes(), about.
  explicit LoadedSamples(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Load what `part` has of a block. @return false when memory doesn't do: of no more use then.
  /// @error kCorrupt, kIo.
  Result<bool> add_block(const BlockReader& block, const AuditPart& part);
  /// After the last block, before anything is looked up.
  void seal();

  /// The number of the series with the canonical key `key`, or kAbsent.
  [[nodiscard]] std::uint32_t series(std::string_view key, std::uint64_t hash) const { return keys_.find(key, hash); }
  [[nodiscard]] std::string_view key(std::uint32_t series) const { return keys_[series]; }
  /// Where the sample of this time is, if there is one; where blocks overlap, that of the first.
  [[nodiscard]] std::optional<std::uint64_t> find(std::uint32_t series, Timestamp time);

  /// By series, then time.
  [[nodiscard]] std::span<const Slice> slices() const { return slices_; }
  [[nodiscard]] Timestamp time(std::uint64_t at) const { return {page(at).times_ms[at % kPageSamples]}; }
  [[nodiscard]] double value(std::uint64_t at) const { return page(at).values[at % kPageSamples]; }
  [[nodiscard]] SampleState& state(std::uint64_t at) { return pages_[at / kPageSamples]->states[at % kPageSamples]; }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t memory_bytes() const;
  /// Whether labels take more than samples, so that a part of the time would not be much smaller.
  [[nodiscard]] bool mostly_labels() const { return memory_bytes() > 2 * pages_.size() * sizeof(Page); }

 private:
  static constexpr std::size_t kPageSamples = 4096;
  struct Page {
    std::array<std::int64_t, kPageSamples> times_ms;
    std::array<double, kPageSamples> values;
    std::array<SampleState, kPageSamples> states{};
  };
  struct Cursor {
    std::uint32_t slice = 0;
    std::uint64_t at = 0;
  };

  [[nodiscard]] const Page& page(std::uint64_t at) const { return *pages_[at / kPageSamples]; }
  /// False when memory does not do.
  bool append(std::span<const Sample> samples);
  [[nodiscard]] std::optional<std::uint64_t> find_in(const Slice& slice, Timestamp time) const;

  std::uint64_t bytes_max_;
  std::uint32_t blocks_ = 0;
  ByteTable keys_;
  std::vector<std::unique_ptr<Page>> pages_;
  std::uint64_t size_ = 0;
  std::vector<Slice> slices_;
  std::vector<std::uint32_t> first_slices_;  // of each series, and one more
  std::vector<Cursor> cursors_;              // by series: what was found last
  bool overlapping_ = false;                 // some series has slices that share times
};

}  // namespace promfill
