// What an operator should know before an import, drawn from a survey.
#pragma once

#include <cstdint>
#include <vector>

#include "promfill/options.h"
#include "survey/survey.h"

namespace promfill {

/// @param interval_ms  the most frequent step of a series; 0 where it isn't known.
[[nodiscard]] std::vector<SurveyWarning> warnings_of(const Survey& survey, const BackfillOptions& options,
                                                     std::int64_t interval_ms, Timestamp now);

}  // namespace promfill
