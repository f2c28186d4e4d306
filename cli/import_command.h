// `promfill import`: records in, blocks out.
#pragma once

#include <optional>
#include <string>

#include "log.h"
#include "promfill/options.h"
#include "source_arguments.h"

namespace promfill::cli {

/// The command's words, as typed.
struct ImportArguments {
  SourceArguments source;
  BackfillOptions options;
  std::string block_duration = "auto";
  std::string target = "prometheus";
  std::string chunk_encoding = "xor";
  std::string retention;
  std::string created_at;
  std::vector<std::string> external_labels;
  std::string on_reject = "file";
  std::string resume = "auto";
  std::string checkpoint_interval;
  std::optional<std::uint64_t> max_rejects;
  std::string summary_file;
  std::string log_format = "text";
  std::string log_level = "info";
  std::string progress = "auto";
  bool quiet = false;
  bool verbose = false;
};

/// The options as they were typed. @error kUsage
Result<BackfillOptions> parse_import_options(const ImportArguments& arguments);

/// @return the exit status: 0 all written, 1 failed, 2 wrong usage, 3 done with rejects, 130 and 143 stopped by a
/// signal.
int run_import(ImportArguments arguments);

}  // namespace promfill::cli
