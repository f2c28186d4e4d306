// Blocks into a Prometheus's data directory, whole or not at all, without harm to what is there: preflight, placing,
// and asking the server for what was placed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "publish/asking_back.h"
#include "publish/preflight.h"

namespace promfill {

struct PublishOptions {
  PreflightOptions preflight{};
  AskBackOptions asking{};
  bool dry_run = false;
  /// Told what it is doing, a line at a time.
  std::function<void(const std::string&)> on_step{};
};

struct PublishReport {
  Preflight preflight{};
  std::vector<PlacedPiece> placed{};
  std::string manifest{};  ///< path; empty: nothing was placed
  std::optional<AskedBack> asked{};
  /// What went wrong after the blocks had their names, which stays so: they can be rolled back.
  std::optional<Error> afterwards{};
};

/// @param server  null: it is stopped.
/// @error before anything got its name. A refusal is in the report's preflight, and nothing was touched.
Result<PublishReport> publish_blocks(FileSystem& fs, const PublishOptions& options, Server* server);

}  // namespace promfill
