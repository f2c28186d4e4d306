// Series lines, as tests/golden/series_lines.py writes them, into memory; only for test tools.
#pragma once

#include <iosfwd>
#include <vector>

#include "histogram/series_encoder.h"
#include "promfill/labels.h"
#include "promfill/result.h"
#include "promfill/sample.h"

namespace promfill {

/// One line of input. Several lines may hold samples of one series.
struct InputSeries {
  Labels labels;
  std::vector<Sample> samples;
  std::vector<AnySample> histograms{};  ///< and floats with a start time
};

/// Read {"labels":{…},"samples":[[t,v],…]} lines to the end; v is a number, or a string: decimal, "stale", or "0x" and
/// the 16 hex digits of a double's bits. Native histograms have lines of their own, {"labels":{…},"t":…,"h":{…}}, or
/// "fh" for those of floats, with the keys that tests/oracle/samples.go has.
/// @error kCorrupt  with the line's number.
Result<std::vector<InputSeries>> read_series_lines(std::istream& in);

}  // namespace promfill
