// What an import would do, found out from a part of the rows and said before anything is written: the mapping and why,
// series as they will be, how many there are of everything, and what an operator should know beforehand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mapping/infer.h"
#include "model/block_duration.h"
#include "promfill/mapping.h"
#include "promfill/options.h"
#include "resource/machine.h"
#include "resource/tuning.h"
#include "source/source.h"
#include "store/ledger.h"

namespace promfill {

struct SurveyEnvironment {
  Timestamp now;                     ///< for the guard against implausible times
  Machine machine;                   ///< for tuning
  std::uint64_t rows_max = 1 << 20;  ///< to look at
  std::size_t examples = 5;          ///< samples to show
};

struct SourceSurvey {
  std::string name;
  std::size_t pieces = 0;
  std::uint64_t rows = 0;  ///< about; 0 where that isn't known
  std::uint64_t bytes = 0;
};

/// A column of the first source.
struct ColumnSurvey {
  std::string name;
  std::string type;
  std::string use;  ///< "time", "label NAME", "metric NAME", or empty
};

struct LabelSurvey {
  std::string name;
  std::uint64_t values = 0;
  bool exact = true;
  std::vector<std::string> examples;
};

struct MetricSurvey {
  std::string name;
  std::string type;
  std::uint64_t values = 0;
  std::uint64_t nulls = 0;
  double min = 0;
  double max = 0;
  std::uint64_t steps = 0;  ///< between neighbours of a series
  std::uint64_t falls = 0;  ///< of them
};

/// What matters before an import; `code` is for programs.
struct SurveyWarning {
  std::string code;
  std::string text;
};

struct Survey {
  std::vector<SourceSurvey> sources;
  std::vector<ColumnSurvey> columns;
  CompleteMapping mapping;
  std::vector<std::string> decisions;
  std::vector<LabelSurvey> labels;
  std::vector<MetricSurvey> metrics;
  std::vector<std::string> examples;  ///< samples, as OpenMetrics writes them

  Ledger judged;             ///< of the rows looked at
  bool all_rows = false;     ///< whether these are all
  std::uint64_t rows = 0;    ///< of all sources, about; 0: unknown
  std::uint64_t series = 0;  ///< about
  bool series_exact = true;
  std::uint64_t samples = 0;  ///< about; 0: unknown
  TimeSpan times;             ///< of the rows looked at, or of all where the sources know; may be empty
  bool times_complete = false;
  Duration block_duration;
  std::uint64_t blocks = 0;  ///< about
  std::uint64_t bytes = 0;   ///< of the blocks, about; 0: unknown
  double bytes_per_sample = 0;
  double seconds = 0;  ///< that it takes on this machine, about; 0: unknown
  Tuning tuning;
  std::vector<SurveyWarning> warnings;
};

/// @param sources  not empty.
/// @error as plan_job and tune; kCorrupt, kIo of the sources.
Result<Survey> survey_sources(std::span<const std::unique_ptr<Source>> sources, const Mapping& mapping,
                              const BackfillOptions& options, const SurveyEnvironment& environment);

}  // namespace promfill
