// Types of records, checked and numbered: what the options and Prometheus have to say about them before any row comes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "calendar/time_unit.h"
#include "family/family_series.h"
#include "job/metadata.h"
#include "promfill/limits.h"
#include "promfill/mapping.h"
#include "promfill/options.h"
#include "promfill/record_type.h"
#include "promfill/result.h"
#include "resource/tuning.h"
#include "store/sample_batch.h"

namespace promfill {

/// A classic histogram or summary of a record: columns in a row.
struct RecordFamily {
  std::vector<FamilySeries> series;
  std::vector<std::size_t> value_of;  ///< of each: position among the member's values; of others than buckets unused
};

/// One type of a job. Its metrics are columns: one each, but of a family as many as it has series.
struct RecordPlan {
  RecordType type;
  std::vector<std::uint32_t> metrics;            ///< by column: numbers of its metrics in the job
  std::vector<std::size_t> columns;              ///< by metric of the type: its first column
  std::map<std::size_t, RecordFamily> families;  ///< by metric of the type
  std::size_t generated = 0;                     ///< columns that are completed from others: no cells
  bool counters_begin_with_zero = false;
  std::vector<std::string> taken_labels;  ///< names that its metrics' own labels have: no row may add them; sorted
  bool names_are_labels = false;          ///< rows bring __name__ themselves
  PlausibleTimes plausible;
  Timestamp min_time = kTimestampMin;  ///< inclusive
  Timestamp max_time = kTimestampMax;  ///< inclusive
  TimeGuard guard;
  bool explain_rejects = true;
  Limits limits{};
};

struct RecordPlans {
  std::vector<RecordPlan> types;
  std::vector<MetricDef> metrics;          ///< of the job, with bundles; types that make the same one share it
  Mapping identity;                        ///< what the types say, as a mapping would
  std::vector<MetricMetadata> metadata{};  ///< by name
  Workload work;
};

/// @error kUsage  no type or a type without metrics, names that Prometheus 2 can't take, two metrics of a type that
///        would make the same series, or more of something than options.limits has.
Result<RecordPlans> plan_records(std::vector<RecordType> types, const BackfillOptions& options, Timestamp now);

/// The one type of a job whose rows are samples of any series: they bring __name__ among their labels.
/// @param type  its one metric's name is of no interest.
Result<RecordPlans> plan_samples(RecordType type, const BackfillOptions& options, Timestamp now);

}  // namespace promfill
