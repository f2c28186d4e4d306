// The commands of promfill. Each is a file of its own that declares its options to CLI11; main.cc has the list of them.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace promfill::cli {

/// What the command line asks for, set by the callback of the command that was named; gives the exit status. It runs
/// after CLI11 is done, so that no usage error comes late.
using Run = std::function<int()>;

void add_completion_command(CLI::App& app, Run& run);
void add_create_blocks_command(CLI::App& app, Run& run);
void add_dump_command(CLI::App& app, Run& run);
void add_import_command(CLI::App& app, Run& run);
void add_list_command(CLI::App& app, Run& run);
void add_plan_command(CLI::App& app, Run& run);
void add_publish_command(CLI::App& app, Run& run);
void add_serve_command(CLI::App& app, Run& run);
void add_verify_command(CLI::App& app, Run& run);
void add_version_command(CLI::App& app, Run& run);

}  // namespace promfill::cli
