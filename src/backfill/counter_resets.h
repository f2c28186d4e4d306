// How often counters begin anew: samples below the one before in their series. Counted in the blocks, as only there all
// samples are in order. Blocks are looked at one by one, whenever each is written; where two windows meet, the second
// one to be looked at counts.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "file/file_system.h"
#include "job/metadata.h"
#include "promfill/mapping.h"
#include "promfill/result.h"
#include "resource/memory_budget.h"

namespace promfill {

/// Which series are counters, by their names.
struct CounterNames {
  bool all = false;
  std::set<std::string> names{};

  /// Those that a job says are counters. Names that rules make of others are not known.
  static CounterNames of(const Mapping& mapping, const std::vector<MetricMetadata>& metadata);
  [[nodiscard]] bool empty() const { return !all && names.empty(); }
};

class CounterResets {
 public:
  /// @param earlier  directories of blocks that an earlier process wrote, by number of window, with their resets.
  /// @param budget  charged with the index of a block while it is looked at, and with what is remembered of some.
  CounterResets(CounterNames counters, FileSystem& fs, MemoryBudget& budget,
                std::map<std::int64_t, std::string> earlier)
      : counters_(std::move(counters)), fs_(fs), budget_(budget), earlier_(std::move(earlier)), charge_(budget) {}

  /// Resets in the block of a window, and where it meets its neighbours. Thread-safe.
  Result<std::uint64_t> count(std::int64_t window, const std::string& block);

 private:
  /// A series' first and last value in a block; `series` is the hash of its labels.
  struct Ends {
    std::uint64_t series = 0;
    double first = 0;
    double last = 0;
  };
  struct Block {
    std::uint64_t resets = 0;
    std::vector<Ends> ends;  // by series
  };
  [[nodiscard]] Result<Block> look_at(const std::string& block) const;
  struct Remembered {
    std::vector<Ends> ends;
    bool met_before = false;  // the window before it
    bool met_after = false;
  };
  Status look_at_earlier(std::int64_t window);
  std::uint64_t meet(std::int64_t before, std::int64_t after);
  static std::uint64_t resets_between(const std::vector<Ends>& before, const std::vector<Ends>& after);

  CounterNames counters_;
  FileSystem& fs_;
  MemoryBudget& budget_;
  std::map<std::int64_t, std::string> earlier_;
  std::mutex mutex_;
  std::map<std::int64_t, Remembered> ends_;  // of windows that have not met both neighbours
  MemoryCharge charge_;                      // for ends_
};

}  // namespace promfill
