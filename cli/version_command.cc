// `promfill version`.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "exit_code.h"
#include "output.h"
#include "promfill/version.h"

namespace promfill::cli {
namespace {

/// The Prometheus whose bytes are written.
constexpr const char* kPrometheusVersion = "3.14.0";

int run_version(bool json) {
  Output out;
  if (json) {
    const nlohmann::ordered_json version{
        {"name", "promfill"}, {"version", PROMFILL_VERSION}, {"prometheus", kPrometheusVersion}};
    out.write(version.dump() + "\n");
  } else {
    out.write("promfill " PROMFILL_VERSION ", writes the blocks of Prometheus " + std::string(kPrometheusVersion) +
              "\n");
  }
  return out.finish(kExitOk);
}

}  // namespace

void add_version_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "As a JSON object");
  command->callback([&run, json] { run = [json] { return run_version(*json); }; });
}

}  // namespace promfill::cli
