// `promfill list`: the blocks of a directory as a table, in order of time, from their meta.json alone.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <tuple>

#include "block/block_reader.h"
#include "block_table.h"
#include "command.h"
#include "exit_code.h"
#include "file/file_system.h"
#include "output.h"

namespace promfill::cli {
namespace {

struct ListArguments {
  std::string directory;
  bool human_readable = false;
};

/// A directory without blocks is an empty table, as for promtool; only one that isn't there is an error.
Result<std::vector<std::string>> find_blocks_or_none(FileSystem& fs, const std::string& directory) {
  auto blocks = find_blocks(fs, directory);
  if (!blocks && fs.list(directory)) return std::vector<std::string>();
  return blocks;
}

Result<std::string> list(const ListArguments& arguments) {
  FileSystem& fs = real_file_system();
  PROMFILL_TRY(const auto paths, find_blocks_or_none(fs, arguments.directory));
  std::vector<std::pair<BlockMeta, std::uint64_t>> blocks;
  for (const std::string& path : paths) {
    PROMFILL_TRY(auto meta, read_block_meta(fs, path));
    PROMFILL_TRY(const std::uint64_t bytes, block_bytes(fs, path));
    blocks.emplace_back(std::move(meta), bytes);
  }
  std::ranges::sort(blocks, {}, [](const auto& block) { return std::tuple(block.first.range.min, block.first.ulid); });
  BlockTable table(arguments.human_readable);
  for (const auto& [meta, bytes] : blocks) table.add(meta, bytes);
  return table.text();
}

int run_list(const ListArguments& arguments) {
  const auto table = list(arguments);
  if (!table) return fail(table.error());
  Output out;
  out.write(*table);
  return out.finish(kExitOk);
}

}  // namespace

void add_list_command(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("list", "List the blocks of a directory");
  auto arguments = std::make_shared<ListArguments>();
  command->add_option("DIR", arguments->directory, "Directory of blocks, or a block")->required();
  command->add_flag("-r,--human-readable", arguments->human_readable, "Dates and binary units");
  command->callback([&run, arguments] { run = [arguments] { return run_list(*arguments); }; });
}

}  // namespace promfill::cli
