// promfill: dispatch to the commands, and what holds for all of them: signals, limits of the process, exit statuses.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <sstream>
#include <string_view>
#include <system_error>

#include "command.h"
#include "exit_code.h"
#include "output.h"
#include "promfill/version.h"

namespace promfill::cli {
namespace {

/// A failed write must come back as an error, which is reported and cleaned up after, instead of ending the process.
void turn_write_signals_into_errors() {
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

[[noreturn]] void end_with(std::string_view refused) {
  for (const std::string_view words :
       {std::string_view("promfill: error: the system refuses "), refused,
        std::string_view(": raise the limits of the process (ulimit -v, -u), or lower --threads or --memory-limit; the "
                         "same command goes on where this one stopped\n")}) {
    if (write(STDERR_FILENO, words.data(), words.size()) < 0) break;  // nobody to tell
  }
  _exit(kExitFailed);
}

std::terminate_handler terminate_as_ever = nullptr;

/// Memory or a thread that the system refuses, wherever that is, ends the process as SIGKILL would, but with a word:
/// what is written is there for the next one. Running on would need every allocation to have a way back.
[[noreturn]] void end_for_want() {
  try {
    if (const std::exception_ptr exception = std::current_exception()) std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    end_with("more memory");
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again) end_with("another thread");
    terminate_as_ever();
  } catch (...) {
    terminate_as_ever();  // ours to mend: says what it was, and leaves a core
  }
  std::abort();
}

/// A block in use holds a file for each of its segments, and there may be thousands of blocks.
void raise_open_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // where it is refused, the old limit holds
}

/// CLI11 would only say that a command is required.
Status check_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  std::string known;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name() == argv[1]) return {};
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  return Error{ErrorCode::kUsage, "there is no command " + std::string(argv[1]), "", "the commands are " + known};
}

/// Help goes to standard output, usage errors to standard error.
int exit_for(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream help;
  std::ostringstream problem;
  const bool asked_for_help = app.exit(error, help, problem) == 0;
  if (!asked_for_help) {
    tell(problem.str());
    return kExitUsage;
  }
  Output out;
  out.write(help.str());
  return out.finish(kExitOk);
}

int run(int argc, char** argv) {
  CLI::App app("Turn historical records into Prometheus TSDB blocks, and look into such blocks", "promfill");
  app.require_subcommand(1);
  app.set_version_flag("--version", "promfill " PROMFILL_VERSION, "Print the version and exit");
  app.get_formatter()->column_width(34);
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return fmt::format(
        "promfill: error: {}; see {} --help\n", error.what(),
        failed->get_subcommands().empty() ? "promfill" : "promfill " + failed->get_subcommands()[0]->get_name());
  });
  Run chosen;
  for (const auto add :
       {add_import_command, add_plan_command, add_create_blocks_command, add_list_command, add_verify_command,
        add_dump_command, add_publish_command, add_serve_command, add_completion_command, add_version_command}) {
    add(app, chosen);
  }
  if (const Status known = check_command(app, argc, argv); !known) return fail(known.error());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return exit_for(app, error);
  }
  return chosen();
}

}  // namespace
}  // namespace promfill::cli

int main(int argc, char** argv) {
  promfill::cli::terminate_as_ever = std::set_terminate(promfill::cli::end_for_want);
  promfill::cli::turn_write_signals_into_errors();
  promfill::cli::raise_open_file_limit();
  return promfill::cli::run(argc, argv);
}
