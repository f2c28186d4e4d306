// The import of exposition texts: OpenMetrics, Prometheus's text format, promtool's dump.
#pragma once

#include <vector>

#include "backfill/backfill.h"
#include "input/inputs.h"
#include "promfill/mapping.h"
#include "promfill/options.h"
#include "promfill/report.h"

namespace promfill {

/// Import the texts, in this order, as blocks into options.out. A line that can't be read ends the job.
/// @param mapping  constants (which win over labels of the same name), prefix and relabelling rules: a text says the
/// rest.
/// @error kUsage  a mapping that says more; kData  a bad line: `where` is file:line:column.
Result<Report> import_exposition(std::vector<ExpositionText> texts, const Mapping& mapping,
                                 const BackfillOptions& options, const JobEnvironment& environment);

}  // namespace promfill
