// `promfill plan`: what import would do.
#pragma once

#include <cstdint>
#include <string>

#include "import_command.h"

namespace promfill::cli {

struct PlanArguments {
  ImportArguments job;
  bool json = false;
  std::string map_file;
  std::uint64_t rows_max = 1 << 20;
};

/// @return the exit status: 0 said, 1 failed, 2 wrong usage.
int run_plan(const PlanArguments& arguments);

}  // namespace promfill::cli
