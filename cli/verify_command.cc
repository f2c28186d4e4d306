// `promfill verify`: every byte of every block accounted for; one line a block, or its problems. With --against also
// every value of the records that they were made of.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "block/block_reader.h"
#include "block/block_verifier.h"
#include "command.h"
#include "exit_code.h"
#include "file/file_system.h"
#include "output.h"
#include "verify_against.h"

namespace promfill::cli {
namespace {

struct VerifyArguments {
  std::vector<std::string> paths;
  bool strict = false;
  SourceArguments against;
};

/// Unlike find_blocks(), also directories that are named as blocks and have no meta.json: Prometheus passes over them,
/// but its compaction fails each time it meets one.
Result<std::vector<std::string>> blocks_to_verify(FileSystem& fs, const std::string& path) {
  PROMFILL_TRY(const auto entries, fs.list(path));
  std::vector<std::string> blocks;
  for (const DirectoryEntry& entry : entries) {
    if (entry.name == kMetaFile || entry.name == kIndexFile) return std::vector<std::string>{path};
    if (entry.kind == FileKind::kDirectory && Ulid::parse(entry.name)) blocks.push_back(join_path(path, entry.name));
  }
  if (!blocks.empty()) return blocks;
  return find_blocks(fs, path);  // for its error
}

/// The path that the directory really has, however it was reached: "." has one too. Empty where there is none.
std::filesystem::path real_path(const std::string& block) {
  std::error_code error;
  const auto path = std::filesystem::canonical(block, error);
  return error ? std::filesystem::path() : path;
}

/// One line for each finding, or the one that all is well. @return whether it is.
bool verify_one(const std::string& block, bool strict, Output& out) {
  const VerifyReport report =
      verify_block(real_file_system(), block, {.strict = strict}, real_path(block).filename().string());
  for (const std::string& note : report.notes) out.write(fmt::format("{}: note: {}\n", block, note));
  for (const std::string& problem : report.problems) out.write(fmt::format("{}: problem: {}\n", block, problem));
  if (report.problems_dropped > 0) {
    out.write(fmt::format("{}: problem: and {} more\n", block, report.problems_dropped));
  }
  if (report.ok()) {
    out.write(fmt::format("{}: ok: {} series, {} chunks, {} samples\n", block, report.stats.series, report.stats.chunks,
                          report.stats.samples));
  }
  return report.ok();
}

int run_verify(const VerifyArguments& arguments) {
  std::optional<AgainstSources> against;
  if (arguments.against.any()) {
    auto opened = AgainstSources::open(arguments.against);
    if (!opened) return fail(opened.error());
    against = *std::move(opened);
  }
  Output out;
  int status = kExitOk;
  std::vector<std::string> verified;
  std::set<std::filesystem::path> known;  // a block that is named twice is one
  for (const std::string& path : arguments.paths) {
    const auto blocks = blocks_to_verify(real_file_system(), path);
    if (!blocks) {
      status = fail(blocks.error());
      continue;
    }
    for (const std::string& block : *blocks) {
      if (!verify_one(block, arguments.strict, out)) status = kExitFailed;
      if (out.failed()) return out.finish(status);
      if (known.insert(real_path(block)).second) verified.push_back(block);
    }
  }
  if (!against) return out.finish(status);
  if (status != kExitOk) {
    out.write("not held against the records: the blocks have problems, or are not all there\n");
    return out.finish(status);
  }
  return out.finish(against->check(verified, out));
}

struct AgainstFlags {
  const CLI::Option* sources = nullptr;
  std::vector<CLI::Option*> flags;  ///< that say how the records are read
};

AgainstFlags add_against_flags(CLI::App& command, SourceArguments& a) {
  const std::string group = "Held against records";
  AgainstFlags against;
  against.sources = command
                        .add_option("--against", a.inputs,
                                    "Parquet files, globs or directories that these blocks, and no others, were made "
                                    "of; what follows is as it was said to import")
                        ->type_name("SOURCE")
                        ->group(group);
  against.flags = add_selection_flags(command, a, group);
  against.flags.push_back(add_memory_limit_flag(command, a, group));
  against.flags.push_back(add_limit_flag(command, a, group));
  const std::vector<CLI::Option*> mapping = add_mapping_flags(command, a);
  against.flags.insert(against.flags.end(), mapping.begin(), mapping.end());
  const std::vector<CLI::Option*> format = add_format_flags(command, a);
  against.flags.insert(against.flags.end(), format.begin(), format.end());
  return against;
}

}  // namespace

void add_verify_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("verify", "Check every byte of blocks");
  auto arguments = std::make_shared<VerifyArguments>();
  command->add_option("PATH", arguments->paths, "Blocks, or directories of blocks")->required();
  command->add_flag("--strict", arguments->strict,
                    "Count as problems, and not as notes, what a fresh block of Prometheus does not have");
  const AgainstFlags against = add_against_flags(*command, arguments->against);
  command->callback([&run, arguments, against] {
    // Not needs(): the help would say so at each.
    for (const CLI::Option* flag : against.flags) {
      if (flag->count() > 0 && !arguments->against.any()) throw CLI::RequiresError(flag->get_name(), "--against");
    }
    run = [arguments] { return run_verify(*arguments); };
  });
}

}  // namespace promfill::cli
