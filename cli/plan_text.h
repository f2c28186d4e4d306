// What a survey says, for people and for programs.
#pragma once

#include <string>

#include "survey/survey.h"

namespace promfill::cli {

/// Lines of at most 80 columns, but for samples.
[[nodiscard]] std::string plan_text(const Survey& survey);
/// One object; the keys are stable.
[[nodiscard]] std::string plan_json(const Survey& survey);

}  // namespace promfill::cli
