// How `dump` writes samples: OpenMetrics text, CSV, or JSON lines that keep every bit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "promfill/labels.h"
#include "promfill/result.h"
#include "promfill/sample.h"

namespace promfill::cli {

class SampleFormat {
 public:
  virtual ~SampleFormat() = default;

  /// What comes before all samples, and after them.
  [[nodiscard]] virtual std::string_view header() const { return ""; }
  [[nodiscard]] virtual std::string_view footer() const { return ""; }
  /// The samples that follow belong to this series. @error kData  labels that the format can't express.
  virtual Status begin_series(const Labels& labels) = 0;
  /// Append a line for each sample.
  virtual void append(std::span<const Sample> samples, std::string& out) = 0;
  /// NaNs so far that are not the ordinary one but were written as "NaN": stale markers and payloads.
  [[nodiscard]] std::uint64_t nans_flattened() const { return nans_flattened_; }

 protected:
  std::uint64_t nans_flattened_ = 0;
};

/// "openmetrics", "csv" or "jsonl"; null for other names.
[[nodiscard]] std::unique_ptr<SampleFormat> make_sample_format(std::string_view name);

}  // namespace promfill::cli
