// Writer: for programs that have series and samples rather than records.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "promfill/histogram.h"
#include "promfill/labels.h"
#include "promfill/options.h"
#include "promfill/report.h"
#include "promfill/result.h"
#include "promfill/sample.h"
#include "promfill/stats.h"
#include "promfill/version.h"

namespace promfill {
inline namespace PROMFILL_ABI {

/// Samples of any series, in any order, into blocks: what Backfill does with records, one ledger and all or nothing
/// included. Not thread-safe; stats() and stop() are.
class Writer {
 public:
  /// Of floats. @error kUsage  options that can't be.
  static Result<Writer> create(const BackfillOptions& options);
  /// Of samples of any kind: floats and native histograms, also in one series. Floats cost more in it.
  static Result<Writer> create_for_any(const BackfillOptions& options);
  Writer(Writer&& other) noexcept;
  Writer& operator=(Writer&& other) noexcept;
  /// A writer that was not finished is given up: nothing of it is left.
  ~Writer();

  /// @param labels  with __name__. A name that is invalid, or none, makes a reject.
  /// Cost: a look-up of the labels, none when they are those of the last call.
  Status append(const Labels& labels, Timestamp time, double value);
  /// Samples of one series, at once.
  Status append(const Labels& labels, std::span<const Sample> samples);

  /// A sample of any kind, start times included. A histogram that can't be (validate()) makes a reject.
  /// @error kUsage  a histogram, and the writer is one of floats.
  Status append(const Labels& labels, const AnySample& sample);

  /// A float that says when its counting began; 0: not known. @error kUsage  as above.
  Status append(const Labels& labels, const Sample& sample, Timestamp start);

  /// Write what is left, and make the blocks visible. @error  as Backfill::run.
  Result<Report> finish();
  /// As Backfill::stop.
  void stop();
  /// As Backfill::stats.
  [[nodiscard]] Stats stats() const;

 private:
  struct State;
  explicit Writer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace PROMFILL_ABI
}  // namespace promfill
