// Takes back what a publication placed, and nothing else.
#pragma once

#include <string>
#include <vector>

#include "file/file_system.h"
#include "promfill/block.h"

namespace promfill {

struct RollbackReport {
  std::string data_directory{};
  std::vector<Ulid> removed{};
  std::vector<Ulid> absent{};  ///< neither there nor part of another block: deleted, or never placed
  struct Became {
    Ulid placed{};
    Ulid block{};  ///< that its samples are in now
  };
  std::vector<Became> compacted{};  ///< which are left alone: they hold other samples as well
  std::vector<Ulid> changed{};      ///< of other sizes than what was placed: left alone
};

/// Each block leaves the directory by a rename before its files are removed, so that a running server sees it whole or
/// not at all.
/// @error kCorrupt  not a manifest; kRefused  another publication is at work there.
Result<RollbackReport> roll_back(FileSystem& fs, const std::string& manifest);

}  // namespace promfill
