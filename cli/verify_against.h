// `promfill verify --against`: blocks held against the records that they were made of.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "output.h"
#include "promfill/mapping.h"
#include "resource/memory_budget.h"
#include "resource/page_pool.h"
#include "source_arguments.h"

namespace promfill::cli {

class AgainstSources {
 public:
  /// Understand the arguments, which are those of the import, and open the sources: before any block is read.
  /// @error kUsage; as open_sources.
  static Result<AgainstSources> open(const SourceArguments& arguments);

  /// Print the ledger as sources and blocks have it, side by side, and `OK` or the first differences.
  /// @param blocks  paths; verified.
  /// @return the exit status: 0 where all agrees, 1 where not or where it failed, 2 a mapping that doesn't fit.
  int check(const std::vector<std::string>& blocks, Output& out) const;

 private:
  AgainstSources() = default;

  BackfillOptions options_;
  Mapping mapping_;
  std::unique_ptr<MemoryBudget> budget_;  // before the sources, whose buffers go back to it
  std::unique_ptr<PagePool> pages_;
  std::vector<std::unique_ptr<Source>> sources_;
};

}  // namespace promfill::cli
