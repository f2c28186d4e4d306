// Holds cells against the samples of a part: which samples they explain, and what duplicates come to.
//
// A sample that all its cells agree with costs one byte of state. Only where another value is offered are the values
// kept, and settled at the end by the policy. The rules are those of docs/mapping.md, written a second time: what
// import has wrong must not look right here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "audit/difference.h"
#include "audit/loaded_samples.h"
#include "promfill/options.h"

namespace promfill {

/// Where a cell stands in the sources.
struct CellPlace {
  std::uint32_t source = 0;
  std::int64_t row = 0;  ///< of the file, counted from 1
};

struct CellTally {
  std::uint64_t samples = 0;  ///< of the blocks
  std::uint64_t written = 0;  ///< cells that are a sample of the blocks, also of another value
  std::uint64_t merged = 0;
  std::uint64_t conflicting = 0;
  std::uint64_t missing = 0;       ///< cells
  std::uint64_t other_values = 0;  ///< samples
  std::uint64_t unexplained = 0;   ///< samples
  std::uint64_t generated = 0;     ///< samples without a cell, of a kind that the job makes

  CellTally& operator+=(const CellTally& other);
};

/// What the job decides beyond the mapping.
struct CellRules {
  DuplicatePolicy policy = DuplicatePolicy::kKeepLast;
  bool makes_zeros = false;    ///< where counters begin
  bool makes_markers = false;  ///< stale ones
};

class CellCheck {
 public:
  /// @param samples       sealed; borrowed.
  /// @param source_names  for messages; borrowed.
  CellCheck(LoadedSamples& samples, const CellRules& rules, std::span<const std::string> source_names,
            Differences& differences)
      : samples_(samples), rules_(rules), source_names_(source_names), differences_(differences) {}

  /// A value offered for a time of a series that the part has, in source order.
  void offer(std::uint32_t series, Timestamp time, double value, CellPlace place);
  /// The same for a series that is not in the blocks.
  void offer_to_none(const std::string& series, Timestamp time, double value, CellPlace place);
  [[nodiscard]] bool wants_names() const { return !differences_.full(); }

  /// After the last cell. @param blocks  paths, in the order in which they were loaded.
  CellTally finish(std::span<const std::string> blocks);
  /// Beside the samples.
  [[nodiscard]] std::uint64_t memory_bytes() const { return dispute_bytes_; }

 private:
  /// Different values for one sample, each once, in the order in which they were first offered.
  struct Dispute {
    std::vector<double> values;  // with repetitions where there are more than were put in order
    std::size_t ordered = 0;     // length up to which they were made distinct
    std::uint64_t offered = 0;
    double last = 0;
    CellPlace last_place;
  };

  void dispute(std::uint64_t at, double value, CellPlace place);
  void settle(const LoadedSamples::Slice& slice, std::uint64_t at);
  void report(DifferenceKind kind, const LoadedSamples::Slice& slice, std::uint64_t at, std::optional<double> expected,
              std::string place);
  [[nodiscard]] std::string place_text(CellPlace place) const;

  [[nodiscard]] bool may_be_generated(double value) const;

  LoadedSamples& samples_;
  CellRules rules_;
  std::span<const std::string> source_names_;
  Differences& differences_;
  std::unordered_map<std::uint64_t, Dispute> disputes_;  // by sample
  std::uint64_t dispute_bytes_ = 0;
  CellTally tally_;
};

/// "up{host="a"}" out of a canonical key.
[[nodiscard]] std::string series_text(std::string_view key);

}  // namespace promfill
