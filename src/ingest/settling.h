// Held rows put in their places: sorted by time once for all metrics of a bundle, split by window, appended.
//
// What can't be appended, because the series has later samples in the window already or because the same times may lie
// in a run on disk, is encoded all the same, as late chunks: a fifth of the memory, and merged when the window is
// written.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "merge/duplicates.h"
#include "merge/time_order.h"
#include "store/bundle_store.h"

namespace promfill {

class Settling {
 public:
  struct Options {
    DuplicatePolicy on_duplicate = DuplicatePolicy::kKeepLast;
    /// No row comes any more, and none of these series has been spilled: duplicates among the rows can be resolved.
    bool final = true;
  };
  Settling(BundleStore& store, const Options& options) : store_(store), options_(options) {}

  /// Settle the bundle's held rows below `end_ms`; later ones stay held. Duplicates go to the windows' tallies.
  /// @error kData  conflicting values under DuplicatePolicy::kFail; `where` is the time.
  Status settle(std::uint32_t bundle, std::int64_t end_ms);
  /// The metric that the last error is about, as its place in the bundle.
  [[nodiscard]] std::uint32_t failed_metric() const { return failed_metric_; }

 private:
  /// Sorted rows [begin, end) lie in one window.
  struct Stretch {
    BundleWindow* window = nullptr;
    StoreWindow* store = nullptr;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  void sort_rows(const HeldRows& held, std::int64_t end_ms);
  void split_by_window(std::uint32_t bundle);
  void gather(const HeldRows& held, std::uint32_t metric);
  Status place(BundleStore::Bundle& bundle, std::uint32_t metric, const Stretch& stretch);
  void encode_late(const Stretch& stretch, SeriesWindow& series, std::span<const std::int64_t> times_ms,
                   const double* values);
  void hold_again(BundleStore::Bundle& bundle);

  BundleStore& store_;
  Options options_;
  TimeOrder order_;
  std::span<const std::uint32_t> rows_;  // in order of time
  std::size_t settled_ = 0;              // of them, those below end_ms
  bool repeats_ = false;                 // some of those have the same time
  std::vector<std::int64_t> times_ms_;   // in source order
  std::vector<std::int64_t> sorted_ms_;
  std::vector<double> values_;
  std::vector<double> sorted_values_;
  std::vector<std::uint8_t> validity_;
  bool has_nulls_ = false;
  std::vector<Stretch> stretches_;
  std::vector<std::int64_t> dense_times_ms_;
  std::vector<double> dense_values_;
  std::uint32_t failed_metric_ = 0;
};

}  // namespace promfill
